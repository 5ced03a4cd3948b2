//! A log as it grows from many promotions, written as an export is.

use std::path::Path;

use countersign::audit::tile::bundle;
use countersign::audit::{
    ActorRef, ActorRole, Checkpoint, Digest, Disclosure, Entry, Evaluation, Frontier, Hash, Kind, LogKey,
    Outcome, OutcomeResult, Quorum, RequirementVerdict, Ruling, Source, TileLevel, TilePath, leaf_hash,
};
use countersign::clock::Timestamp;
use countersign::ids::{PromotionNumber, RepoId};

/// One promotion's entries, in their order; each intent has its outcome behind it.
const STORY: [Kind; 12] = [
    Kind::RequestOpened,
    Kind::EffectIntended,
    Kind::EffectResult,
    Kind::DecisionWaiting,
    Kind::VoteRecorded,
    Kind::DecisionAllowed,
    Kind::EffectIntended,
    Kind::EffectResult,
    Kind::EffectIntended,
    Kind::EffectResult,
    Kind::PromotionSucceeded,
    Kind::Heartbeat,
];

pub(crate) fn key() -> LogKey {
    LogKey::from_seed("countersign.example/acme".parse().unwrap(), [7; 32])
}

/// Writes the export of so many entries; gives how many bytes these have.
pub(crate) fn write(folder: &Path, entries: u64) -> u64 {
    let mut tree = Frontier::new();
    let mut levels: [Vec<u8>; 4] = Default::default();
    let mut bytes = 0;
    for path in TilePath::of_level(TileLevel::Entries, entries) {
        let first = path.first().unwrap();
        let bodies: Vec<Vec<u8>> = (first..first + u64::from(path.width)).map(entry).collect();
        for body in &bodies {
            let leaf = leaf_hash(body);
            bytes += body.len() as u64;
            add(&mut levels, 0, leaf);
            for node in tree.push(leaf).iter().filter(|node| node.level % 8 == 0) {
                add(&mut levels, node.level / 8, node.hash);
            }
        }
        put(folder, &path.to_string(), &bundle(bodies).unwrap());
    }
    for (level, hashes) in (0..).zip(&levels) {
        for (path, hashes) in TilePath::of_level(TileLevel::Hashes(level), entries).zip(hashes.chunks(8192)) {
            put(folder, &path.to_string(), hashes);
        }
    }
    let origin = key().name().as_str().parse().unwrap();
    let checkpoint = Checkpoint { origin, size: entries, root: tree.root() };
    put(folder, "checkpoint", checkpoint.sign(&key()).unwrap().as_bytes());
    put(folder, "key", format!("{}\n", key().verifier()).as_bytes());
    bytes
}

fn add(levels: &mut [Vec<u8>], level: u32, hash: Hash) {
    levels.get_mut(level as usize).unwrap().extend_from_slice(hash.as_bytes());
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn entry(seq: u64) -> Vec<u8> {
    let (promotion, step) = (seq / 12, usize::try_from(seq % 12).unwrap());
    let kind = *STORY.get(step).unwrap();
    let time = Timestamp(1_790_000_000_000 + i64::try_from(seq).unwrap() * 731);
    let source = Source {
        event: "issue_comment".to_owned(),
        delivery: Some("0b989ba4-242f-11e5-81e1-c7b6966d2516".parse().unwrap()),
        body_sha256: Some(Digest::of(&promotion.to_be_bytes())),
    };
    let mut entry = Entry::new(kind, time, source);
    if kind == Kind::Heartbeat {
        return entry.encode(seq).unwrap();
    }
    entry.repo = Some(RepoId(1_296_269));
    entry.promotion = Some(PromotionNumber(i64::try_from(promotion).unwrap() + 1));
    entry.environment = Some("production".parse().unwrap());
    entry.commit = Some("6dcb09b5b57875f334f61aebed695e2e4193db5e".parse().unwrap());
    entry.policy = Some("8d1c8b69c3fce7bea45c73efd06983e3c419a92f".parse().unwrap());
    match kind {
        Kind::EffectIntended | Kind::EffectResult => {
            entry.effect = Some("create_deployment".to_owned());
            let intent = if kind == Kind::EffectResult { seq - 1 } else { seq };
            entry.idempotency_key = Some(format!("cs_{promotion}_{intent:032x}"));
            if kind == Kind::EffectResult {
                entry.intent = Some(intent);
                entry.outcome = Some(Outcome { result: OutcomeResult::Succeeded, code: None });
            }
        }
        Kind::DecisionAllowed | Kind::DecisionWaiting => decided(&mut entry),
        _ => {
            let commitment = Disclosure::new([7; 16], "actor", &serde_json::json!(promotion)).commitment();
            entry.actors.push(ActorRef { role: ActorRole::Requester, commitment });
        }
    }
    entry.encode(seq).unwrap()
}

fn decided(entry: &mut Entry) {
    let verdict = |code: &str| RequirementVerdict { code: code.to_owned(), verdict: "holds".to_owned() };
    entry.evaluation = Some(Evaluation {
        facts: Digest::of(b"facts"),
        decision: Ruling::Allow,
        requirements: ["checks_succeeded", "approvals", "soaked"].map(verdict).to_vec(),
    });
    entry.quorum = Some(Quorum { required: 2, counted: 2 });
}
