use clap::Parser;
use tempfile::TempDir;

use super::*;
use crate::audit::{Kind, LogKey, Source};
use crate::clock::Timestamp;
use crate::db::{Db, NewEntry};

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

    fn file(&self) -> std::path::PathBuf {
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

    async fn verdict(&self) -> anyhow::Result<Verdict> {
        self.verdict_by(&self.key).await
    }

    async fn verdict_by(&self, key: &Verifier) -> anyhow::Result<Verdict> {
        let command = ["verify", "--database", &self.url(), "--key", &key.to_string()];
        Program::try_parse_from(command).unwrap().verify.verdict(key).await
    }
}

async fn append(tx: &mut db::Tx, count: usize) -> db::Result<()> {
    for _ in 0..count {
        let now = Timestamp::parse("2026-11-21T09:15:00Z").unwrap();
        tx.append(NewEntry::new(Kind::PolicyLoaded, now, Source::internal("test"))).await?;
    }
    Ok(())
}

fn is(verdict: &Verdict, code: u8) -> bool {
    format!("{:?}", verdict.exit_code()) == format!("{:?}", ExitCode::from(code))
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_verified_across_pages_and_commits() {
    let log = Log::of(&[1, 3, 1100, 2]).await;
    let before = std::fs::read(log.file()).unwrap();
    let verdict = log.verdict().await.unwrap();
    assert!(is(&verdict, 0), "{verdict:?}");
    let text = verdict.sentences(&log.key);
    assert!(
        text.starts_with("VERIFIED: 1106 entries, the last of 2026-11-21T09:15:00Z, under 4 signed"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&verdict.json(&log.key)).unwrap();
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
    let Verdict::Tampered { index, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(index, 2);
    assert!(verdict.sentences(&log.key).starts_with("TAMPERED at entry 2: its bytes have the hash"));
    assert!(verdict.json(&log.key).contains(r#""index":2"#));
}

#[tokio::test]
async fn another_key_is_not_believed() {
    let log = Log::of(&[2]).await;
    let other = LogKey::from_seed("localhost/log/countersign".parse().unwrap(), [8; 32]).verifier();
    let verdict = log.verdict_by(&other).await.unwrap();
    assert!(is(&verdict, 1), "{verdict:?}");
    assert!(verdict.sentences(&other).contains("check that the right verifier key is used"));
}

#[tokio::test]
async fn an_empty_log_is_not_a_verified_one() {
    let log = Log::of(&[]).await;
    let verdict = log.verdict().await.unwrap();
    assert!(is(&verdict, 2), "{verdict:?}");
    assert!(verdict.json(&log.key).contains(r#""result":"empty""#));
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
fn the_key_is_that_of_the_key_file_and_never_made() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("log.key");
    let settings = LogSettings {
        origin: "a.example/log/x".parse().unwrap(),
        key_file,
        old_key_file: None,
        high_water: None,
    };
    let error = own_key(&settings).unwrap_err().to_string();
    assert!(error.contains("give --key VKEY"), "{error}");
    assert!(!settings.key_file.exists());
    let made = settings.key().unwrap().verifier();
    assert_eq!(own_key(&settings).unwrap(), made);
}
