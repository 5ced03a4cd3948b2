//! Every decision is taken again from what was kept with it. That every story's decisions come out the same
//! is looked at when a scenario ends.

use countersign::audit::{Decoded, Digest, Kind, Source};
use countersign::clock::Timestamp;
use countersign::db::{NewEntry, evidence, policy_text, tile};
use countersign::trail::replay::{Difference, Evidence, Report, replay};

use crate::harness::Scenario;
use crate::harness::acts::change;
use crate::harness::database::by_hand;
use crate::scenario;

async fn replayed(s: &Scenario) -> Report {
    replay(&mut s.app.db.read().await.unwrap()).await.unwrap()
}

async fn sql(s: &mut Scenario, sql: &str) -> Report {
    by_hand(&s.database, sql).await.unwrap();
    s.expected.unreplayable = true;
    replayed(s).await
}

async fn promoted(s: &mut Scenario) -> Report {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    let report = replayed(s).await;
    assert!(report.decisions >= 3 && report.same == report.decisions, "{report:#?}");
    report
}

scenario!(decisions_of_every_kind_come_out_again, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/reject --reason \"not today\"").await;
    s.comment("alice", "/promote production").await;
    s.push("alice", &change("Something else")).await;
    let report = replayed(s).await;
    let trail = s.trail().await;
    for kind in ["allowed", "waiting", "rejected", "superseded"] {
        assert!(trail.iter().any(|line| line.contains(&format!("decision.{kind}"))), "{kind} in {trail:#?}");
    }
    assert_eq!((report.same, report.redacted), (report.decisions, 0), "{report:#?}");
});

scenario!(other_facts_are_noticed, s => {
    let decisions = promoted(s).await.decisions;
    let report = sql(s, "UPDATE evidence SET body = (SELECT body FROM evidence ORDER BY digest LIMIT 1)").await;
    assert_eq!(report.different.len() as u64, decisions - 1, "all but the one whose facts these are: {report:#?}");
    assert!(report.different.iter().all(|one| one.why.contains("do not have the hash")), "{report:#?}");
});

scenario!(another_policy_is_noticed, s => {
    let decisions = promoted(s).await.decisions;
    let report = sql(s, "UPDATE policy_text SET body = evidence.body FROM evidence").await;
    assert_eq!(report.different.len() as u64, decisions, "{report:#?}");
    assert!(report.different.iter().all(|one| one.why.contains("has another hash")), "{report:#?}");
    let report = sql(s, "DELETE FROM policy_text").await;
    assert_eq!((report.missing.len() as u64, report.different.len()), (decisions, 0), "{report:#?}");
});

scenario!(facts_that_nobody_erased_are_missing, s => {
    let decisions = promoted(s).await.decisions;
    let report = sql(s, "DELETE FROM evidence").await;
    assert_eq!((report.missing.len() as u64, report.redacted), (decisions, 0), "{report:#?}");
    assert!(report.missing[0].what.contains("0 were erased"), "{report:#?}");
});

scenario!(disclosures_that_nobody_erased_are_missing, s => {
    promoted(s).await;
    let changed = "UPDATE disclosure SET text = 'e30' WHERE idx = (SELECT MIN(idx) FROM disclosure)";
    let report = sql(s, changed).await;
    assert_eq!((report.missing.len(), report.different.len()), (1, 0), "{report:#?}");
    assert!(report.missing[0].what.contains("and 0 were erased"), "{report:#?}");
    let report = sql(s, "DELETE FROM disclosure").await;
    assert!(report.missing.len() > 3 && report.different.is_empty(), "{report:#?}");
});

scenario!(an_entry_that_allows_without_facts_is_noticed, s => {
    let decisions = promoted(s).await.decisions;
    s.app
        .db
        .write(|tx| {
            Box::pin(async move {
                let now = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
                tx.append(NewEntry::new(Kind::DecisionAllowed, now, Source::internal("test"))).await
            })
        })
        .await
        .unwrap();
    s.expected.unreplayable = true;
    let report = replayed(s).await;
    assert_eq!((report.decisions, report.same, report.different.len()), (decisions + 1, decisions, 1));
    assert!(report.different[0].why.contains("from which facts"), "{report:#?}");
});

scenario!(a_deployment_that_no_entry_allows_is_noticed, s => {
    let same = promoted(s).await.same;
    s.expected.unfinished = true;
    s.expected.unreplayable = true;
    s.app
        .db
        .write(|tx| {
            Box::pin(async move {
                let now = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
                let intent = NewEntry::new(Kind::EffectIntended, now, Source::internal("test"));
                tx.append_intent(intent.effect("create_deployment"), "p9/deployment").await
            })
        })
        .await
        .unwrap();
    let report = replayed(s).await;
    assert_eq!((report.same, report.different.len()), (same, 1), "{report:#?}");
    assert!(report.different[0].why.contains("no entry before it allows"), "{report:#?}");
});

scenario!(an_entry_that_cannot_be_read_is_not_passed_over, s => {
    promoted(s).await;
    let report = sql(
        s,
        "INSERT INTO entry (log, idx, leaf_hash, body, kind) SELECT 7, 0, leaf_hash, leaf_hash, kind FROM entry WHERE idx = 0",
    )
    .await;
    assert!(report.missing.iter().any(|one| one.index == 0 && one.what.contains("cannot be read")), "{report:#?}");
});

scenario!(facts_of_another_moment_are_noticed, s => {
    promoted(s).await;
    let mut conn = s.app.db.read().await.unwrap();
    let mut entries = tile::entries_from(&mut conn, 0, 0, 1000).await.unwrap().into_iter();
    let mut entry = entries
        .find_map(|stored| Decoded::parse(&stored.body).ok().filter(|found| found.entry.evaluation.is_some()))
        .unwrap()
        .entry;
    let facts = entry.evaluation.as_ref().unwrap().facts;
    let bytes = evidence::unpack(&evidence::find(&mut conn, &facts).await.unwrap().unwrap()).unwrap();
    let evidence = Evidence::parse(&bytes, facts).unwrap();
    let blob = evidence.policy().unwrap();
    let policy = policy_text::find(&mut conn, blob).await.unwrap().unwrap();
    assert_eq!(evidence.replay(&entry, blob, &policy), Ok(()));
    for (milliseconds, why) in [(-1, "before it was decided"), (11 * 60_000, "long after")] {
        let written = entry.observed_at;
        entry.observed_at.0 += milliseconds;
        let other = evidence.replay(&entry, blob, &policy);
        assert!(matches!(other, Err(Difference::OtherMoment { .. })), "{why}: {other:?}");
        entry.observed_at = written;
    }
});

#[test]
fn decisions_by_later_rules_are_not_called_different() {
    for (rules, later) in [(99, true), (0, false)] {
        let bytes =
            format!("{{\"at\":\"2030-01-01T00:00:00Z\",\"facts\":{{\"rules\":{rules},\"unheard\":1}}}}");
        let read = Evidence::parse(bytes.as_bytes(), Digest::of(bytes.as_bytes()));
        assert_eq!(matches!(read, Err(Difference::LaterRules(_))), later, "{rules}: {read:?}");
        assert!(read.is_err(), "{rules}");
    }
}
