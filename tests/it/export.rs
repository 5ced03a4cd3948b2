//! The log in a folder: exported, extended, verified, shown and proven, as an auditor does it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use countersign::audit::{ActorRole, Checkpoint, Kind, Source};
use countersign::clock::Timestamp;
use countersign::db::{Db, NewEntry, ReadOnly};
use countersign::ids::{Actor, RepoId, UserId};
use countersign::trail::export::{Export, export};
use countersign::trail::{self, Exported, LogSource, Verdict};

use crate::harness::database::{key, open};
use crate::{on_both, scenario};

/// When everything happens.
pub const NOW: Timestamp = Timestamp(1_795_252_500_000);

/// Appends so many entries in one transaction; every fortieth names somebody.
pub async fn append(db: &Db, count: usize) {
    let work = move |number: usize| {
        let entry = NewEntry::new(Kind::RequestRefused, NOW, Source::internal("test")).repo(RepoId(1));
        let entry = entry.refused("head_moved");
        if !number.is_multiple_of(40) {
            return entry;
        }
        let alice = Actor { id: UserId(7), login: "alice".parse().unwrap(), bot: false };
        entry.actor(ActorRole::Requester, &alice).reason(Some("a fix"))
    };
    let result = db.write(move |tx| {
        Box::pin(async move {
            for number in 0..count {
                tx.append(work(number)).await?;
            }
            Ok(())
        })
    });
    result.await.unwrap();
}

/// Exports what there is now.
pub async fn exported(url: &str, out: &Path, disclosures: bool) -> trail::Result<Option<Exported>> {
    let db = ReadOnly::open(url).await.unwrap();
    let key = key().verifier();
    let what = Export { out, epoch: 0, key: &key, since: 0, disclosures };
    let result = export(&db, &what).await;
    db.close().await;
    result
}

/// Through the front door.
pub async fn verified(folder: &Path, since: Option<&Checkpoint>) -> Verdict {
    let mut source = LogSource::at(folder.to_str().unwrap(), None).unwrap();
    trail::verify(&mut source, &key().verifier(), since, &mut |_, _| {}).await.unwrap()
}

/// The checkpoint in a folder.
pub fn checkpoint(folder: &Path) -> Checkpoint {
    Checkpoint::claimed(&std::fs::read_to_string(folder.join("checkpoint")).unwrap()).unwrap()
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn entries(verdict: &Verdict) -> u64 {
    match verdict {
        Verdict::Holds(holds) => {
            assert_eq!(holds.strangers.count, 0, "{:?}", holds.strangers);
            holds.log.entries
        }
        other => panic!("{other:?}"),
    }
}

on_both! { an_export_is_verified_and_extended, url => {
    let db = open(&url).await;
    append(&db, 300).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("log");
    let first = exported(&url, &out, true).await.unwrap().unwrap();
    assert_eq!((first.entries, first.before), (300, 0));
    assert_eq!(entries(&verified(&out, None).await), 300);
    let old = checkpoint(&out);
    let older = folder.path().join("older");
    copy(&out, &older);

    append(&db, 500).await;
    let again = exported(&url, &out, true).await.unwrap().unwrap();
    assert_eq!((again.entries, again.before), (800, 300));
    assert!(again.files < 14, "full tiles stay: {again:?}");
    let Verdict::Holds(holds) = verified(&out, Some(&old)).await else { panic!() };
    assert_eq!((holds.log.entries, holds.disclosures), (800, Some(42)));
    assert_eq!(holds.strangers.count, 0, "narrower tiles are removed: {:?}", holds.strangers);
    assert!(!out.join("tile/0/001.p").exists());

    // Whoever hands out the older one again is found out.
    let new = checkpoint(&out);
    assert!(matches!(verified(&older, Some(&new)).await, Verdict::Tampered { index: Some(300), .. }));
}}

on_both! { an_export_that_breaks_off_leaves_the_older_one, url => {
    let db = open(&url).await;
    append(&db, 300).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("log");
    exported(&url, &out, false).await.unwrap();
    let note = std::fs::read(out.join("checkpoint")).unwrap();
    let partial = std::fs::read(out.join("tile/entries/001.p/44")).unwrap();
    let hashes = std::fs::read(out.join("tile/0/001.p/44")).unwrap();
    let above = std::fs::read(out.join("tile/1/000.p/1")).unwrap();
    append(&db, 500).await;
    exported(&url, &out, false).await.unwrap();
    // As it is when everything but the checkpoint was written.
    for (name, bytes) in [("checkpoint", &note), ("tile/entries/001.p/44", &partial), ("tile/0/001.p/44", &hashes), ("tile/1/000.p/1", &above)] {
        let path = out.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let Verdict::Holds(holds) = verified(&out, None).await else { panic!() };
    assert_eq!(holds.log.entries, 300);
    assert!(holds.strangers.count > 0, "what is beyond it is named");
    exported(&url, &out, false).await.unwrap();
    assert_eq!(entries(&verified(&out, None).await), 800);
}}

on_both! { another_history_is_not_written_over_an_export, url => {
    let db = open(&url).await;
    append(&db, 3).await;
    let folder = tempfile::tempdir().unwrap();
    exported(&url, folder.path(), false).await.unwrap();
    let note = std::fs::read_to_string(folder.path().join("checkpoint")).unwrap();
    for other in [note.replace("\n3\n", "\n9\n"), note.replace("\n3\n", "\n2\n"), "no checkpoint".to_owned()] {
        std::fs::write(folder.path().join("checkpoint"), &other).unwrap();
        let refused = exported(&url, folder.path(), false).await;
        assert!(matches!(refused, Err(trail::Error::OtherHistory(_))), "{refused:?}");
        assert_eq!(std::fs::read_to_string(folder.path().join("checkpoint")).unwrap(), other, "it is kept");
    }
}}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("countersign.db").display());
    append(&open(&url).await, 5).await;
    let out = folder.path().join("log");
    exported(&url, &out, false).await.unwrap();
    let outside = folder.path().join("outside");
    copy(&out, &outside);
    for name in ["key", "checkpoint", "tile/0/000.p/5", "tile/entries/000.p", "tile"] {
        let hostile = folder.path().join("hostile");
        copy(&out, &hostile);
        let path = hostile.join(name);
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        std::os::unix::fs::symlink(outside.join(name), &path).unwrap();
        let verdict = verified(&hostile, None).await;
        assert!(matches!(verdict, Verdict::Tampered { .. }), "{name}: {verdict:?}");
        std::fs::remove_dir_all(&hostile).unwrap();
    }
    let huge = out.join("tile/0/000.p/5");
    std::fs::write(&huge, vec![0; 1_000_000]).unwrap();
    assert!(matches!(verified(&out, None).await, Verdict::Tampered { .. }));
    std::fs::remove_file(&huge).unwrap();
    assert!(matches!(verified(&out, None).await, Verdict::Incomplete { .. }));
}

