//! What is left outside, where whoever keeps the log cannot change it: beside deployments, in check runs,
//! and in a branch.

use std::time::{Duration, Instant};

use countersign::audit::{Checkpoint, Hash, LogKey, TlogProof, leaf_hash};
use countersign::db::anchor::Place;
use countersign::db::audit::{self, entries_from};
use countersign::db::{self, Guarding, Purpose};
use countersign::github::fake::acts::code::Push;
use countersign::github::fake::faults::Fault;
use countersign::github::fake::{auth, seed};
use countersign::github::{AppKey, Connection, GitHub, Pace};
use countersign::program::StartError;
use countersign::settings::{AnchorBranch, AnchorSettings};
use countersign::telemetry::causes;
use countersign::worker::Anchors;
use countersign::worker::anchor::newest_anchored;
use serde_json::{Value, json};

use crate::harness::database::backup_of;
use crate::harness::{SHOP, Scenario, database, mark};
use crate::scenario;

const BRANCH: &str = "countersign-audit";
const FOLDER: &str = "countersign.example/acme";

fn place() -> AnchorBranch {
    AnchorBranch { repository: SHOP.parse().unwrap(), branch: BRANCH.parse().unwrap() }
}

impl Scenario {
    /// Whoever anchors this program's log in a branch of the shop, and may write there.
    pub async fn anchors(&self) -> Anchors {
        self.grant("write");
        let github = GitHub::connect(Connection {
            api_url: self.fake.start().await.unwrap(),
            app_id: seed::APP,
            key: AppKey::parse(auth::APP_KEY).unwrap(),
            clock: self.clock.clone(),
            pace: Pace::none(),
        });
        let settings = AnchorSettings { branch: Some(place()), ..AnchorSettings::default() };
        Anchors::new(self.app.clone(), github.unwrap().writer(), settings)
    }

    fn grant(&self, contents: &str) {
        self.fake.change(|state| {
            let installation = state.installations.get_mut(&seed::INSTALLATION).unwrap();
            installation.permissions.insert("contents".to_owned(), contents.to_owned());
        });
    }

    /// The commits of the branch, the newest first: whether GitHub signed each, and its paths.
    fn commits(&self) -> Vec<(bool, Vec<String>)> {
        self.fake.with_state(|state| {
            let mut commits = Vec::new();
            let mut next = state.repo(SHOP).unwrap().tip(BRANCH).ok().map(str::to_owned);
            while let Some(sha) = next {
                let commit = state.objects.get(&sha).unwrap();
                commits.push((commit.verified, commit.tree.keys().cloned().collect()));
                next = commit.parents.first().cloned();
            }
            commits
        })
    }

    pub fn anchored_file(&self, path: &str) -> Option<String> {
        self.fake.with_state(|state| {
            let tip = state.repo(SHOP).unwrap().tip(BRANCH).ok()?;
            let commit = state.objects.get(tip).unwrap();
            let (_, bytes) = state.objects.file(commit, &format!("{FOLDER}/{path}"))?;
            Some(String::from_utf8(bytes.to_vec()).unwrap())
        })
    }

    pub fn anchored_checkpoint(&self) -> Checkpoint {
        let note = self.anchored_file("checkpoint").expect("a checkpoint in the branch");
        Checkpoint::open(&note, &database::key().verifier()).unwrap()
    }

    pub async fn size(&self) -> u64 {
        let head = db::anchor::head(&mut self.app.db.read().await.unwrap()).await.unwrap();
        head.unwrap().size
    }

    async fn recorded(&self) -> u64 {
        let mut conn = self.app.db.read().await.unwrap();
        db::anchor::newest(&mut conn, 0, Place::Git).await.unwrap().map_or(0, |(size, _)| size)
    }

