use std::time::Duration;

use axum::body::Body;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use sha2::Sha256;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::audit::{AttestationKey, Checkpoint, Kind, LogKey, Source};
use crate::clock::Timestamp;
use crate::db::NewEntry;
use crate::db::inbox::{self, Depth};
use crate::telemetry;

const GUID: &str = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const COMMENT: &str = r#"{"action":"created","repository":{"id":7},"installation":{"id":1}}"#;

/// The real router on a database of its own.
struct Server {
    router: Router,
    shared: Shared,
    working: watch::Sender<bool>,
    _folder: TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = LogKey::from_seed("localhost/log/countersign".parse().unwrap(), [7; 32]);
        let url = format!("sqlite://{}", folder.path().join("countersign.db").display());
        let verifier = key.verifier();
        let db = Db::open(&url, key).await.unwrap();
        let clock = Clock::manual(Timestamp::parse("2026-11-21T09:15:00Z").unwrap());
        let (working, is_working) = watch::channel(true);
        let secrets = vec![Secret::from("new secret"), Secret::from("old secret")];
        let metrics = telemetry::metrics().unwrap();
        let log = LogFace::new(verifier, AttestationKey::from_seed([8; 32]), None);
        let shared = Shared::new(db, clock, secrets, log, metrics, is_working);
        Self { router: router(shared.clone()), shared, working, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn deliver(&self, delivery: Delivery) -> (StatusCode, String) {
        self.send(delivery.into_request()).await
    }

    async fn depth(&self) -> Depth {
        inbox::depth(&mut self.shared.db.read().await.unwrap()).await.unwrap()
    }

    async fn claim(&self) -> Vec<inbox::Claimed> {
        let now = self.shared.clock.now();
        let db = &self.shared.db;
        db.write(move |tx| {
            Box::pin(async move { inbox::claim(tx.conn().await?, now, crate::db::LEASE, 10).await })
        })
        .await
        .unwrap()
    }
}

/// A webhook as GitHub would send it, until a test says otherwise.
struct Delivery {
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Delivery {
    fn new(event: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("content-length", body.len().to_string()),
            ("x-github-event", event.to_owned()),
            ("x-github-delivery", GUID.to_owned()),
            ("x-hub-signature-256", sign("new secret", &body)),
        ];
        Self { headers, body }
    }

    fn comment() -> Self {
        Self::new("issue_comment", COMMENT)
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| *header != name);
        self
    }

    fn into_request(self) -> Request<Body> {
        let request = Request::post("/github/webhook");
        let request =
            self.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.body(Body::from(self.body)).unwrap()
    }
}

