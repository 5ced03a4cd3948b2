use std::fmt::Write as _;

use clap::Parser;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::audit::{Kind, LogKey, Source};
use crate::db::{self, Anchored, Db, Guarding, NewEntry, Purpose};

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    verify: Verify,
}

/// A database that was closed, as a verifier finds it.
struct Log {
    folder: TempDir,
    key: Verifier,
}

impl Log {
    async fn of(transactions: &[usize]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = LogKey::from_seed("localhost/log/countersign".parse().unwrap(), [7; 32]);
        let log = Self { key: key.verifier(), folder };
        let db = Db::open(&log.url(), key).await.unwrap();
        for &count in transactions {
            db.write(move |tx| Box::pin(append(tx, count))).await.unwrap();
        }
        db.close().await;
        log
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.file().display())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("countersign.db")
    }

    /// Replaces bytes in the file, past every trigger and constraint, as somebody with access to it can.
    fn tamper(&self, old: &str, new: &str) {
        assert_eq!(old.len(), new.len());
        let bytes = std::fs::read(self.file()).unwrap();
        let place =
            bytes.windows(old.len()).position(|window| window == old.as_bytes()).expect("it is there");
        let changed = [&bytes[..place], new.as_bytes(), &bytes[place + old.len()..]].concat();
        std::fs::write(self.file(), changed).unwrap();
    }

    async fn verdict(&self) -> anyhow::Result<Answer> {
        self.verdict_by(&self.key).await
    }

    async fn verdict_by(&self, key: &Verifier) -> anyhow::Result<Answer> {
        let (url, key) = (self.url(), key.to_string());
        let verify = Program::try_parse_from(["verify", "--database", &url, "--key", &key]).unwrap().verify;
        let db = read_only(&verify.place.database).await?;
        let answers = verify.database(&db, &By::default()).await;
        db.close().await;
        Ok(answers?.pop().unwrap())
    }
}

async fn append(tx: &mut db::Tx, count: usize) -> db::Result<()> {
    for _ in 0..count {
        let now = Timestamp::parse("2026-11-21T09:15:00Z").unwrap();
        tx.append(NewEntry::new(Kind::PolicyLoaded, now, Source::internal("test"))).await?;
    }
    Ok(())
}