    /// Puts a checkpoint of a key into the branch, as if it had been anchored there.
    fn plant(&self, key: &LogKey, size: u64) {
        let origin = "countersign.example/acme".parse().unwrap();
        let note = Checkpoint { origin, size, root: leaf_hash(b"another log") }.sign(key).unwrap();
        self.fake
            .push(SHOP, "bob", &Push::file(BRANCH, "x", &format!("{FOLDER}/checkpoint"), &note))
            .unwrap();
    }

    fn payloads(&self) -> Vec<Value> {
        self.fake.with_state(|state| {
            let deployments = state.repo(SHOP).unwrap().deployments.values();
            deployments.filter(|made| made.app.is_some()).map(|made| made.payload.clone()).collect()
        })
    }

    async fn checkpoint_of(&self, size: u64) -> Checkpoint {
        let mut conn = self.app.db.read().await.unwrap();
        let found = audit::checkpoints_after(&mut conn, size - 1, 1).await.unwrap();
        Checkpoint::open(&found[0].1, &database::key().verifier()).unwrap()
    }
}

scenario!(every_deployment_says_where_its_intent_stands, s => {
    s.staged().await;
    let payloads = s.payloads();
    assert_eq!(payloads.len(), 1);
    let payload = &payloads[0];
    let index = payload["log_index"].as_u64().unwrap();
    let entry = entries_from(&mut s.app.db.read().await.unwrap(), index, 1).await.unwrap().remove(0);
    assert!(String::from_utf8_lossy(&entry.body).contains(payload["countersign_id"].as_str().unwrap()));
    assert_eq!(payload["leaf_hash"], leaf_hash(&entry.body).to_string());
    let size = payload["checkpoint_size"].as_u64().unwrap();
    assert!(size > index, "the checkpoint covers the entry");
    let checkpoint = s.checkpoint_of(size).await;
    assert_eq!(payload["log_origin"], checkpoint.origin.as_str());
    assert_eq!(payload["checkpoint_root"].as_str().unwrap().parse::<Hash>(), Ok(checkpoint.root));
});

scenario!(every_check_run_says_where_its_newest_entry_stands, s => {
    s.asked_for_production("alice").await;
    let check = s.fake.check_named(SHOP, &s.head(), "countersign/production").unwrap();
    let (_, end) = check.summary.as_deref().unwrap().split_once("**In the log** `countersign.example/acme`").unwrap();
    let entries = entries_from(&mut s.app.db.read().await.unwrap(), 0, 1000).await.unwrap();
    let newest = entries.last().unwrap();
    let hash = leaf_hash(&newest.body);
    assert!(end.contains(&format!("- Entry: {}, leaf hash `{hash}`", newest.index)), "{end}");
    let checkpoint = s.checkpoint_of(newest.index + 1).await;
    assert!(end.contains(&format!("- Checkpoint: size {}, root `{}`", checkpoint.size, checkpoint.root)), "{end}");
});

scenario!(the_log_is_anchored_in_a_branch_of_its_own_with_a_proof_of_each_decision, s => {
    let anchors = s.anchors().await;
    s.staged().await;
    anchors.round().await.unwrap();
    let commits = s.commits();
    assert_eq!(commits.len(), 1, "an orphan branch");
    assert!(commits[0].0, "GitHub signed it, because it names no author of ours");
    assert_eq!(s.anchored_checkpoint().size, s.size().await);
    assert_eq!(s.recorded().await, s.size().await);

    s.comment("alice", "/promote production").await;
    s.comment("bob", "/approve p2").await;
    s.comment("carol", "/approve p2").await;
    s.deployment_ends("success").await;
    s.later(Duration::from_secs(30)).await;
    anchors.round().await.unwrap();
    let commits = s.commits();
    assert_eq!(commits.len(), 2, "a decision about production is not kept waiting");
    assert_eq!(s.anchored_checkpoint().size, s.size().await);
    let entries = entries_from(&mut s.app.db.read().await.unwrap(), 0, 1000).await.unwrap();
    let decided = entries.iter().filter(|entry| {
        let text = String::from_utf8_lossy(&entry.body);
        text.contains("decision.") && !text.contains("decision.waiting")
    });
    let mut proofs = 0;
    for entry in decided {
        let text = s.anchored_file(&format!("proof/{}.tlog-proof", entry.index)).expect("its proof");
        let proof: TlogProof = text.parse().unwrap();
        proof.check(&entry.body, &database::key().verifier()).unwrap();
        proofs += 1;
    }
    assert_eq!(proofs, 2);
    assert_eq!(commits[0].1.len(), proofs + 1, "and nothing else: {commits:?}");
});

