//! A log that a newer version wrote is read by this one as far as it knows it, and is not called tampered: kinds, roles,
//! outcomes and fields that it does not know are hashed, ordered, timed and signed like all others.

use std::fmt::Write as _;
use std::path::Path;

use countersign::audit::tile::bundle;
use countersign::audit::{Checkpoint, Decoded, Disclosure, Frontier, Kind, LogKey, Source, leaf_hash};
use countersign::db::{NewEntry, ReadOnly, tile};
use countersign::ids::UserId;
use countersign::trail::reconcile::Report as Reconciled;
use countersign::trail::replay::{Report, replay};
use serde_json::{Value, json};

use crate::export::{NOW, copy, countersign, said};
use crate::harness::database::{by_hand, key};
use crate::harness::{SHOP, Scenario};
use crate::reconcile::reconciled;
use crate::scenario;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// An entry as a newer version may write it; `more` begins with a comma.
fn entry(seq: u64, kind: &str, more: &str) -> Vec<u8> {
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"log","digest":{{"sha256":"{EMPTY}"}}}}],"predicateType":"https://countersign.dev/deployment-event/v1","predicate":{{"seq":{seq},"kind":"{kind}","observedAt":"2026-12-01T09:00:00Z","source":{{"event":"operator"}}{more}}}}}"#
    )
    .into_bytes()
}

fn tree(entries: &[Vec<u8>]) -> Frontier {
    let mut tree = Frontier::new();
    for entry in entries {
        tree.push(leaf_hash(entry));
    }
    tree
}

fn note(entries: &[Vec<u8>], signer: &LogKey) -> String {
    let tree = tree(entries);
    let origin = key().name().as_str().parse().unwrap();
    Checkpoint { origin, size: tree.size(), root: tree.root() }.sign(signer).unwrap()
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The export of a log of these entries.
fn log(entries: &[Vec<u8>], signer: &LogKey) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let leaves: Vec<u8> = entries.iter().flat_map(|entry| *leaf_hash(entry).as_bytes()).collect();
    put(folder.path(), &format!("tile/0/000.p/{}", entries.len()), &leaves);
    put(folder.path(), &format!("tile/entries/000.p/{}", entries.len()), &bundle(entries).unwrap());
    put(folder.path(), "checkpoint", note(entries, signer).as_bytes());
    put(folder.path(), "key", format!("{}\n", key().verifier()).as_bytes());
    folder
}

fn verify(folder: &Path, more: &[&str], code: i32) -> String {
    let vkey = key().verifier().to_string();
    let place = ["audit", "verify", folder.to_str().unwrap(), "--key", &vkey];
    said(&countersign(&[&place, more].concat()), code)
}

fn verify_json(folder: &Path, more: &[&str], code: i32) -> Value {
    serde_json::from_str(&verify(folder, &[more, &["--json"]].concat(), code)).unwrap()
}