fn sign(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

const NOTHING: Depth = Depth { waiting: 0, buried: 0 };
const ONE: Depth = Depth { waiting: 1, buried: 0 };

#[tokio::test]
async fn a_delivery_is_stored_as_it_came_before_it_is_acknowledged() {
    let server = Server::start().await;
    let (status, body) = server.deliver(Delivery::comment()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(body, format!(r#"{{"delivery":"{GUID}","stored":true}}"#));
    let claimed = server.claim().await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].guid.as_str(), GUID);
    assert_eq!(claimed[0].event, "issue_comment");
    assert_eq!(claimed[0].body, COMMENT.as_bytes());
    assert_eq!(claimed[0].received_at, server.shared.clock.now());
}

#[tokio::test]
async fn the_workers_are_rung_for_when_it_is_stored() {
    let server = Server::start().await;
    server.deliver(Delivery::comment()).await;
    let rung = server.shared.db.inbox_rings(Duration::from_secs(30));
    tokio::time::timeout(Duration::from_secs(5), rung).await.expect("the bell was rung");
}

#[tokio::test]
async fn a_redelivery_changes_nothing() {
    let server = Server::start().await;
    for _ in 0..3 {
        assert_eq!(server.deliver(Delivery::comment()).await.0, StatusCode::ACCEPTED);
    }
    assert_eq!(server.depth().await, ONE);
    let claimed = server.claim().await.remove(0);
    let now = server.shared.clock.now();
    let db = &server.shared.db;
    db.write(move |tx| Box::pin(async move { inbox::finish(tx, &claimed, now).await })).await.unwrap();
    assert_eq!(server.deliver(Delivery::comment()).await.0, StatusCode::ACCEPTED);
    assert_eq!(server.depth().await, NOTHING, "what was handled is not handled again");
}

#[tokio::test]
async fn a_form_is_signed_as_it_came_and_stored_as_json() {
    let server = Server::start().await;
    let encoded: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", COMMENT).finish();
    let delivery = Delivery::new("issue_comment", encoded)
        .with("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(server.deliver(delivery).await.0, StatusCode::ACCEPTED);
    assert_eq!(server.claim().await[0].body, COMMENT.as_bytes());
}

#[tokio::test]
async fn while_the_secret_is_changed_both_are_taken() {
    let server = Server::start().await;
    let by_old = sign("old secret", COMMENT.as_bytes());
    let delivery = Delivery::comment().with("x-hub-signature-256", &by_old);
    assert_eq!(server.deliver(delivery).await.0, StatusCode::ACCEPTED);
    let by_none = sign("older secret", COMMENT.as_bytes());
    let delivery = Delivery::comment().with("x-hub-signature-256", &by_none);
    assert_eq!(server.deliver(delivery).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn pings_and_events_we_do_not_act_on_are_acknowledged_and_not_stored() {
    let server = Server::start().await;
    // The last is what our own alarm clock is called inside: nobody outside may ring it.
    for event in ["ping", "star", "no_such_event", "countersign.wake"] {
        let (status, body) = server.deliver(Delivery::new(event, COMMENT)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{event}");
        assert!(body.contains(r#""stored":false"#), "{body}");
    }
    assert_eq!(server.depth().await, NOTHING);
}

#[tokio::test]
async fn what_is_not_taken_is_said_with_the_documented_status() {
    let server = Server::start().await;
    let comment = Delivery::comment;
    for (delivery, status, word) in [
        (comment().without("x-hub-signature-256"), 401, "signature"),
        (comment().with("x-hub-signature-256", "sha256=00"), 401, "signature"),
        (comment().with("x-hub-signature-256", &sign("", COMMENT.as_bytes())), 401, "signature"),
        (comment().without("content-type"), 415, "content_type"),
        (comment().with("content-type", "text/plain"), 415, "content_type"),
        (comment().with("content-type", "application/jsonx"), 415, "content_type"),
        (comment().without("x-github-event"), 400, "no_event"),
        (comment().without("x-github-delivery"), 400, "no_delivery"),
        (comment().with("x-github-delivery", ""), 400, "no_delivery"),
        (comment().with("x-github-delivery", &"a".repeat(201)), 400, "no_delivery"),
        (Delivery::new("issue_comment", "[]"), 400, "not_json"),
        (Delivery::new("issue_comment", "{"), 400, "not_json"),
        (Delivery::new("issue_comment", ""), 400, "not_json"),
        (Delivery::new("ping", "hello"), 400, "not_json"),
        (
            Delivery::new("push", "x=1").with("content-type", "application/x-www-form-urlencoded"),
            400,
            "not_json",
        ),
    ] {
        let headers = format!("{:?}", delivery.headers);
        let (found, body) = server.deliver(delivery).await;
        assert_eq!(found.as_u16(), status, "{headers}: {body}");
        assert!(body.contains(&format!(r#""error":"{word}""#)), "{headers}: {body}");
    }
    assert_eq!(server.depth().await, NOTHING);
}

#[tokio::test]
async fn a_wrong_signature_is_found_before_anything_is_parsed() {
    let server = Server::start().await;
    let wrong = sign("wrong", b"{");
    // Neither the headers nor the body are sound, and only the signature is spoken of.
    let delivery = Delivery::new("issue_comment", "{")
        .with("x-hub-signature-256", &wrong)
        .without("x-github-event")
        .without("x-github-delivery");
    assert_eq!(server.deliver(delivery).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn twenty_five_mebibytes_are_taken_and_one_byte_more_is_not() {
    let server = Server::start().await;
    let frame = r#"{"repository":{"id":7},"x":""}"#.len();
    let of = |size: usize| format!(r#"{{"repository":{{"id":7}},"x":"{}"}}"#, "a".repeat(size - frame));
    let largest = Delivery::new("issue_comment", of(webhook::LIMIT));
    assert_eq!(server.deliver(largest).await.0, StatusCode::ACCEPTED);
    let declared = Delivery::new("issue_comment", of(webhook::LIMIT + 1));
    assert_eq!(server.deliver(declared).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let undeclared = Delivery::new("issue_comment", of(webhook::LIMIT + 1)).without("content-length");
    assert_eq!(server.deliver(undeclared).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.depth().await, ONE);
}

#[tokio::test]
async fn strangers_with_large_bodies_do_not_keep_small_ones_out() {
    let server = Server::start().await;
    let places = server.shared.large_bodies.clone().acquire_many_owned(8).await.unwrap();
    let large = format!(r#"{{"x":"{}"}}"#, "a".repeat(300 * 1024));
    let busy = server.deliver(Delivery::new("push", large.clone())).await;
    assert_eq!(busy.0, StatusCode::SERVICE_UNAVAILABLE, "{}", busy.1);
    assert_eq!(server.deliver(Delivery::comment()).await.0, StatusCode::ACCEPTED);
    drop(places);
    assert_eq!(server.deliver(Delivery::new("push", large)).await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_cannot_be_stored_is_to_be_delivered_again() {
    let server = Server::start().await;
    server.shared.db.close().await;
    let (status, body) = server.deliver(Delivery::comment()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("Deliver it again"), "{body}");
}

#[tokio::test]
async fn it_is_ready_when_the_database_answers_and_the_workers_run() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").await.0, StatusCode::OK);
    assert_eq!(server.get("/readyz").await, (StatusCode::OK, "ready\n".to_owned()));
    server.working.send_replace(false);
    let (status, text) = server.get("/readyz").await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "not ready: the workers do not run\n")
    );
    server.working.send_replace(true);
    server.shared.db.close().await;
    let (status, text) = server.get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("database"), "{text}");
    assert_eq!(server.get("/healthz").await.0, StatusCode::OK, "it is alive all the same");
}

#[tokio::test]
async fn the_metrics_say_what_came_and_what_waits() {
    let server = Server::start().await;
    server.deliver(Delivery::comment()).await;
    server.deliver(Delivery::comment().without("x-hub-signature-256")).await;
    let (status, text) = server.get("/metrics").await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "countersign_inbox_waiting 1\n",
        "countersign_inbox_buried 0\n",
        "countersign_effects_waiting 0\n",
        "countersign_notices_waiting 0\n",
        "countersign_database_up 1\n",
        "countersign_workers_up 1\n",
        "countersign_deliveries_total{result=\"stored\"}",
        "countersign_deliveries_total{result=\"signature\"}",
        "countersign_http_requests_total{route=\"/github/webhook\",status=\"401\"}",
        "countersign_http_request_seconds_bucket{route=\"/github/webhook\",le=\"0.001\"}",
        "countersign_commit_batch_bucket{le=\"256\"}",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    server.shared.db.close().await;
    let (status, text) = server.get("/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("countersign_database_up 0\n"), "{text}");
    assert!(!text.contains("countersign_inbox_waiting"), "what is not known is not told");
}

#[tokio::test]
async fn the_newest_checkpoint_is_served_once_there_is_one() {
    let server = Server::start().await;
    let (status, text) = server.get("/log/checkpoint").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text.starts_with("The log is empty"), "{text}");
    let now = server.shared.clock.now();
    let entry = NewEntry::new(Kind::PolicyLoaded, now, Source::internal("test"));
    let append = server.shared.db.write(move |tx| Box::pin(async move { tx.append(entry).await }));
    append.await.unwrap();
    let (status, note) = server.get("/log/checkpoint").await;
    assert_eq!(status, StatusCode::OK);
    let (_, key) = server.get("/log/key").await;
    assert_eq!(Checkpoint::open(&note, &key.trim().parse().unwrap()).unwrap().size, 1);
    let request = Request::get("/log/checkpoint").body(Body::empty()).unwrap();
    let response = server.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "public, max-age=5");
}

#[tokio::test]
async fn without_a_token_set_nobody_reads_what_was_decided() {
    let server = Server::start().await;
    let now = server.shared.clock.now();
    let entry = NewEntry::new(Kind::PolicyLoaded, now, Source::internal("test"));
    let append = server.shared.db.write(move |tx| Box::pin(async move { tx.append(entry).await }));
    append.await.unwrap();
    for path in ["/log/tile/entries/000.p/1", "/log/attestation/0.json"] {
        for shown in ["", "Bearer ", "Bearer 0123456789abcdef"] {
            let request = Request::get(path).header("authorization", shown).body(Body::empty()).unwrap();
            let (status, said) = server.send(request).await;
            assert_eq!(status, StatusCode::FORBIDDEN);
            assert!(said.contains("COUNTERSIGN_READER_TOKEN"), "{said}");
        }
    }
    let (_, metrics) = server.get("/metrics").await;
    assert!(metrics.contains(r#"{route="/log/tile/{*path}",status="403"}"#), "{metrics}");
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_wrong_addresses_a_sentence() {
    let server = Server::start().await;
    for (path, status) in [("/", 200), ("/metrics", 200), ("/no/such/page", 404), ("/github/webhook", 405)] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("'none'"));
        assert!(!response.into_body().collect().await.unwrap().to_bytes().is_empty(), "{path}");
    }
}
