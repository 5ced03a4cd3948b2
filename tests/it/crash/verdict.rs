//! What must be so when the program has died often enough.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use countersign::audit::{Checkpoint, Decoded, Frontier, Kind, LogKey, leaf_hash};
use countersign::db::audit::{StoredEntry, entries_from, latest_checkpoint};
use countersign::db::{Db, ReadOnly, inbox, notice, outbox};

use super::crashes;
use super::github::World;
use super::program::Program;
use crate::harness::{SHOP, database, world};

pub const ORIGIN: &str = "countersign.example/acme";

/// Waits until nothing is left to do.
pub async fn calm(world: &World, url: &str, program: &Program) {
    let began = Instant::now();
    program.answers().await;
    // The program creates content at a polite pace, one thing a second.
    let patience = Duration::from_secs(120 + 6 * u64::try_from(crashes()).unwrap());
    let mut quiet = 0;
    let mut left = String::new();
    while quiet < 3 {
        assert!(began.elapsed() < patience, "{}\nnot calm: {left}", program.last_words());
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The program is the only one that writes.
        let db = ReadOnly::open(url).await.unwrap();
        let mut conn = db.moment().await.unwrap();
        let depth = inbox::depth(&mut conn).await.unwrap();
        let effects = outbox::waiting(&mut conn).await.unwrap();
        let notices = notice::waiting(&mut conn).await.unwrap();
        let open = countersign::db::promotion::open(&mut conn, countersign::ids::RepoId(200)).await.unwrap();
        let under_way = open.iter().filter(|promotion| promotion.state.is_under_way()).count();
        let mut missing = 0;
        for guid in world.unacknowledged() {
            missing += usize::from(!inbox::knows(&mut conn, &guid.parse().unwrap()).await.unwrap());
        }
        left = format!(
            "{depth:?}, {effects} effects, {notices} notices, {under_way} under way, {missing} never arrived"
        );
        drop(conn);
        db.close().await;
        let nothing = depth.waiting == 0 && effects == 0 && notices == 0 && under_way == 0 && missing == 0;
        quiet = if nothing && world.is_quiet() { quiet + 1 } else { 0 };
    }
}

fn key(program: &Program) -> LogKey {
    LogKey::load_or_create(program.key(), &ORIGIN.parse().unwrap()).unwrap()
}

/// Looks at the log while the program is dead: what it said of the log before holds for ever.
pub async fn nothing_was_taken_back(world: &World, url: &str, program: &Program, served: &[String]) {
    if served.is_empty() {
        return;
    }
    let database = ReadOnly::open(url).await.unwrap();
    let mut conn = database.moment().await.unwrap();
    let entries = entries_from(&mut conn, 0, 100_000).await.unwrap();
    let newest = latest_checkpoint(&mut conn).await.unwrap();
    drop(conn);
    database.close().await;
    let known: Vec<String> = served.iter().cloned().chain(newest).collect();
    what_was_served_is_a_beginning(&entries, &key(program), &known);
    what_github_was_told_stands_there(world, &entries);
}

/// Looks at everything, once the program is gone.
pub async fn check(world: &World, url: &str, program: &Program, served: &[String]) {
    let db = Db::open(url, key(program)).await.unwrap();
    let mut conn = db.read().await.unwrap();
    let depth = inbox::depth(&mut conn).await.unwrap();
    let buried = inbox::buried(&mut conn, 10).await.unwrap();
    assert_eq!((depth.waiting, depth.buried), (0, 0), "{}\n{buried:?}", program.last_words());
    let entries = entries_from(&mut conn, 0, 100_000).await.unwrap();
    drop(conn);
    let log = database::verified_with(&db, key(program).verifier()).await;
    assert_eq!(log.open_intents, Vec::<u64>::new(), "every intent has an outcome");
    every_command_was_handled_once(world, &entries);
    every_intent_has_one_outcome(&entries);
    what_github_was_told_stands_there(world, &entries);
    world::nothing_was_done_twice(&world.fake, &entries);
    nothing_was_said_twice(world);
    what_was_served_is_a_beginning(&entries, &key(program), served);
    assert!(!program.output().contains("panicked"), "{}", program.last_words());
    eprintln!(
        "{} deliveries, {} entries, {} checkpoints, {} deployments; {} checkpoints served before a kill",
        world.acknowledged.lock().unwrap().len(),
        log.entries,
        log.checkpoints,
        log.kinds.get(&Kind::PromotionSucceeded).copied().unwrap_or_default(),
        served.len(),
    );
    db.close().await;
}