fn is(answer: &Answer, code: u8) -> bool {
    answer.exit_code() == code
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_verified_across_pages_and_commits() {
    let log = Log::of(&[1, 3, 1100, 2]).await;
    let before = std::fs::read(log.file()).unwrap();
    let verdict = log.verdict().await.unwrap();
    assert!(is(&verdict, 0), "{verdict:?}");
    let text = verdict.sentences();
    assert!(
        text.starts_with("VERIFIED: 1106 entries, the last of 2026-11-21T09:15:00Z, under 4 signed"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&verdict.json()).unwrap();
    assert_eq!((&json["result"], &json["entries"]), (&json!("verified"), &json!(1106)));
    assert_eq!(json["kinds"], json!({ "policy.loaded": 1106 }));
    assert_eq!(std::fs::read(log.file()).unwrap(), before, "the database is only read");
}

#[tokio::test]
async fn a_changed_entry_is_named() {
    let log = Log::of(&[1, 1, 1]).await;
    // The newest entry stands first in the page.
    log.tamper("2026-11-21T09:15:00Z", "2026-11-21T09:15:01Z");
    let verdict = log.verdict().await.unwrap();
    assert!(is(&verdict, 1), "{verdict:?}");
    assert!(matches!(verdict.verdict, Verdict::Tampered { index: Some(2), .. }), "{verdict:?}");
    assert!(verdict.sentences().starts_with("TAMPERED at entry 2: its bytes have the hash"));
    assert!(verdict.json().contains(r#""index":2"#));
}

#[tokio::test]
async fn another_key_is_not_believed() {
    let log = Log::of(&[2]).await;
    let other = LogKey::from_seed("localhost/log/countersign".parse().unwrap(), [8; 32]).verifier();
    let verdict = log.verdict_by(&other).await.unwrap();
    assert!(is(&verdict, 1), "{verdict:?}");
    assert!(verdict.sentences().contains("check that the right verifier key is used"));
}

#[tokio::test]
async fn an_earlier_checkpoint_of_a_log_that_is_gone_is_not_passed_over() {
    let log = Log::of(&[2]).await;
    let url = log.url();
    let key = log.key.to_string();
    let verify = Program::try_parse_from(["verify", "--database", &url, "--key", &key]).unwrap().verify;
    let origin = "localhost/log/countersign/1".parse().unwrap();
    let since = Some(Checkpoint { origin, size: 1, root: crate::audit::empty_root() });
    let db = read_only(&verify.place.database).await.unwrap();
    let answers = verify.database(&db, &By { since, policy: None }).await.unwrap();
    db.close().await;
    assert_eq!(answers.iter().map(Answer::exit_code).collect::<Vec<_>>(), [0, 1]);
    assert!(answers[1].sentences().contains("is not in the database"));
}

/// A log whose next epoch was begun because all after so many entries was lost.
async fn with_lost_entries(count: usize) -> Log {
    let log = Log::of(&[count]).await;
    let key = LogKey::from_seed("localhost/log/countersign".parse().unwrap(), [7; 32]);
    let origin = "localhost/log/countersign".parse().unwrap();
    let checkpoint = Checkpoint { origin, size: 5, root: crate::audit::empty_root() };
    let known = vec![Anchored { checkpoint, place: "an anchor".to_owned() }];
    let guarding = Guarding { known, purpose: Purpose::NewEpoch, ..Guarding::default() };
    let now = Timestamp::parse("2026-11-21T09:16:00Z").unwrap();
    Db::open_guarded(&log.url(), key, guarding, now).await.unwrap().close().await;
    log
}

async fn epochs(log: &Log) -> Vec<(u8, String)> {
    let (url, key) = (log.url(), log.key.to_string());
    let verify = Program::try_parse_from(["verify", "--database", &url, "--key", &key]).unwrap().verify;
    let db = read_only(&verify.place.database).await.unwrap();
    let answers = verify.database(&db, &By::default()).await.unwrap();
    db.close().await;
    answers.iter().map(|answer| (answer.exit_code(), answer.sentences())).collect()
}

#[tokio::test]
async fn an_epoch_that_is_over_never_changes() {
    let (three, four) = (with_lost_entries(3).await, with_lost_entries(4).await);
    assert!(epochs(&three).await.iter().all(|(code, _)| *code == 0));
    assert!(epochs(&four).await.iter().all(|(code, _)| *code == 0));
    // Both histories were signed by the log's key; what each says of its past gives it away.
    let pool = sqlx::SqlitePool::connect(&three.url()).await.unwrap();
    let mut copied = format!("ATTACH '{}' AS other;", four.file().display());
    for table in ["entry", "checkpoint"] {
        write!(
            copied,
            "INSERT INTO {table} SELECT * FROM other.{table} WHERE log = 0 AND true ON CONFLICT DO NOTHING;"
        )
        .unwrap();
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(copied)).execute(&pool).await.unwrap();
    pool.close().await;
    let answers = epochs(&three).await;
    assert_eq!(answers.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [0, 1], "{answers:?}");
    assert!(
        answers[1].1.contains("3 entries of localhost/log/countersign were found, and 4 are there"),
        "{answers:?}"
    );
}

#[tokio::test]
async fn an_empty_log_is_not_a_verified_one() {
    let log = Log::of(&[]).await;
    let verdict = log.verdict().await.unwrap();
    assert!(is(&verdict, 2), "{verdict:?}");
    assert!(verdict.json().contains(r#""result":"empty""#));
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_left_as_it_is() {
    let log = Log::of(&[]).await;
    std::fs::remove_file(log.file()).unwrap();
    assert!(log.verdict().await.is_err());
    assert!(!log.file().exists(), "no database is made");
    std::fs::write(log.file(), b"").unwrap();
    assert!(log.verdict().await.is_err(), "it has no tables");
    assert_eq!(std::fs::read(log.file()).unwrap(), b"", "and gets none");
}

#[test]
fn ages_are_a_number_and_a_unit() {
    for (text, seconds) in [("90s", 90), ("90m", 5400), ("1h", 3600), ("2d", 172_800), ("0s", 0)] {
        assert_eq!(age(text), Ok(Duration::from_secs(seconds)));
    }
    for text in ["", "1", "h", "-1h", "1w", "1.5h", "1 h", "18446744073709551615d"] {
        assert!(age(text).is_err(), "{text}");
    }
}

#[test]
fn tampered_is_worse_than_incomplete() {
    assert_eq!([0, 2, 1, 0].into_iter().fold(0, worst), 1);
    assert_eq!([0, 2, 0].into_iter().fold(0, worst), 2);
    assert_eq!([0, 0].into_iter().fold(0, worst), 0);
}
