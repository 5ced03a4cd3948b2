//! What is appended.

use std::sync::LazyLock;

use countersign::audit::{ActorRole, Kind, Source};
use countersign::clock::Timestamp;
use countersign::db::NewEntry;
use countersign::policy::facts::Facts;
use countersign::policy::{Decision, Outcome, WaitFor};
use countersign::requirement::Requirement;
use serde_json::json;

const NOW: Timestamp = Timestamp(1_795_252_500_000);

/// An entry that names nobody.
pub(crate) fn plain(_: u64) -> NewEntry {
    NewEntry::new(Kind::RequestRefused, NOW, Source::internal("bench")).refused("head_moved")
}

/// A decision about a promotion that one person asked for and another one approved.
pub(crate) fn decision(number: u64) -> NewEntry {
    let facts = &*FACTS;
    let at = Timestamp(NOW.0 + i64::try_from(number).unwrap());
    let decision =
        Decision { at, requirements: REQUIREMENTS.clone(), verdict: Outcome::Wait(WaitFor::Approvals) };
    let mut entry = NewEntry::new(Kind::DecisionWaiting, at, Source::internal("bench"))
        .about(&facts.tuple)
        .actor(ActorRole::Requester, &facts.tuple.requester);
    for vote in &facts.votes {
        entry = entry.actor(ActorRole::Approver, &vote.voter.actor);
    }
    entry.decided(facts, &decision)
}

static REQUIREMENTS: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
    serde_json::from_value(json!([
        { "title": "workflow ci.yml", "verdict": "holds", "code": "holds", "sentence": "It passed." },
        { "title": "check lint", "verdict": "holds", "code": "holds", "sentence": "It passed." },
        {
            "title": "approvals: 2 of team:acme/sre", "verdict": "pending", "code": "approvals_missing",
            "sentence": "One more approval is needed.", "votes": { "counted": 1, "required": 2 },
        },
    ]))
    .unwrap()
});

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let (commit, policy) = ("c3".repeat(20), "9f".repeat(20));
    let person = |id: i64, login: &str| json!({ "id": id, "login": login, "bot": false });
    serde_json::from_value(json!({
        "tuple": {
            "promotion": { "repo": 200, "number": 7 }, "environment": "production", "commit": commit,
            "policy": policy, "parameters": {}, "requester": person(1, "alice"), "subject": 12,
            "target": "head", "requested_at": NOW, "expires_at": NOW,
        },
        "policy_now": policy,
        "origin": {
            "pull": { "number": 12, "head": commit, "open": true, "merged": false, "fork": false },
            "on_default_branch": false, "tag": null,
        },
        "requester": { "actor": person(1, "alice"), "is": [] },
        "dispatch_ref": "topic",
        "workflows": { "ci.yml": { "run": 900, "attempt": 1, "conclusion": "success", "url": null } },
        "checks": { "lint": [{ "app": "github-actions", "conclusion": "success" }] },
        "live": {},
        "contributors": [
            { "id": 1, "called": "alice", "email": null, "part": "pull_request_author" },
            { "id": 1, "called": "alice", "email": null, "part": "author" },
        ],
        "votes": [{ "voter": { "actor": person(2, "bob"), "is": [] }, "choice": "approve", "at": NOW }],
        "busy": null,
    }))
    .unwrap()
});