/// Runs the program, with nothing of this machine's settings.
/// Runs the program.
pub fn countersign(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign")).env_clear().args(arguments).output().unwrap()
}

/// What it said, when it ended as it should.
pub fn said(output: &Output, code: i32) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

scenario! { an_auditor_needs_nothing_but_the_program, s => {
    s.staged().await;
    s.comment("alice", "/promote production because of\u{202e} the fix").await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (out, proof, vkey) = (at("log"), at("p1.tlog-proof"), key().verifier().to_string());
    let database = s.database.clone();

    said(&countersign(&["audit", "export", "--database", &database, "--out", &out, "--disclosures", "--key", &vkey]), 0);
    let known = said(&countersign(&["audit", "verify", &out, "--key", &vkey]), 0);
    assert!(known.starts_with("VERIFIED: ") && !known.contains("compared with nothing"), "{known}");
    let first = said(&countersign(&["audit", "verify", &out]), 0);
    assert!(first.contains("compared with nothing"), "{first}");
    let json: serde_json::Value = serde_json::from_str(&said(&countersign(&["audit", "verify", &out, "--json"]), 0)).unwrap();
    assert_eq!((&json["result"], &json["key_checked"]), (&"verified".into(), &false.into()));
    said(&countersign(&["audit", "verify", "--database", &database, "--key", &vkey]), 0);
    said(&countersign(&["audit", "verify", &out, "--max-age", "36500d"]), 0);
    let earlier = at("log/checkpoint");
    said(&countersign(&["audit", "verify", &out, "--since", &earlier]), 0);
    said(&countersign(&["audit", "verify", &at("nowhere")]), 3);

    let told = said(&countersign(&["audit", "show", &out]), 0);
    assert!(told.contains("requester alice") && !told.contains('\u{202e}') && !told.contains("redacted"), "{told}");
    let ours = said(&countersign(&["audit", "show", "--database", &database, "--repo", "acme/shop", "--promotion", "p1"]), 0);
    assert!(!ours.is_empty() && ours.lines().all(|line| line.contains(" p1: ")), "{ours}");
    std::fs::remove_file(folder.path().join("log/disclosures.jsonl")).unwrap();
    let redacted = said(&countersign(&["audit", "show", &out]), 0);
    assert!(redacted.contains("requester redacted") && !redacted.contains("alice"), "{redacted}");

    let prove = ["audit", "prove", "--database", &database, "--promotion", "p1", "--repo", "acme/shop", "--out", &proof];
    assert!(said(&countersign(&prove), 0).starts_with("PROVEN: entry "));
    let entry = at("p1.entry");
    let checked = said(&countersign(&["audit", "check", &proof, &entry, "--key", &vkey]), 0);
    assert!(checked.starts_with("PROVEN: this is entry "), "{checked}");
    assert!(std::fs::read_to_string(&entry).unwrap().contains("\"kind\":\"decision."));
    std::fs::write(&entry, std::fs::read_to_string(&entry).unwrap().replace("decision.", "decisiom.")).unwrap();
    said(&countersign(&["audit", "check", &proof, &entry, "--key", &vkey]), 1);
    said(&countersign(&["audit", "prove", "--database", &database, "--index", "99999", "--out", &proof]), 2);

    let bundle: PathBuf = walk(&folder.path().join("log/tile/entries")).pop().unwrap();
    let text = std::fs::read(&bundle).unwrap();
    let place = text.windows(7).rposition(|window| window == b"staging").unwrap();
    std::fs::write(&bundle, [&text[..place], b"stagimg", &text[place + 7..]].concat()).unwrap();
    let tampered = said(&countersign(&["audit", "verify", &out, "--key", &vkey]), 1);
    assert!(tampered.starts_with("TAMPERED at entry ") && tampered.contains("its bytes have the hash"), "{tampered}");
    std::fs::remove_file(&bundle).unwrap();
    assert!(said(&countersign(&["audit", "verify", &out, "--key", &vkey]), 2).starts_with("INCOMPLETE: "));
}}

