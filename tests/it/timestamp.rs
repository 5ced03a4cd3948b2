//! Timestamps of an authority of our own, made by OpenSSL, and verified by it again.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use countersign::db::{ReadOnly, anchor, timestamp};
use countersign::github::fake::{auth, seed};
use countersign::github::{AppKey, Connection, GitHub, Pace};
use countersign::settings::AnchorSettings;
use countersign::trail::{self, LogSource, Verdict};
use countersign::worker::Anchors;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::export::{exported, verified};
use crate::harness::Scenario;
use crate::harness::database::key;
use crate::scenario;

const CONFIG: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = A timestamp authority
[usage]
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = ours
[ours]
serial = serial
signer_cert = cert.pem
signer_key = key.pem
certs = cert.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
";

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").current_dir(folder).args(arguments).output().expect("openssl");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Without OpenSSL there is no authority to ask.
fn has_openssl() -> bool {
    if Command::new("openssl").arg("version").output().is_ok() {
        return true;
    }
    let required = countersign_material::is_required("openssl");
    assert!(!required, "COUNTERSIGN_REQUIRE=openssl, and there is no openssl on the PATH");
    eprintln!("skipped: no openssl on this machine, so nothing is tested with a timestamp authority");
    false
}

/// A folder with the authority's key and certificate, and where it answers.
async fn authority() -> (Arc<TempDir>, String) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("tsa.cnf"), CONFIG).unwrap();
    std::fs::write(folder.path().join("serial"), "0a\n").unwrap();
    let make =
        "req -x509 -newkey rsa:2048 -nodes -config tsa.cnf -extensions usage -keyout key.pem -out cert.pem";
    openssl(folder.path(), &make.split(' ').collect::<Vec<_>>());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/tsr", listener.local_addr().unwrap());
    let routes = Router::new().route("/tsr", post(reply)).with_state(Arc::clone(&folder));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (folder, url)
}

async fn reply(State(folder): State<Arc<TempDir>>, query: Bytes) -> impl IntoResponse {
    let folder = folder.path();
    if folder.join("old.tsr").exists() {
        return std::fs::read(folder.join("old.tsr")).unwrap();
    }
    std::fs::write(folder.join("query"), query).unwrap();
    openssl(folder, &["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]);
    std::fs::read(folder.join("reply")).unwrap()
}

impl Scenario {
    async fn timestamped_by(&self, url: &str) -> Anchors {
        let github = GitHub::connect(Connection {
            api_url: self.fake.start().await.unwrap(),
            app_id: seed::APP,
            key: AppKey::parse(auth::APP_KEY).unwrap(),
            clock: self.clock.clone(),
            pace: Pace::none(),
        });
        let settings = AnchorSettings { timestamps: Some(url.parse().unwrap()), ..AnchorSettings::default() };
        Anchors::new(self.app.clone(), github.unwrap().writer(), settings)
    }

    async fn timestamps(&self) -> Vec<(u64, Vec<u8>)> {
        timestamp::after(&mut self.app.db.read().await.unwrap(), 0, 0, 100).await.unwrap()
    }
}

scenario!(an_authority_says_when_it_saw_a_checkpoint, s => {
    if !has_openssl() {
        return;
    }
    let (folder, url) = authority().await;
    let anchors = s.timestamped_by(&url).await;
    s.staged().await;
    anchors.round().await.unwrap();
    anchors.round().await.unwrap();
    let stamps = s.timestamps().await;
    let head = anchor::head(&mut s.app.db.read().await.unwrap()).await.unwrap().unwrap();
    assert_eq!(stamps.len(), 1);
    assert_eq!(stamps[0].0, head.size);
    std::fs::write(folder.path().join("checkpoint"), &head.note).unwrap();
    std::fs::write(folder.path().join("stamp.tsr"), &stamps[0].1).unwrap();
    let verify = ["ts", "-verify", "-data", "checkpoint", "-in", "stamp.tsr", "-CAfile", "cert.pem"];
    openssl(folder.path(), &verify);

    // An old answer is no answer to a new question.
    std::fs::write(folder.path().join("old.tsr"), &stamps[0].1).unwrap();
    s.comment("alice", "/promote staging").await;
    s.later(Duration::from_mins(6)).await;
    anchors.round().await.unwrap();
    assert_eq!(s.timestamps().await.len(), 1);

    // An export has it, beside the checkpoint that it is of.
    let out = folder.path().join("log");
    let exported = exported(&s.database, &out, false).await.unwrap().unwrap();
    assert!(exported.entries > head.size, "the log has grown since");
    let (note, stamp) = (format!("log/checkpoints/{}", head.size), format!("log/timestamps/{}.tsr", head.size));
    openssl(folder.path(), &["ts", "-verify", "-data", &note, "-in", &stamp, "-CAfile", "cert.pem"]);
    let Verdict::Holds(holds) = verified(&out, None).await else { panic!() };
    assert_eq!((holds.timestamps, holds.strangers.count), (1, 0), "{:?}", holds.strangers);
    let mut database = LogSource::in_database(&ReadOnly::open(&s.database).await.unwrap(), 0).await.unwrap();
    let verdict = trail::verify(&mut database, &key().verifier(), None, &mut |_, _| {}).await.unwrap();
    assert!(matches!(verdict, Verdict::Holds(holds) if holds.timestamps == 1));

    // Nor is it one of another checkpoint, and a timestamp of nothing is not taken for one of the log.
    let (kept, moved) = (out.join("timestamps").join(format!("{}.tsr", head.size)), folder.path().join("kept.tsr"));
    let (note, checkpoint) = (folder.path().join(note), out.join("checkpoint"));
    for (what, is_tampered) in [
        (out.join(format!("checkpoints/{}", exported.entries)), true),
        (out.join("unrelated"), false),
    ] {
        let stamp = out.join("timestamps").join(format!("{}.tsr", exported.entries));
        std::fs::copy(&checkpoint, &what).unwrap();
        std::fs::copy(&kept, &stamp).unwrap();
        let verdict = verified(&out, None).await;
        match verdict {
            Verdict::Tampered { why, .. } => assert!(is_tampered && why.contains("of something else"), "{why}"),
            Verdict::Holds(holds) => assert!(!is_tampered && holds.strangers.count == 2, "{:?}", holds.strangers),
            other => panic!("{other:?}"),
        }
        std::fs::remove_file(what).unwrap();
        std::fs::remove_file(stamp).unwrap();
    }
    std::fs::rename(&kept, &moved).unwrap();
    std::fs::write(&kept, "no timestamp").unwrap();
    assert!(matches!(verified(&out, None).await, Verdict::Tampered { index: None, .. }));
    std::fs::rename(&moved, &kept).unwrap();
    std::fs::write(&note, std::fs::read_to_string(&note).unwrap() + "\n").unwrap();
    assert!(matches!(verified(&out, None).await, Verdict::Tampered { .. }));
});