scenario!(what_is_not_urgent_is_anchored_every_five_minutes, s => {
    let anchors = s.anchors().await;
    s.staged().await;
    anchors.round().await.unwrap();
    s.later(Duration::from_mins(6)).await;
    anchors.round().await.unwrap();
    assert_eq!(s.commits().len(), 1, "the log has not grown");
    s.comment("alice", "/promote staging").await;
    anchors.round().await.unwrap();
    assert_eq!(s.commits().len(), 2);
    s.comment("alice", "/cancel").await;
    anchors.round().await.unwrap();
    assert_eq!(s.commits().len(), 2);
    s.later(Duration::from_mins(5)).await;
    anchors.round().await.unwrap();
    assert_eq!(s.commits().len(), 3);
});

scenario!(a_branch_that_contradicts_the_log_is_never_overwritten, s => {
    let anchors = s.anchors().await;
    s.staged().await;
    let stranger = LogKey::from_seed(database::key().name().clone(), [9; 32]);
    for (key, size) in [(database::key(), 3), (database::key(), 10_000), (stranger, 10_000)] {
        s.plant(&key, size);
        let before = s.anchored_file("checkpoint");
        s.later(Duration::from_mins(20)).await;
        anchors.round().await.unwrap();
        assert_eq!(s.anchored_file("checkpoint"), before);
        assert_eq!(s.recorded().await, 0);
    }
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(2).await, "succeeded", "no decision waits for an anchor");
});

scenario!(a_start_knows_what_was_anchored, s => {
    let anchors = s.anchors().await;
    let origin = "countersign.example/acme".parse().unwrap();
    let keys = [database::key().verifier()];
    assert_eq!(newest_anchored(&s.app.reader, &place(), (&origin, &keys)).await.unwrap(), None);
    s.staged().await;
    anchors.round().await.unwrap();
    let known = newest_anchored(&s.app.reader, &place(), (&origin, &keys)).await.unwrap();
    assert_eq!(known, Some(s.anchored_checkpoint()));
    let stranger = LogKey::from_seed(database::key().name().clone(), [9; 32]).verifier();
    assert!(newest_anchored(&s.app.reader, &place(), (&origin, &[stranger])).await.is_err());
});

/// The newest database, put away, and everything as it was before.
async fn taken_back(s: &mut Scenario, backup: &str) -> Result<(), StartError> {
    s.app.db.close().await;
    let newest = std::mem::replace(&mut s.database, backup.to_owned());
    let started = s.starts(Guarding::default()).await;
    s.database = newest;
    started
}

scenario!(a_database_older_than_its_anchor_is_refused_though_the_mark_is_as_old, s => {
    let marks = tempfile::tempdir().unwrap();
    let newer = || Guarding { high_water: Some(mark(&marks, "newer")), ..Guarding::default() };
    s.anchored_in = AnchorSettings { branch: Some(place()), ..AnchorSettings::default() };
    s.staged().await;
    s.app.db.close().await;
    let backup = backup_of(&s.database).await;
    s.starts(newer()).await.unwrap();
    s.comment("alice", "/promote nowhere").await;
    s.comment("alice", "/promote staging").await;
    s.anchors().await.round().await.unwrap();
    let known = s.anchored_checkpoint();

    let began = Instant::now();
    let said = causes(&taken_back(s, &backup).await.unwrap_err());
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let has = format!("known from an anchor ({}) says that {FOLDER} has {} entries", place(), known.size);
    for words in [has.as_str(), "--new-epoch", "Start with the newest database"] {
        assert!(said.contains(words), "{said}");
    }
    s.fake.fail_next("GET", "/repos/acme/shop/installation", Fault::Status(404, json!({ "message": "Not Found" })));
    taken_back(s, &backup).await.expect("without an answer, nobody is kept from starting");
    s.app.db.close().await;
    s.starts(newer()).await.unwrap();
    s.deployment_ends("success").await;
});

