//! Facts that were stored are read for ever: a field may come, with a default, and none may go or mean another.

use std::collections::BTreeSet;

use serde_json::Value;

use super::world::*;
use crate::clock::Timestamp;
use crate::ids::{RefName, RunId};
use crate::policy::Rules;
use crate::policy::facts::{Choice, Facts, Origin, Part, TargetKind};
use crate::report::{
    Coverage, CoverageFact, Named, Novelties, ReportFact, Severity, SignatureFact, State, Tally, TestTotals,
    Tool, UnfinishedRun,
};

/// What 0.1.0 stored, with every field that it had.
const OF_RULES_1: &str = include_str!("../../../tests/fixtures/facts/1.json");

/// Today's facts with every field there is: what no list here names does not compile or is seen to be missing.
fn complete() -> Facts {
    let mut facts = facts();
    let tag: RefName = "v1.0.0".parse().unwrap();
    facts.tuple.target = TargetKind::Tag(tag.clone());
    facts.origin = Origin { tag: Some((tag, Some(facts.tuple.commit.clone()))), ..facts.origin };
    facts.workflows.values_mut().for_each(|run| run.url = Some("https://github.example/runs/1".to_owned()));
    facts.live.values_mut().flatten().for_each(|span| span.until = Some(NOW));
    facts.contributors =
        [Part::PullRequestAuthor, Part::Author, Part::Committer, Part::CoAuthor, Part::Pusher]
            .map(|part| {
                let mut contributor = contributor(Some(4), "dave", part);
                contributor.login = Some("dave".parse().unwrap());
                contributor.email = Some("dave@acme.example".to_owned());
                contributor
            })
            .into();
    facts.votes.push(vote(sre(5, "erin"), Choice::Reject));
    facts.busy = Some(promotion(40));
    facts.scans = Some(tally());
    facts
}

fn tally() -> Tally {
    let why = || "it says why".to_owned();
    let states = [
        State::Ok,
        State::Partial { why: why() },
        State::ScanFailed { why: why() },
        State::Unreadable { why: why() },
        State::Missing,
    ];
    let verified = SignatureFact::Verified { by: "a key".to_owned(), subjects: vec!["sha256:ab".to_owned()] };
    let signatures = [
        SignatureFact::None,
        SignatureFact::Unverified,
        verified,
        SignatureFact::Failed { why: why() },
        SignatureFact::None,
    ];
    let reports = states.into_iter().zip(signatures).map(|(state, signature)| ReportFact {
        tool: Tool { name: "trivy".into(), version: Some("0.1".into()) },
        format: "trivy".into(),
        target: Some("shop:1".into()),
        state,
        end_of_life: Some("alpine 3.9".into()),
        looked_at_nothing: true,
        sha256: "ab".repeat(32),
        fork: false,
        answers_to: vec!["trivy".to_owned()],
        id: Some("report-0123456789ab".to_owned()),
        waived_until: Some("2026-12-31".parse().unwrap()),
        platform: Some("linux/amd64".to_owned()),
        signature,
    });
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    let worst = all.map(|severity| Named {
        id: "f1".to_owned(),
        severity,
        new: true,
        place: "lodash 4.17.20".to_owned(),
        tools: vec!["trivy".into()],
        known_exploited: true,
        fixed_in: Some("4.17.21".to_owned()),
    });
    let coverage = Coverage {
        lines_covered: 80,
        lines_valid: 100,
        branches_covered: Some(8),
        branches_valid: Some(10),
        files: 3,
    };
    Tally {
        of_forks: reports.clone().take(1).collect(),
        reports: reports.collect(),
        open: all.map(|severity| (severity, Novelties { new: 1, existing: 2, unknown: 3 })).into(),
        known_exploited: 1,
        worst: worst.into(),
        tests: Some(TestTotals { cases: 4, passed: 1, failed: 1, errored: 1, skipped: 1 }),
        coverage: Some(CoverageFact { now: coverage.clone(), before: Some(coverage) }),
        platforms: vec!["linux/amd64".to_owned()],
        other_subjects: vec!["sbom.json".to_owned()],
        expired_waivers: vec!["f2".to_owned()],
        pending: 1,
        unfinished: vec![UnfinishedRun {
            workflow: "image-scan.yml".to_owned(),
            run: RunId(7),
            since: Timestamp(1),
            for_seconds: 90,
        }],
    }
}

/// The way to every member: by the names of members, with `[]` for each place in a list.
fn members(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, way: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let way = format!("{way}/{name}");
                    walk(value, &way, found);
                    found.insert(way);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, &format!("{way}/[]"), found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(value, "", &mut found);
    found
}

/// Takes the member out wherever this way leads.
fn without(value: &mut Value, way: &str) {
    let (name, rest) = way.split_once('/').map_or((way, None), |(name, rest)| (name, Some(rest)));
    match (value, rest) {
        (Value::Array(values), Some(rest)) => values.iter_mut().for_each(|value| without(value, rest)),
        (Value::Object(members), Some(rest)) => {
            members.get_mut(name).into_iter().for_each(|value| without(value, rest));
        }
        (Value::Object(members), None) => drop(members.remove(name)),
        (_, _) => {}
    }
}

#[test]
fn what_0_1_0_stored_is_read_and_nothing_of_it_is_lost() {
    let stored: Value = serde_json::from_str(OF_RULES_1).unwrap();
    let facts: Facts = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(facts.rules, Rules::One, "it names none");
    let again = serde_json::to_value(&facts).unwrap();
    let lost: Vec<String> = members(&stored).difference(&members(&again)).cloned().collect();
    assert_eq!(lost, Vec::<String>::new());
    let mut without_new = again.clone();
    for way in members(&again).difference(&members(&stored)) {
        without(&mut without_new, &way[1..]);
    }
    assert_eq!(without_new, stored, "and what it says is the same");
    for target in ["head", "sha"] {
        assert!(serde_json::from_value::<TargetKind>(target.into()).is_ok(), "{target}");
    }
}

#[test]
fn a_field_that_0_1_0_did_not_have_has_a_default() {
    let stored = members(&serde_json::from_str(OF_RULES_1).unwrap());
    let today = serde_json::to_value(complete()).unwrap();
    let new: Vec<String> = members(&today).difference(&stored).cloned().collect();
    assert!(
        new.contains(&"/rules".to_owned()) && new.contains(&"/contributors/[]/login".to_owned()),
        "{new:?}"
    );
    let is_new = |way: &str| new.iter().any(|known| known == way);
    // Where a new member comes with members of its own, its own default stands for them too.
    for way in new
        .iter()
        .filter(|way| !way.rsplit_once('/').is_some_and(|(above, _)| is_new(above.trim_end_matches("/[]"))))
    {
        let mut older = today.clone();
        without(&mut older, &way[1..]);
        assert_ne!(older, today, "{way} is found");
        let read = serde_json::from_value::<Facts>(older);
        assert!(
            read.is_ok(),
            "facts without {way} were stored, and must be read for ever: {}",
            read.unwrap_err()
        );
    }
    let missing: Vec<String> = stored.difference(&members(&today)).cloned().collect();
    assert_eq!(missing, Vec::<String>::new(), "complete() has what 0.1.0 had");
}
