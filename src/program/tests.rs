use std::path::Path;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::*;
use crate::audit::{AttestationKey, Kind, Source};
use crate::clock::{Clock, Timestamp};
use crate::db::NewEntry;
use crate::github::{AppKey, Pace};
use crate::settings::PerAddress;

const KEY: &str = include_str!("../../tests/fixtures/github/test-key.pkcs1.pem");

async fn parts(folder: &Path, seed: u8, work: Work) -> Parts {
    let clock = Clock::manual(Timestamp::parse("2026-11-21T09:15:00Z").unwrap());
    let api_url = Url::parse("http://127.0.0.1:9").unwrap();
    let key = AppKey::parse(KEY).unwrap();
    Parts {
        listener: TcpListener::bind(("127.0.0.1", 0)).await.unwrap(),
        connections: ConnectionLimits::default(),
        database_url: Secret::from(format!("sqlite://{}", folder.join("countersign.db").display())),
        log_key: LogKey::from_seed("localhost/log/countersign".parse().unwrap(), [seed; 32]),
        github: Connection { api_url, app_id: 4711, key, clock, pace: Pace::none() },
        guarding: Guarding::default(),
        github_web_url: None,
        public_url: None,
        webhook_secrets: vec![Secret::from("secret")],
        work,
        anchors: AnchorSettings::default(),
        lease: db::LEASE,
        self_audit: crate::worker::SELF_AUDIT,
        attestation_key: AttestationKey::from_seed([8; 32]),
        reader: None,
        oidc: OidcSettings::default(),
        trusted_root: None,
    }
}

async fn start(folder: &TempDir, work: Work) -> Program {
    Program::start(parts(folder.path(), 7, work).await).await.unwrap()
}

async fn readiness(program: &Program) -> (u16, String) {
    let response = reqwest::get(format!("http://{}/readyz", program.addr)).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn it_is_ready_once_it_has_started_and_gone_once_it_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let program = start(&folder, Work::InBackground).await;
    assert_eq!(readiness(&program).await, (200, "ready\n".to_owned()));
    let (addr, db) = (program.addr, program.app.db.clone());
    program.stop().await;
    assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
    assert!(db.read().await.is_err(), "the database is closed");
    assert!(!folder.path().join("countersign.db-wal").exists(), "nothing is left to be folded back");
}

#[tokio::test]
async fn without_workers_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let program = start(&folder, Work::ByHand).await;
    let (status, text) = readiness(&program).await;
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("workers"), "{text}");
    program.workers.drain().await.unwrap();
    program.stop().await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let program = start(&folder, Work::InBackground).await;
    let mut stream = TcpStream::connect(program.addr).await.unwrap();
    let head = "POST /github/webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server has the head now, and waits for the body.
    assert_eq!(readiness(&program).await.0, 200);
    let stopping = tokio::spawn(program.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!stopping.is_finished());
    stream.write_all(b"{}").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn the_webhook_answers_though_an_address_has_filled_its_share() {
    let folder = tempfile::tempdir().unwrap();
    let limits = ConnectionLimits { per_address: PerAddress::Any(5), ..ConnectionLimits::default() };
    let parts = Parts { connections: limits, ..parts(folder.path(), 7, Work::ByHand).await };
    let program = Program::start(parts).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(TcpStream::connect(program.addr).await.unwrap());
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut github = socket.connect(program.addr).await.unwrap();
    let delivery = "POST /github/webhook HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    github.write_all(delivery.as_bytes()).await.unwrap();
    let mut answer = String::new();
    github.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    drop(held);
    program.stop().await;
}

#[tokio::test]
async fn dropping_it_ends_it_at_once_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let program = start(&folder, Work::InBackground).await;
    let addr = program.addr;
    drop(program);
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let next = start(&folder, Work::InBackground).await;
    assert_eq!(readiness(&next).await.0, 200);
    next.stop().await;
}

#[tokio::test]
async fn a_log_that_somebody_else_signed_is_not_continued() {
    let folder = tempfile::tempdir().unwrap();
    let program = start(&folder, Work::ByHand).await;
    let entry = NewEntry::new(Kind::PolicyLoaded, program.app.clock.now(), Source::internal("test"));
    program.app.db.write(move |tx| Box::pin(async move { tx.append(entry).await })).await.unwrap();
    program.stop().await;

    let other_key = Program::start(parts(folder.path(), 8, Work::ByHand).await).await.unwrap_err();
    assert!(other_key.to_string().contains("COUNTERSIGN_LOG_KEY_FILE"), "{other_key}");
    let mut renamed = parts(folder.path(), 7, Work::ByHand).await;
    renamed.log_key = LogKey::from_seed("other.example/log/countersign".parse().unwrap(), [7; 32]);
    let other_name = Program::start(renamed).await.unwrap_err();
    assert!(other_name.to_string().contains("COUNTERSIGN_LOG_ORIGIN"), "{other_name}");
    start(&folder, Work::ByHand).await.stop().await;
}