/// Each `/promote` and each `/approve` came to one end, recorded or refused.
fn every_command_was_handled_once(world: &World, entries: &[StoredEntry]) {
    let mut handled: BTreeMap<String, usize> = BTreeMap::new();
    for stored in entries {
        let entry = Decoded::parse(&stored.body).unwrap().entry;
        let ends = matches!(
            entry.kind.known(),
            Some(Kind::RequestOpened | Kind::RequestRefused | Kind::VoteRecorded | Kind::VoteRefused)
        );
        if let (true, Some(delivery)) = (ends, &entry.source.delivery) {
            *handled.entry(delivery.as_str().to_owned()).or_default() += 1;
        }
    }
    for command in world.commands() {
        assert_eq!(handled.get(&command), Some(&1), "delivery {command}");
    }
}

fn every_intent_has_one_outcome(entries: &[StoredEntry]) {
    let mut outcomes: BTreeMap<u64, usize> = BTreeMap::new();
    for stored in entries {
        if let Some(intent) = Decoded::parse(&stored.body).unwrap().entry.intent {
            *outcomes.entry(intent).or_default() += 1;
        }
    }
    assert!(outcomes.values().all(|count| *count == 1), "{outcomes:?}");
}

fn nothing_was_said_twice(world: &World) {
    world.fake.with_state(|state| {
        let repo = state.repo(SHOP).unwrap();
        let mut comments: BTreeMap<i64, usize> = BTreeMap::new();
        for comment in repo.comments.values().filter(|comment| comment.app.is_some()) {
            *comments.entry(comment.number).or_default() += 1;
        }
        assert!(comments.values().all(|count| *count == 1), "status comments by pull request: {comments:?}");
        let mut checks: BTreeMap<&str, usize> = BTreeMap::new();
        for check in repo.checks.values().filter(|check| check.name.starts_with("countersign/")) {
            *checks.entry(&check.external_id).or_default() += 1;
        }
        assert!(checks.values().all(|count| *count == 1), "check runs by promotion: {checks:?}");
    });
}

/// Each deployment says which entry it was made under.
fn what_github_was_told_stands_there(world: &World, entries: &[StoredEntry]) {
    world.fake.with_state(|state| {
        let deployments = state.repos.values().flat_map(|repo| repo.deployments.values());
        for deployment in deployments.filter(|deployment| deployment.app.is_some()) {
            let index = usize::try_from(deployment.payload["log_index"].as_u64().unwrap()).unwrap();
            let entry = entries.get(index).unwrap_or_else(|| panic!("entry {index} was lost"));
            let told = deployment.payload["leaf_hash"].as_str().unwrap();
            assert_eq!(leaf_hash(&entry.body).to_string(), told, "entry {index} is another one now");
        }
    });
}

fn what_was_served_is_a_beginning(entries: &[StoredEntry], key: &LogKey, served: &[String]) {
    let mut tree = Frontier::new();
    let mut roots = vec![tree.root()];
    for entry in entries {
        tree.push(leaf_hash(&entry.body));
        roots.push(tree.root());
    }
    for note in served {
        let checkpoint = Checkpoint::open(note, &key.verifier()).unwrap();
        let size = usize::try_from(checkpoint.size).unwrap();
        assert!(size < roots.len(), "the log was {size} entries long and is {} now", entries.len());
        assert_eq!(checkpoint.root, roots[size], "the first {size} entries are others now");
    }
}
