//! A database that is not the newest one of its log is not continued.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use countersign::audit::{Checkpoint, Kind, LogKey, Source};
use countersign::clock::Timestamp;
use countersign::db::{self, Anchored, Db, Guarding, NewEntry, Place, Purpose, Refused, audit};

use crate::export::{countersign, said};
use crate::harness::database::{backup_of, key, verified};
use crate::harness::{On, postgres};
use crate::on_both;

const NOW: Timestamp = Timestamp(1_795_252_500_000);

/// A file or a second database for the mark, in a folder of its own.
struct Mark {
    place: Place,
    _folder: tempfile::TempDir,
}

impl Mark {
    fn in_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { place: Place::File(folder.path().join("mark")), _folder: folder }
    }

    fn in_database() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("mark.db").display());
        Self { place: Place::Database(url.into()), _folder: folder }
    }

    fn guarding(&self) -> Guarding {
        Guarding { high_water: Some(self.place.clone()), ..Guarding::default() }
    }

    async fn open(&self, url: &str) -> db::Result<Db> {
        Db::open_guarded(url, key(), self.guarding(), NOW).await
    }
}

async fn append(db: &Db, count: usize) -> db::Result<()> {
    static DIFFERENT: AtomicU64 = AtomicU64::new(0);
    for _ in 0..count {
        let source = Source::internal(&format!("test {}", DIFFERENT.fetch_add(1, Ordering::SeqCst)));
        let entry = NewEntry::new(Kind::Heartbeat, NOW, source);
        db.write(move |tx| Box::pin(async move { tx.append(entry).await })).await?;
    }
    Ok(())
}

fn refusal(opened: db::Result<Db>) -> String {
    match opened {
        Err(db::Error::Refused(why)) => why.to_string(),
        other => panic!("it is refused: {other:?}"),
    }
}

async fn checkpoint(db: &Db) -> Checkpoint {
    let newest = audit::latest_checkpoint(&mut db.read().await.unwrap()).await.unwrap().unwrap();
    Checkpoint::open(&newest, &db.verifier()).unwrap()
}

/// A database of five entries, and its backup, which has three.
async fn restored(url: &str, mark: &Mark) -> (Checkpoint, String) {
    let db = mark.open(url).await.unwrap();
    append(&db, 3).await.unwrap();
    db.close().await;
    let backup = backup_of(url).await;
    let db = mark.open(url).await.unwrap();
    append(&db, 2).await.unwrap();
    let last = checkpoint(&db).await;
    db.close().await;
    (last, backup)
}

on_both!(a_restored_backup_is_refused_at_once, url => {
    for mark in [Mark::in_file(), Mark::in_database()] {
        let fresh = backup_of_nothing(&url).await;
        let (_, backup) = restored(&fresh, &mark).await;
        let began = Instant::now();
        let said = refusal(mark.open(&backup).await);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        for words in ["has 5 entries", "has only 3 of them", "--new-epoch", "Start with the newest database"] {
            assert!(said.contains(words), "{said}");
        }
        let newest = mark.open(&fresh).await.unwrap();
        append(&newest, 1).await.unwrap();
        assert_eq!(verified(&newest).await.entries, 6, "the newest one goes on");
        newest.close().await;
        remove(&fresh);
    }
});

/// The database itself, or another fresh one of the same kind.
async fn backup_of_nothing(url: &str) -> String {
    if url.starts_with("sqlite:") { url.to_owned() } else { postgres::fresh_database().await.unwrap() }
}

fn remove(url: &str) {
    if let Some(file) = url.strip_prefix("sqlite://") {
        for suffix in ["", ".backup"] {
            std::fs::remove_file(format!("{file}{suffix}")).unwrap();
        }
    }
}

fn anchor(checkpoint: Checkpoint) -> Anchored {
    Anchored { checkpoint, place: "the anchor at acme/shop".to_owned() }
}

on_both!(an_anchor_that_is_ahead_refuses_it_too, url => {
    let (last, backup) = restored(&url, &Mark::in_file()).await;
    let fresh = Mark::in_file();
    let known = Guarding { known: vec![anchor(last.clone())], ..fresh.guarding() };
    let began = Instant::now();
    let said = refusal(Db::open_guarded(&backup, key(), known, NOW).await);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(said.contains("known from the anchor at acme/shop") && said.contains("has only 3 of them"), "{said}");
    let forked = Guarding { known: vec![anchor(Checkpoint { root: [7; 32].into(), ..last.clone() })], ..fresh.guarding() };
    let said = refusal(Db::open_guarded(&url, key(), forked, NOW).await);
    assert!(said.contains("has other entries there"), "{said}");
    let fits = Guarding { known: vec![anchor(last)], ..fresh.guarding() };
    assert!(Db::open_guarded(&url, key(), fits, NOW).await.is_ok());
});

on_both!(what_was_continued_elsewhere_is_refused, url => {
    let mark = Mark::in_file();
    let (_, backup) = restored(&url, &mark).await;
    let elsewhere = Db::open(&backup, key()).await.unwrap();
    append(&elsewhere, 4).await.unwrap();
    elsewhere.close().await;
    let said = refusal(mark.open(&backup).await);
    assert!(said.contains("has other entries there"), "{said}");
});

// The mark is compared before each commit, not only at the start: two copies of one database go on, and the
// second one to sign is refused.
on_both!(of_two_copies_one_goes_on, url => {
    let mark = Mark::in_database();
    let db = mark.open(&url).await.unwrap();
    append(&db, 3).await.unwrap();
    db.close().await;
    let (one, two) = (mark.open(&backup_of(&url).await).await.unwrap(), mark.open(&url).await.unwrap());
    append(&one, 1).await.unwrap();
    let why = append(&two, 1).await.unwrap_err();
    assert!(matches!(&why, db::Error::Refused(Refused::OtherHistory(_))), "{why}");
    assert_eq!((verified(&one).await.entries, verified(&two).await.entries), (4, 3));
});