/// Every file below a folder, sorted.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Serves a folder under `/log/` to whoever shows the token; gives the log's URL.
async fn served(folder: PathBuf) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let file = move |uri: Uri, headers: HeaderMap| {
        let folder = folder.clone();
        async move {
            let name = uri.path().trim_start_matches("/log/").to_owned();
            if name.starts_with("tile/entries/")
                && headers.get("authorization").is_none_or(|shown| shown != "Bearer 0123456789abcdef")
            {
                return (StatusCode::UNAUTHORIZED, HeaderMap::new(), Vec::new());
            }
            if uri.path().starts_with("/moved/") {
                let to = HeaderMap::from_iter([(LOCATION, "https://elsewhere.example/".parse().unwrap())]);
                return (StatusCode::FOUND, to, Vec::new());
            }
            match std::fs::read(folder.join(name)) {
                Ok(bytes) => (StatusCode::OK, HeaderMap::new(), bytes),
                Err(_) => (StatusCode::NOT_FOUND, HeaderMap::new(), Vec::new()),
            }
        }
    };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(file)).await });
    url
}

async fn verified_at(url: &str, token: Option<&str>) -> trail::Result<Verdict> {
    let mut source = LogSource::at(url, token.map(|token| token.to_owned().into()))?;
    trail::verify(&mut source, &key().verifier(), None, &mut |_, _| {}).await
}

#[tokio::test]
async fn a_server_is_read_as_a_folder_is() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("countersign.db").display());
    append(&open(&url).await, 300).await;
    let out = folder.path().join("log");
    exported(&url, &out, false).await.unwrap();
    let url = served(out.clone()).await;
    let reader = Some("0123456789abcdef");
    assert_eq!(entries(&verified_at(&url, reader).await.unwrap()), 300);
    assert_eq!(entries(&verified_at(&format!("{url}/log/"), reader).await.unwrap()), 300);

    let refused = verified_at(&url, None).await.unwrap_err().to_string();
    assert!(refused.contains("COUNTERSIGN_READER_TOKEN"), "{refused}");
    let moved = verified_at(&format!("{url}/moved"), reader).await.unwrap_err().to_string();
    assert!(moved.contains("no redirection is followed"), "{moved}");
    for wrong in ["http://example.com/log", "https://user@example.com/log", "https://example.com/log?a"] {
        assert!(verified_at(wrong, reader).await.is_err(), "{wrong}");
    }

    // A hash tile that is larger than it says, and one that is gone because the full one is there.
    let partial = out.join("tile/0/001.p/44");
    let hashes = std::fs::read(&partial).unwrap();
    std::fs::write(&partial, [hashes.as_slice(), &[0; 9]].concat()).unwrap();
    assert!(verified_at(&url, reader).await.is_err());
    std::fs::remove_file(&partial).unwrap();
    assert!(matches!(verified_at(&url, reader).await.unwrap(), Verdict::Incomplete { .. }));
    std::fs::write(out.join("tile/0/001"), [hashes.as_slice(), &[0; 212 * 32]].concat()).unwrap();
    assert_eq!(entries(&verified_at(&url, reader).await.unwrap()), 300);
}