#[test]
fn the_recipe_of_a_known_kind_an_unknown_field_and_an_unknown_kind() {
    for (kind, more, unknown) in
        [("heartbeat", "", 0), ("heartbeat", r#","lock":"abc""#, 0), ("environment.locked", "", 1)]
    {
        let log = log(&[entry(0, kind, more)], &key());
        let text = verify(log.path(), &[], 0);
        let json = verify_json(log.path(), &[], 0);
        assert_eq!((&json["result"], &json["unknown_entries"]), (&json!("verified"), &json!(unknown)));
        if unknown == 0 {
            assert!(text.starts_with("VERIFIED: 1 entries"), "{text}");
            assert_eq!(verify(log.path(), &["--strict"], 0), text);
            continue;
        }
        assert!(
            text.starts_with("VERIFIED, 1 entries of kinds that this version does not know: 1 entries"),
            "{text}"
        );
        assert!(text.contains("environment.locked 1 (upgrade to check their rules)"), "{text}");
        assert_eq!(json["unknown_kinds"], json!({ "environment.locked": 1 }));
        assert!(verify(log.path(), &["--strict"], 2).starts_with("STRICT: not every kind is known"));
        assert_eq!(verify_json(log.path(), &["--strict"], 2)["result"], "unknown_kinds");
    }
}

/// Four entries with everything that a newer version may add, and what their commitments stand for.
fn everything() -> (Vec<Vec<u8>>, Vec<(u64, Disclosure)>) {
    let person =
        |salt: u8, login: &str| Disclosure::new([salt; 16], "actor", &json!({ "id": salt, "login": login }));
    let (dave, erin) = (person(1, "dave"), person(2, "erin"));
    let page = Disclosure::new([3; 16], "page", &json!({ "id": 3, "login": "frank" }));
    let actor = |role: &str, who: &Disclosure| {
        format!(
            r#","repoId":7,"promotion":1,"actors":[{{"role":"{role}","commitment":"{}"}}]"#,
            who.commitment()
        )
    };
    let paged = format!(r#","page":{{"to":["{}"]}},"intent":["none"]"#, page.commitment());
    let postponed = r#","outcome":{"result":"postponed","code":"frozen"},"effect":"create_deployment""#;
    let entries = vec![
        entry(0, "environment.locked", &(actor("onCall", &dave) + &paged)),
        entry(1, "request.opened", &actor("onCall", &erin)),
        entry(2, "promotion.failed", postponed),
        entry(3, "heartbeat", ""),
    ];
    (entries, vec![(0, dave), (0, page), (1, erin)])
}

/// As an export writes them.
fn disclosed(mut disclosures: Vec<(u64, Disclosure)>) -> String {
    disclosures.sort_by_key(|(index, disclosure)| (*index, disclosure.commitment()));
    disclosures.iter().fold(String::new(), |mut text, (index, disclosure)| {
        writeln!(text, r#"{{"index":{index},"disclosure":"{}"}}"#, disclosure.as_str()).unwrap();
        text
    })
}

#[test]
fn unknown_kinds_roles_and_outcomes_keep_their_disclosures_and_are_told() {
    let (entries, disclosures) = everything();
    let log = log(&entries, &key());
    put(log.path(), "disclosures.jsonl", disclosed(disclosures.clone()).as_bytes());
    let text = verify(log.path(), &[], 0);
    assert!(text.contains("3 disclosures are those that the entries commit to"), "{text}");
    let told = said(&countersign(&["audit", "show", log.path().to_str().unwrap()]), 0);
    for words in [
        "something of the kind environment.locked, which this version does not know, onCall dave, and what this \
         version cannot read: intent\n",
        "somebody asked for a promotion, onCall erin\n",
        "the deployment failed: create deployment, postponed (frozen)\n",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
    for index in 0..disclosures.len() {
        let mut other = disclosures.clone();
        other[index].1 = Disclosure::new([9; 16], "actor", &json!({ "id": 9, "login": "mallory" }));
        put(log.path(), "disclosures.jsonl", disclosed(other).as_bytes());
        assert!(verify(log.path(), &[], 1).starts_with("TAMPERED at entry"), "{index}");
    }
    put(log.path(), "disclosures.jsonl", b"");
    verify(log.path(), &[], 0);
    let told = said(&countersign(&["audit", "show", log.path().to_str().unwrap()]), 0);
    assert!(told.contains("onCall redacted"), "{told}");
}

#[test]
fn a_kind_that_may_carry_rules_is_neither_tampering_nor_verified() {
    for kind in ["key.revoked", "effect.retried", "log.sealed"] {
        let log = log(&[entry(0, "heartbeat", ""), entry(1, kind, ""), entry(2, "heartbeat", "")], &key());
        for more in [[].as_slice(), &["--strict"]] {
            let text = verify(log.path(), more, 2);
            assert!(
                text.starts_with(&format!("UNCHECKED: this version lacks the check of {kind} (entry 1).")),
                "{text}"
            );
            assert!(!text.contains("VERIFIED") && !text.contains("TAMPERED"), "{text}");
            let json = verify_json(log.path(), more, 2);
            assert_eq!((&json["result"], &json["vouched"]), (&json!("unchecked"), &json!(3)), "{json}");
            assert_eq!(json["lacks_checks"], json!([{ "kind": kind, "index": 1 }]));
        }
    }
}

#[test]
fn whoever_signs_after_an_unknown_change_of_keys_is_not_known_and_before_it_nobody_is_excused() {
    let other = LogKey::from_seed(key().name().clone(), [9; 32]);
    let entries = |kind| [entry(0, "heartbeat", ""), entry(1, kind, ""), entry(2, "heartbeat", "")];
    let log_of = |kind| {
        let entries = entries(kind);
        let folder = log(&entries, &other);
        put(folder.path(), "checkpoints/2", note(&entries[..2], &key()).as_bytes());
        folder
    };
    let text = verify(log_of("key.revoked").path(), &[], 2);
    assert!(text.contains("lacks the check of key.revoked (entry 1)"), "{text}");
    assert!(text.contains("NOT SIGNED BY A KNOWN KEY: only the first 2 of 3 entries"), "{text}");
    assert!(!text.contains("VERIFIED"), "{text}");
    for harmless in ["heartbeat", "environment.locked", "effect.retried", "log.sealed"] {
        assert!(verify(log_of(harmless).path(), &[], 1).starts_with("TAMPERED"), "{harmless}");
    }
    let early = log_of("key.revoked");
    put(early.path(), "checkpoints/1", note(&entries("key.revoked")[..1], &other).as_bytes());
    put(early.path(), "checkpoints/2", note(&entries("key.revoked")[..2], &other).as_bytes());
    assert!(verify(early.path(), &[], 1).starts_with("TAMPERED"), "the trusted key signed nothing of it");
}

#[test]
fn an_outcome_of_what_an_unknown_effect_intended_is_not_held_against_the_log() {
    let outcome = r#","intent":1,"idempotencyKey":"cs_1","outcome":{"result":"succeeded"}"#;
    let log_of = |kind| {
        log(&[entry(0, "heartbeat", ""), entry(1, kind, ""), entry(2, "effect.result", outcome)], &key())
    };
    assert!(
        verify(log_of("effect.planned").path(), &[], 2)
            .contains("lacks the check of effect.planned (entry 1)")
    );
    assert!(verify(log_of("environment.locked").path(), &[], 1).starts_with("TAMPERED at entry 2"));
}

#[test]
fn a_byte_of_a_kinds_name_is_noticed_whatever_it_becomes() {
    for kind in ["environment.locked", "key.revoked", "heartbeat", "effect.planned"] {
        let log = log(&[entry(0, "heartbeat", ""), entry(1, kind, ""), entry(2, "heartbeat", "")], &key());
        let own = tempfile::tempdir().unwrap();
        copy(log.path(), own.path());
        let place = own.path().join("tile/entries/000.p/3");
        let bytes = std::fs::read(&place).unwrap();
        let name = bytes.windows(kind.len()).rposition(|window| window == kind.as_bytes()).unwrap();
        for byte in name..name + kind.len() {
            let mut changed = bytes.clone();
            changed[byte] ^= 0x01;
            std::fs::write(&place, &changed).unwrap();
            assert!(verify(own.path(), &[], 1).starts_with("TAMPERED at entry"), "{kind} {byte}");
        }
        // Whoever changes the hashes too, and cannot sign.
        let mut changed = entry(1, kind, "");
        let name = changed.windows(kind.len()).position(|window| window == kind.as_bytes()).unwrap();
        changed[name] ^= 0x01;
        let rewritten = self::log(&[entry(0, "heartbeat", ""), changed, entry(2, "heartbeat", "")], &key());
        put(rewritten.path(), "checkpoint", &std::fs::read(log.path().join("checkpoint")).unwrap());
        assert!(verify(rewritten.path(), &[], 1).starts_with("TAMPERED"), "{kind}");
    }
}

/// What a newer replica appends to a database: predicates without their number and time.
async fn appended_by_tomorrow(s: &Scenario, predicates: &[Value]) -> u64 {
    let db = ReadOnly::open(&s.database).await.unwrap();
    let mut conn = db.moment().await.unwrap();
    let stored = tile::entries_from(&mut conn, 0, 0, 100_000).await.unwrap();
    drop(conn);
    db.close().await;
    let mut bodies: Vec<Vec<u8>> = stored.into_iter().map(|entry| entry.body).collect();
    let (first, last) =
        (bodies.len() as u64, Decoded::parse(bodies.last().unwrap()).unwrap().entry.observed_at);
    let literal = |bytes: &[u8]| {
        let digits = hex::encode(bytes);
        if s.database.starts_with("sqlite:") { format!("x'{digits}'") } else { format!("'\\x{digits}'") }
    };
    let number = |value: &Value| value.as_i64().map_or("NULL".to_owned(), |number| number.to_string());
    let mut sql = String::new();
    for predicate in predicates {
        let mut predicate = predicate.clone();
        predicate["seq"] = bodies.len().into();
        predicate["observedAt"] = last.to_string().into();
        let commit = predicate.as_object_mut().unwrap().remove("commit");
        let digest = commit.map_or(json!({ "sha256": EMPTY }), |commit| json!({ "gitCommit": commit }));
        let body = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "log", "digest": digest }],
            "predicateType": "https://countersign.dev/deployment-event/v1",
            "predicate": predicate,
        });
        let body = serde_json::to_vec(&body).unwrap();
        let (leaf, kind) = (leaf_hash(&body), predicate["kind"].as_str().unwrap());
        let (repo, promotion) = (number(&predicate["repoId"]), number(&predicate["promotion"]));
        let (index, leaf, bytes) = (bodies.len(), literal(leaf.as_bytes()), literal(&body));
        write!(sql, "INSERT INTO entry (log, idx, leaf_hash, body, kind, repo, promotion) VALUES (0, {index}, {leaf}, {bytes}, '{kind}', {repo}, {promotion});").unwrap();
        bodies.push(body);
    }
    let tree = tree(&bodies);
    let (size, root, frontier) = (tree.size(), literal(tree.root().as_bytes()), literal(&tree.to_bytes()));
    let (note, at) = (note(&bodies, &key()), last.0);
    write!(sql, "INSERT INTO checkpoint (log, size, root, note, frontier, at) VALUES (0, {size}, {root}, '{note}', {frontier}, {at});").unwrap();
    by_hand(&s.database, &sql).await.unwrap();
    first
}

/// The predicate of the newest entry of this kind, as JSON, with the commit it is about.
async fn predicate_of(s: &Scenario, kind: &str) -> Value {
    let mut conn = s.app.db.read().await.unwrap();
    let stored = tile::entries_from(&mut conn, 0, 0, 100_000).await.unwrap();
    let bodies = stored.iter().rev().map(|entry| serde_json::from_slice::<Value>(&entry.body).unwrap());
    let found = bodies.into_iter().find(|body| body["predicate"]["kind"] == kind).unwrap();
    let mut predicate = found["predicate"].clone();
    predicate["commit"] = found["subject"][0]["digest"]["gitCommit"].clone();
    predicate
}

async fn replayed(s: &Scenario) -> Report {
    replay(&mut s.app.db.read().await.unwrap()).await.unwrap()
}

async fn beats(s: &Scenario) {
    let beat = NewEntry::new(Kind::Heartbeat, NOW, Source::internal("test"));
    s.app.db.write(move |tx| Box::pin(async move { tx.append(beat).await })).await.unwrap();
}

scenario!(a_newer_replica_stops_neither_the_self_audit_nor_the_anchors_nor_the_log, s => {
    s.staged().await;
    let overridden = json!({ "kind": "decision.overridden", "source": {"event": "operator"}, "environment": "production", "evaluation": 7 });
    let sealed = json!({ "kind": "log.sealed", "source": {"event": "operator"}, "by": ["nobody"] });
    let revoked = json!({ "kind": "key.revoked", "source": {"event": "operator"}, "newKey": 7 });
    let first = appended_by_tomorrow(s, &[overridden, sealed, revoked]).await;
    s.workers.audit_log().await.unwrap();
    beats(s).await;
    s.restart().await;
    beats(s).await;
    let anchors = s.anchors().await;
    anchors.round().await.unwrap();
    assert_eq!(s.anchored_checkpoint().size, s.size().await);
    assert!(s.anchored_file(&format!("proof/{first}.tlog-proof")).is_some(), "a decision of tomorrow is proven, too");
    let vkey = key().verifier().to_string();
    let text = said(&countersign(&["audit", "verify", "--database", &s.database, "--key", &vkey]), 2);
    assert!(text.contains("lacks the check of key.revoked") && text.contains("log.sealed"), "{text}");
    s.expected.unreplayable = true;
});

scenario!(decisions_of_tomorrow_are_taken_again_or_said_not_to_be, s => {
    s.asked_for_production("alice").await;
    let before = replayed(s).await;
    let mut readable = predicate_of(s, "decision.waiting").await;
    readable["kind"] = json!("decision.postponed");
    let mut other_ruling = readable.clone();
    other_ruling["evaluation"]["decision"] = json!("defer");
    let mut unreadable = readable.clone();
    unreadable["evaluation"] = json!(["in", "parts"]);
    let mut differs = readable.clone();
    differs["evaluation"]["decision"] = json!("allow");
    let first = appended_by_tomorrow(s, &[readable, other_ruling, unreadable]).await;
    let report = replayed(s).await;
    assert_eq!((report.decisions, report.same), (before.decisions + 3, before.same + 1), "{report:#?}");
    assert_eq!((report.different.len(), report.missing.len()), (0, 0), "{report:#?}");
    let unchecked: Vec<u64> = report.unchecked.iter().map(|one| one.index).collect();
    assert_eq!(unchecked, [first + 1, first + 2], "{report:#?}");
    let text = said(&countersign(&["audit", "replay", "--database", &s.database]), 2);
    assert!(text.contains(&format!("UNCHECKED at entry {}: this version cannot check it", first + 1)), "{text}");
    assert!(text.contains("2 cannot be checked by this version"), "{text}");

    appended_by_tomorrow(s, &[differs]).await;
    let report = replayed(s).await;
    assert_eq!(report.different.len(), 1, "what it can read has to come out: {report:#?}");
    s.expected.unreplayable = true;
});

scenario!(a_deployment_that_an_entry_of_tomorrow_may_have_allowed_is_not_accused, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    let mut intent = predicate_of(s, "effect.intended").await;
    let outcome = json!({
        "kind": "effect.result", "source": {"event": "timer"}, "idempotencyKey": "cs_later",
        "outcome": { "result": "succeeded" },
    });
    intent["effect"] = json!("create_deployment");
    intent["promotion"] = json!(77);
    intent["idempotencyKey"] = json!("cs_later");
    let mut granted = json!({ "kind": "emergency.granted", "source": {"event": "operator"}, "promotion": 77 });
    granted["repoId"] = intent["repoId"].clone();
    let mut of = outcome.clone();
    of["intent"] = json!(s.size().await + 1);
    let first = appended_by_tomorrow(s, &[granted, intent.clone(), of]).await;
    let report = replayed(s).await;
    assert!(report.different.is_empty(), "{report:#?}");
    assert_eq!(report.unchecked.iter().map(|one| one.index).collect::<Vec<_>>(), [first + 1], "{report:#?}");

    intent["promotion"] = json!(78);
    let mut of = outcome;
    of["intent"] = json!(s.size().await);
    appended_by_tomorrow(s, &[intent, of]).await;
    let report = replayed(s).await;
    assert_eq!(report.different.len(), 1, "nothing says so of another one: {report:#?}");
    s.expected.unreplayable = true;
});

