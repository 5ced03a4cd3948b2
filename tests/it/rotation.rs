//! The log's key is replaced, and the log says so itself.

use std::process::Command;

use countersign::audit::{Checkpoint, Decoded, Kind, LogKey, Source, Verifier};
use countersign::clock::Timestamp;
use countersign::db::rotation::{Rotated, rotate};
use countersign::db::{self, Db, Guarding, NewEntry, Place, audit};

use crate::harness::database::{key, verified_with};
use crate::on_both;

const NOW: Timestamp = Timestamp(1_795_252_500_000);

fn new_key() -> LogKey {
    LogKey::from_seed("countersign.example/acme".parse().unwrap(), [8; 32])
}

async fn open(url: &str, key: LogKey, old_key: Option<LogKey>) -> db::Result<Db> {
    let guarding = Guarding { old_key, high_water: Some(Place::Nowhere), ..Guarding::default() };
    Db::open_guarded(url, key, guarding, NOW).await
}

async fn append(db: &Db) {
    let entry = NewEntry::new(Kind::Heartbeat, NOW, Source::internal("test"));
    db.write(move |tx| Box::pin(async move { tx.append(entry).await })).await.unwrap();
}

async fn begun(url: &str) {
    let db = open(url, key(), None).await.unwrap();
    append(&db).await;
    db.close().await;
}

/// Which of these keys signed the newest checkpoint.
async fn signed_by(db: &Db, keys: [&Verifier; 2]) -> [bool; 2] {
    let newest = audit::latest_checkpoint(&mut db.read().await.unwrap()).await.unwrap().unwrap();
    keys.map(|key| Checkpoint::open(&newest, key).is_ok())
}

on_both!(both_keys_sign_until_the_old_one_is_left_out, url => {
    begun(&url).await;
    let (old, new) = (key().verifier(), new_key().verifier());
    let rotated = rotate(&url, (key(), new_key()), Some(Place::Nowhere), NOW).await.unwrap();
    assert_eq!(rotated, Rotated { verifier: new.clone(), entry: Some(1) });
    let again = rotate(&url, (key(), new_key()), Some(Place::Nowhere), NOW).await.unwrap();
    assert_eq!(again.entry, None, "once is enough");

    let both = open(&url, new_key(), Some(key())).await.unwrap();
    assert_eq!(signed_by(&both, [&old, &new]).await, [true, true], "the handover itself");
    append(&both).await;
    assert_eq!(signed_by(&both, [&old, &new]).await, [true, true]);
    let entries = audit::entries_from(&mut both.read().await.unwrap(), 1, 1).await.unwrap();
    assert_eq!(Decoded::parse(&entries[0].body).unwrap().entry.new_key, Some(new.clone()));
    assert_eq!(verified_with(&both, old.clone()).await.entries, 3);
    both.close().await;

    let alone = open(&url, new_key(), None).await.unwrap();
    append(&alone).await;
    assert_eq!(signed_by(&alone, [&old, &new]).await, [false, true]);
    for known in [old, new] {
        assert_eq!(verified_with(&alone, known).await.entries, 4, "either key leads through the whole log");
    }
    alone.close().await;
    let back = open(&url, key(), None).await.unwrap_err().to_string();
    assert!(back.contains("was not signed by"), "the old key is over: {back}");
});

on_both!(a_key_that_the_log_does_not_name_is_refused, url => {
    let empty = rotate(&url, (key(), new_key()), Some(Place::Nowhere), NOW).await.unwrap_err().to_string();
    assert!(empty.contains("nothing was ever signed"), "{empty}");
    begun(&url).await;
    let unknown = open(&url, new_key(), Some(key())).await.unwrap_err().to_string();
    assert!(unknown.contains("countersign audit rotate-key"), "{unknown}");
    let other = open(&url, new_key(), None).await.unwrap_err().to_string();
    assert!(other.contains("COUNTERSIGN_LOG_OLD_KEY_FILE"), "{other}");
});

// The server was started with the old key once more after the handover: the new one may still follow.
on_both!(who_goes_on_with_the_old_key_can_still_change, url => {
    begun(&url).await;
    rotate(&url, (key(), new_key()), Some(Place::Nowhere), NOW).await.unwrap();
    let old = open(&url, key(), None).await.unwrap();
    append(&old).await;
    old.close().await;
    assert!(open(&url, new_key(), None).await.is_err(), "nothing here tells who signed last");
    open(&url, new_key(), Some(key())).await.unwrap().close().await;
});

#[tokio::test]
async fn the_command_says_what_to_set() {
    crate::harness::database::with(crate::harness::On::Sqlite, async |url| {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old.key"), folder.path().join("new.key"));
        let name = "countersign.example/acme".parse().unwrap();
        let db = open(&url, LogKey::load_or_create(&old, &name).unwrap(), None).await.unwrap();
        append(&db).await;
        let run = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
            command.args([
                "audit",
                "rotate-key",
                "--log-origin",
                "countersign.example/acme",
                "--database",
                &url,
            ]);
            command.arg("--log-key-file").arg(&old).arg("--new-key-file").arg(&new).output().unwrap()
        };
        let said = String::from_utf8(run().stderr).unwrap();
        assert!(said.contains("Stop `countersign serve`"), "{said}");
        db.close().await;
        let said = String::from_utf8(run().stdout).unwrap();
        let key = LogKey::read(&new, &name).unwrap().verifier().to_string();
        for words in ["Entry 1 of the log", &key, "COUNTERSIGN_LOG_OLD_KEY_FILE="] {
            assert!(said.contains(words), "{said}");
        }
    })
    .await;
}
