//! Witnesses: a faithful one, one that is ahead, one that saw another log, and some that answer nonsense.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use countersign::audit::proof::check_consistency;
use countersign::audit::{Checkpoint, Hash, WitnessKey, WitnessPolicy, empty_root, leaf_hash};
use countersign::db::{anchor, cosignature};
use countersign::github::fake::{auth, seed};
use countersign::github::{AppKey, Connection, GitHub, Pace};
use countersign::settings::AnchorSettings;
use countersign::worker::Anchors;
use http::StatusCode;
use tokio::net::TcpListener;

use crate::harness::{Scenario, database};
use crate::scenario;

/// A witness as c2sp.org/tlog-witness has it, for one log.
#[derive(Clone)]
struct FakeWitness {
    key: Arc<WitnessKey>,
    /// What it saw last.
    seen: Arc<Mutex<(u64, Hash)>>,
    /// What it was asked so far: the old size of each request.
    asked: Arc<Mutex<Vec<u64>>>,
    /// Answered instead of what a witness says.
    instead: Arc<Mutex<Option<(StatusCode, String)>>>,
}

impl FakeWitness {
    async fn start() -> (Self, String) {
        let witness = Self {
            key: Arc::new(WitnessKey::from_seed("witness.example/w1".parse().unwrap(), [8; 32])),
            seen: Arc::new(Mutex::new((0, empty_root()))),
            asked: Arc::default(),
            instead: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/w1/", listener.local_addr().unwrap());
        let routes =
            Router::new().route("/w1/add-checkpoint", post(add_checkpoint)).with_state(witness.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (witness, url)
    }

    /// The policy that asks for this witness and nobody else.
    fn policy(&self, url: &str) -> WitnessPolicy {
        let (log, key) = (database::key().verifier(), self.key.verifier());
        format!("log {log}\nwitness w1 {key} {url}\nquorum w1\n").parse().unwrap()
    }

    fn says_instead(&self, answer: Option<(StatusCode, &str)>) {
        *self.instead.lock().unwrap() = answer.map(|(status, body)| (status, body.to_owned()));
    }

    fn asked(&self) -> Vec<u64> {
        self.asked.lock().unwrap().clone()
    }
}

async fn add_checkpoint(State(witness): State<FakeWitness>, body: String) -> Response {
    let (head, note) = body.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
    witness.asked.lock().unwrap().push(old);
    if let Some(instead) = witness.instead.lock().unwrap().clone() {
        return instead.into_response();
    }
    let proof: Vec<Hash> = lines.map(|line| line.parse().unwrap()).collect();
    let checkpoint = Checkpoint::open(note, &database::key().verifier()).unwrap();
    let mut seen = witness.seen.lock().unwrap();
    if old != seen.0 {
        let kind = [("content-type", "text/x.tlog.size")];
        return (StatusCode::CONFLICT, kind, format!("{}\n", seen.0)).into_response();
    }
    if old > 0 && check_consistency(*seen, (checkpoint.size, checkpoint.root), &proof).is_err() {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    *seen = (checkpoint.size, checkpoint.root);
    witness.key.sign(&checkpoint.text(), 1_790_000_000).into_response()
}

impl Scenario {
    /// Whoever has this program's log witnessed.
    async fn witnessed_by(&self, policy: &WitnessPolicy) -> Anchors {
        let github = GitHub::connect(Connection {
            api_url: self.fake.start().await.unwrap(),
            app_id: seed::APP,
            key: AppKey::parse(auth::APP_KEY).unwrap(),
            clock: self.clock.clone(),
            pace: Pace::none(),
        });
        let settings = AnchorSettings { policy: Some(policy.clone()), ..AnchorSettings::default() };
        Anchors::new(self.app.clone(), github.unwrap().writer(), settings)
    }

    /// The newest checkpoint, with the lines of those who signed it.
    async fn cosigned(&self) -> String {
        let mut conn = self.app.db.read().await.unwrap();
        let head = anchor::head(&mut conn).await.unwrap().unwrap();
        cosignature::cosigned(&mut conn, head.epoch, head.size, head.note).await.unwrap()
    }
}

scenario!(a_witness_signs_what_continues_what_it_saw, s => {
    let (witness, url) = FakeWitness::start().await;
    let policy = witness.policy(&url);
    let anchors = s.witnessed_by(&policy).await;
    s.staged().await;
    assert!(policy.open(&s.cosigned().await).is_err(), "nobody has seen it");
    anchors.round().await.unwrap();
    let checkpoint = policy.open(&s.cosigned().await).unwrap();
    assert_eq!(witness.asked(), [0]);
    s.comment("alice", "/promote staging").await;
    s.later(Duration::from_secs(30)).await;
    anchors.round().await.unwrap();
    let later = policy.open(&s.cosigned().await).unwrap();
    assert!(later.size > checkpoint.size);
    assert_eq!(witness.asked(), [0, checkpoint.size], "from where it stood, with a proof");
});

scenario!(a_witness_that_is_further_than_we_remember_names_its_size, s => {
    let (witness, url) = FakeWitness::start().await;
    let policy = witness.policy(&url);
    s.staged().await;
    let mut conn = s.app.db.read().await.unwrap();
    let early = countersign::db::audit::checkpoints_after(&mut conn, 2, 1).await.unwrap().remove(0);
    drop(conn);
    let early = Checkpoint::open(&early.1, &database::key().verifier()).unwrap();
    *witness.seen.lock().unwrap() = (early.size, early.root);
    s.witnessed_by(&policy).await.round().await.unwrap();
    policy.open(&s.cosigned().await).unwrap();
    assert_eq!(witness.asked(), [0, early.size]);
});

scenario!(what_a_witness_did_not_sign_is_never_stored, s => {
    let (witness, url) = FakeWitness::start().await;
    let policy = witness.policy(&url);
    let anchors = s.witnessed_by(&policy).await;
    s.staged().await;
    let other = witness.key.sign("another\n1\nroot\n", 1_790_000_000);
    let stranger = WitnessKey::from_seed("witness.example/w1".parse().unwrap(), [9; 32]);
    let strange = stranger.sign("x\n", 1);
    let large = "x".repeat(100_000);
    for (status, body) in [
        (StatusCode::OK, other.as_str()),
        (StatusCode::OK, &strange),
        (StatusCode::OK, ""),
        (StatusCode::OK, "nonsense"),
        (StatusCode::OK, &large),
        (StatusCode::FOUND, ""),
        (StatusCode::NOT_FOUND, ""),
        (StatusCode::CONFLICT, "5\n"),
        (StatusCode::INTERNAL_SERVER_ERROR, ""),
    ] {
        witness.says_instead(Some((status, body)));
        let before = witness.asked().len();
        s.later(Duration::from_mins(20)).await;
        anchors.round().await.unwrap();
        assert_eq!(witness.asked().len(), before + 1, "asked once, and not at once again");
        assert!(policy.open(&s.cosigned().await).is_err(), "{status} {}", &body[..body.len().min(40)]);
    }
    witness.says_instead(None);
    s.later(Duration::from_mins(20)).await;
    anchors.round().await.unwrap();
    policy.open(&s.cosigned().await).unwrap();
});

scenario!(a_witness_of_another_history_signs_nothing_and_stops_nothing, s => {
    let (witness, url) = FakeWitness::start().await;
    let policy = witness.policy(&url);
    let anchors = s.witnessed_by(&policy).await;
    s.staged().await;
    for seen in [(3, leaf_hash(b"another history")), (10_000, leaf_hash(b"a longer one"))] {
        *witness.seen.lock().unwrap() = seen;
        s.later(Duration::from_mins(20)).await;
        anchors.round().await.unwrap();
        assert!(policy.open(&s.cosigned().await).is_err());
    }
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(2).await, "succeeded", "no decision waits for a witness");
});