scenario!(a_deployment_that_an_entry_of_tomorrow_tells_of_is_no_finding, s => {
    s.staged().await;
    let head = s.head();
    let (repo, bob) = s.fake.with_state(|state| {
        let bob = state.users.values().find(|user| user.login == "bob").unwrap().id;
        (state.repo(SHOP).unwrap().id, countersign::github::fake::acts::Who { user: bob, app: None })
    });
    let body = json!({ "ref": head, "environment": "production", "required_contexts": [] });
    let made = s.fake.change(|state| state.create_deployment(repo, bob, &body)).unwrap();
    s.settle().await;
    let found = |report: &Reconciled| (report.findings.len(), report.unread.len());
    assert_eq!(found(&reconciled(s).await), (1, 0), "nothing tells of it");
    let told = json!({ "kind": "deployment.adopted", "source": {"event": "operator"}, "repoId": repo, "deploymentId": made });
    appended_by_tomorrow(s, &[told]).await;
    let report = reconciled(s).await;
    assert_eq!(found(&report), (0, 1), "{report:#?}");
    assert!(report.unread[0].contains("whose kind this version does not know"), "{report:#?}");
});

scenario!(a_person_is_erased_from_what_tomorrow_disclosed, s => {
    s.staged().await;
    let claim = |salt: u8, name: &str, value: &Value| Disclosure::new([salt; 16], name, value);
    let paged = claim(1, "paged", &json!({ "id": 4711, "login": "dave" }));
    let other = claim(2, "paged", &json!({ "id": 4712, "login": "erin" }));
    let words = claim(3, "note", &json!("called at night"));
    let commitments = [&paged, &other, &words].map(Disclosure::commitment);
    let first = appended_by_tomorrow(s, &[json!({
        "kind": "page.sent", "source": {"event": "timer"}, "to": &commitments[..2], "note": commitments[2],
        "actors": [{ "role": "onCall", "commitment": commitments[0] }],
    })]).await;
    for (disclosure, name) in [(&paged, "paged"), (&other, "paged"), (&words, "note")] {
        let (commitment, text) = (disclosure.commitment(), disclosure.as_str());
        let sql = format!("INSERT INTO disclosure (log, idx, commitment, name, text) VALUES (0, {first}, '{commitment}', '{name}', '{text}')");
        by_hand(&s.database, &sql).await.unwrap();
    }
    let erasure = s.app.db.redact(UserId(4711), "request 1".to_owned(), s.clock.now()).await.unwrap();
    assert_eq!(erasure.erased.disclosures, 2, "the person, and what was said where they took part");
    let mut conn = s.app.db.read().await.unwrap();
    let left = tile::disclosures_of(&mut conn, 0, first..first + 1).await.unwrap();
    assert_eq!(left.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), [other.as_str()], "others stay");
    drop(conn);
    let report = replayed(s).await;
    assert!(report.different.is_empty() && report.missing.is_empty(), "{report:#?}");
    let vkey = key().verifier().to_string();
    let text = said(&countersign(&["audit", "verify", "--database", &s.database, "--key", &vkey]), 0);
    assert!(text.contains("page.sent 1 (upgrade to check their rules)"), "{text}");
});