scenario!(a_start_knows_the_newest_epoch_that_was_anchored, s => {
    s.anchored_in = AnchorSettings { branch: Some(place()), ..AnchorSettings::default() };
    s.staged().await;
    s.app.db.close().await;
    let backup = backup_of(&s.database).await;
    s.starts(Guarding::default()).await.unwrap();
    s.comment("alice", "/promote nowhere").await;
    s.app.db.close().await;
    let of_epoch_0 = std::mem::replace(&mut s.database, backup);
    s.starts(Guarding { purpose: Purpose::NewEpoch, ..Guarding::default() }).await.unwrap();
    s.anchors().await.round().await.unwrap();
    let no_note = Push::file(BRANCH, "x", &format!("{FOLDER}/99/checkpoint"), "an epoch that never was");
    s.fake.push(SHOP, "bob", &no_note).unwrap();
    s.app.db.close().await;
    let lost_mark = tempfile::tempdir().unwrap();
    let of_epoch_1 = std::mem::replace(&mut s.database, of_epoch_0);
    let guarding = || Guarding { high_water: Some(mark(&lost_mark, "new")), ..Guarding::default() };
    let said = causes(&s.starts(guarding()).await.unwrap_err());
    assert!(said.contains("says that countersign.example/acme/1 has"), "{said}");
    s.database = of_epoch_1;
    s.starts(guarding()).await.unwrap();
});

scenario!(without_the_permission_nothing_is_written_and_it_is_said, s => {
    let anchors = s.anchors().await;
    s.grant("read");
    s.staged().await;
    anchors.round().await.unwrap();
    assert_eq!(s.commits().len(), 0);
    s.grant("write");
    s.later(Duration::from_mins(1)).await;
    anchors.round().await.unwrap();
    assert_eq!(s.commits().len(), 1, "it goes on by itself when the permission is there");
});

scenario!(whatever_github_does_with_a_commit_the_branch_ends_right, s => {
    let anchors = s.anchors().await;
    s.staged().await;
    s.fake.fail_next("POST", "/repos/*/*/git/refs", Fault::ApplyThenDrop);
    for (method, path) in [
        ("POST", "/repos/*/*/git/trees"),
        ("POST", "/repos/*/*/git/commits"),
        ("PATCH", "/repos/*/*/git/refs/heads/*"),
    ] {
        for fault in [
            Fault::DropBefore,
            Fault::ApplyThenDrop,
            Fault::ApplyThenStatus(502),
            Fault::Status(500, json!({ "message": "Server Error" })),
        ] {
            s.fake.fail_next(method, path, fault);
            s.comment("alice", "/promote nowhere").await;
            for _ in 0..3 {
                s.later(Duration::from_mins(20)).await;
                anchors.round().await.unwrap();
            }
            assert_eq!(s.fake.planned_faults(), 0, "{method} {path}");
            assert_eq!(s.anchored_checkpoint().size, s.size().await, "{method} {path}");
            assert_eq!(s.recorded().await, s.size().await, "{method} {path}");
        }
    }
});

scenario!(two_programs_on_one_log_share_the_branch, s => {
    let (one, other) = (s.anchors().await, s.anchors().await);
    s.staged().await;
    let (first, second) = tokio::join!(one.round(), other.round());
    first.unwrap();
    second.unwrap();
    assert_eq!(s.commits().len(), 1);
    assert_eq!(s.anchored_checkpoint().size, s.size().await);
});