on_both!(a_commit_above_the_mark_is_caught_up_with, url => {
    let mark = Mark::in_file();
    let db = mark.open(&url).await.unwrap();
    append(&db, 2).await.unwrap();
    db.close().await;
    let unmarked = Db::open(&url, key()).await.unwrap();
    append(&unmarked, 2).await.unwrap();
    unmarked.close().await;
    mark.open(&url).await.unwrap().close().await;
    let empty = backup_of_nothing(&url).await;
    if empty == url {
        std::fs::remove_file(url.strip_prefix("sqlite://").unwrap()).unwrap();
    }
    assert!(refusal(mark.open(&empty).await).contains("has 4 entries"));
});

#[tokio::test]
async fn a_missing_mark_is_told_of_once() {
    crate::harness::database::with(On::Sqlite, async |url| {
        let folder = tempfile::tempdir().unwrap();
        let (key_file, nothing) = (folder.path().join("log.key"), folder.path().join("no.key"));
        let key = LogKey::load_or_create(&key_file, key().name()).unwrap();
        let db = Db::open(&url, key).await.unwrap();
        append(&db, 3).await.unwrap();
        db.close().await;
        let redact = |key_file: &Path| {
            let (file, subject) = (key_file.to_str().unwrap(), ["--subject", "7", "--reason", "asked to"]);
            let log =
                ["--log-origin", "countersign.example/acme", "--log-key-file", file, "--database", &url];
            countersign(&[&["audit", "redact"], &log[..], &subject[..]].concat())
        };
        let words = "THE HIGH-WATER MARK IS MISSING: the log has 3 entries";
        let told = said(&redact(&key_file), 0);
        assert!(told.contains(words) && told.contains("ERASED"), "{told}");
        let told = said(&redact(&key_file), 0);
        assert!(!told.contains("MISSING") && told.contains("ERASED"), "{told}");
        said(&redact(&nothing), 3);
        assert!(!nothing.exists(), "no key is made");
    })
    .await;
}

on_both!(the_mark_of_another_log_is_refused, url => {
    let mark = Mark::in_file();
    let (_, backup) = restored(&url, &mark).await;
    let other = LogKey::from_seed("countersign.example/acme".parse().unwrap(), [9; 32]);
    let said = refusal(Db::open_guarded(&backup, other, mark.guarding(), NOW).await);
    assert!(said.contains("is not one of the log countersign.example/acme"), "{said}");
});

on_both!(nothing_is_appended_after_a_fault_was_found, url => {
    let db = Mark::in_file().open(&url).await.unwrap();
    append(&db, 1).await.unwrap();
    db.halt("entry 0: its bytes were changed".to_owned());
    let why = append(&db, 1).await.unwrap_err();
    assert!(matches!(&why, db::Error::Refused(Refused::Halted(why)) if why.contains("entry 0")), "{why}");
    assert_eq!(verified(&db).await.entries, 1);
});

#[tokio::test]
async fn a_second_writer_of_one_file_is_refused() {
    crate::harness::database::with(On::Sqlite, async |url| {
        let first = Db::open(&url, key()).await.unwrap();
        let said = refusal(Db::open(&url, key()).await);
        assert!(said.contains(&std::process::id().to_string()) && said.contains("PostgreSQL"), "{said}");
        assert!(db::migrate(&url).await.is_err(), "the schema is not changed under a program");
        first.close().await;
        Db::open(&url, key()).await.unwrap().close().await;
    })
    .await;
}

#[tokio::test]
async fn replicas_take_turns_with_one_mark_in_a_second_database() {
    crate::harness::database::with(On::Postgres, async |url| {
        let mark = Mark {
            place: Place::Database(postgres::fresh_database().await.unwrap().into()),
            ..Mark::in_file()
        };
        let (one, two) = (mark.open(&url).await.unwrap(), mark.open(&url).await.unwrap());
        let (first, second) = tokio::join!(append(&one, 20), append(&two, 20));
        first.unwrap();
        second.unwrap();
        assert_eq!(verified(&one).await.entries, 40);
        for db in [one, two] {
            db.close().await;
        }
        let empty = postgres::fresh_database().await.unwrap();
        assert!(
            refusal(mark.open(&empty).await).contains("has 40 entries"),
            "the mark is the newest checkpoint"
        );
    })
    .await;
}

on_both!(a_new_epoch_is_begun_only_when_something_is_lost, url => {
    let mark = Mark::in_file();
    let (_, backup) = restored(&url, &mark).await;
    let new_epoch = || Guarding { purpose: Purpose::NewEpoch, ..mark.guarding() };
    assert!(refusal(Db::open_guarded(&url, key(), new_epoch(), NOW).await).contains("nothing is missing"));
    let next = Db::open_guarded(&backup, key(), new_epoch(), NOW).await.unwrap();
    assert_eq!(checkpoint(&next).await.origin.as_str(), "countersign.example/acme/1");
    append(&next, 2).await.unwrap();
    assert_eq!(verified(&next).await.entries, 3);
    next.close().await;
    assert!(refusal(Db::open_guarded(&backup, key(), new_epoch(), NOW).await).contains("nothing is missing"));
    mark.open(&backup).await.unwrap().close().await;
    let said = refusal(mark.open(&url).await);
    assert!(said.contains("countersign.example/acme/1 has 3 entries"), "the old log is over: {said}");
});
