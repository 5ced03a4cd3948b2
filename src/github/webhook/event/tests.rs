use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::clock::Timestamp;
use crate::github::webhook::Envelope;
use crate::ids::{Actor, CheckRunId, CommentId, DeploymentId, InstallationId, IssueNumber, RunId, UserId};

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/webhooks");
    fs::read(folder.join(format!("{name}.json"))).unwrap()
}

fn happened(name: &str) -> Option<Event> {
    to_event(name.split('.').next().unwrap(), &fixture(name)).unwrap()
}

fn what(name: &str) -> What {
    happened(name).unwrap().what
}

#[test]
fn who_and_where_come_from_the_delivery() {
    let event = happened("issue_comment.through_app").unwrap();
    let sender = Actor { id: UserId(102), login: "x[bot]".parse().unwrap(), bot: true };
    let repo = Repo { id: RepoId(11), name: "acme/shop".parse().unwrap(), installation: InstallationId(5) };
    assert_eq!((event.sender, event.repo), (sender, repo));
    assert!(matches!(
        event.what,
        What::CommentCreated(Comment { through_app: true, on_pull_request: false, .. })
    ));
}

#[test]
fn comments() {
    let (id, number) = (CommentId(900), IssueNumber(1));
    let body = "/promote production".to_owned();
    let created_at = Timestamp::parse("2026-11-21T09:15:00Z").unwrap();
    assert_eq!(
        what("issue_comment.created"),
        What::CommentCreated(Comment {
            id,
            number,
            on_pull_request: true,
            body: body.clone(),
            created_at,
            through_app: false
        })
    );
    for (name, deleted) in [("issue_comment.edited", false), ("issue_comment.deleted", true)] {
        let body_before = Some(body.clone());
        assert_eq!(what(name), What::CommentChanged(CommentChange { id, number, body_before, deleted }));
    }
}

fn listed(digit: &str, new: bool) -> PushedCommit {
    PushedCommit { sha: digit.repeat(40).parse().unwrap(), new }
}

#[test]
fn pull_requests_and_pushes() {
    let head: CommitSha = "a".repeat(40).parse().unwrap();
    let What::PullRequest(merged) = what("pull_request.closed.merged") else { panic!() };
    assert_eq!((merged.action, merged.head_repo), (PullRequestAction::Merged, None));
    let called = |actor: Option<Actor>| actor.map(|actor| actor.login.to_string());
    assert_eq!((called(merged.author), called(merged.merged_by)), (Some("bob".into()), Some("alice".into())));
    assert_eq!(merged.merged_as, Some("f".repeat(40).parse().unwrap()));
    let What::PullRequest(pushed) = what("pull_request.synchronize") else { panic!() };
    assert_eq!((pushed.action, pushed.head_repo), (PullRequestAction::Synchronize, Some(RepoId(11))));
    assert_eq!((pushed.head, pushed.number), (head.clone(), IssueNumber(1)));
    assert_eq!((pushed.merged_by, pushed.merged_as), (None, None), "what it would be merged as says nothing");
    assert_eq!(
        what("push.default_branch"),
        What::Push(Push {
            branch: Some("main".parse().unwrap()),
            after: Some(head.clone()),
            reference: "refs/heads/main".parse().unwrap(),
            before: Some("b".repeat(40).parse().unwrap()),
            commits: vec![listed("e", false), listed("d", true), listed("a", true)],
            pushed_at: Some(Timestamp::from_seconds(1_795_252_500)),
            to_default_branch: true
        })
    );
    let cart = Some("cart".parse().unwrap());
    assert_eq!(
        what("push.branch_deleted"),
        What::Push(Push {
            branch: cart,
            after: None,
            reference: "refs/heads/cart".parse().unwrap(),
            before: Some(head.clone()),
            commits: vec![],
            pushed_at: None,
            to_default_branch: false
        })
    );
    // Of an annotated tag, the commit and not the tag.
    for (name, tag) in [("push.tag", "v1"), ("push.annotated_tag", "v2")] {
        let tag = Push {
            branch: None,
            after: Some(head.clone()),
            reference: format!("refs/tags/{tag}").parse().unwrap(),
            before: None,
            commits: vec![],
            pushed_at: None,
            to_default_branch: false,
        };
        assert_eq!(what(name), What::Push(tag), "{name}");
    }
}

#[test]
fn checks_runs_and_deployments() {
    let commit: CommitSha = "a".repeat(40).parse().unwrap();
    assert_eq!(
        what("check_run.requested_action"),
        What::ButtonPressed(ButtonPress {
            check_run: CheckRunId(70),
            identifier: "approve".to_owned(),
            external_id: "p1".to_owned(),
            app: 3,
            commit: commit.clone(),
        })
    );
    assert_eq!(
        what("check_run.rerequested"),
        What::CheckRunRerequested(Rerequest {
            check_run: CheckRunId(70),
            external_id: "p1".to_owned(),
            commit: commit.clone(),
        })
    );
    for name in ["check_run.completed", "check_suite.completed", "status"] {
        assert_eq!(what(name), What::ChecksChanged(commit.clone()), "{name}");
    }
    for (name, finished) in [("workflow_run.completed", true), ("workflow_run.in_progress", false)] {
        let change = WorkflowRunChange { run: RunId(333), commit: commit.clone(), finished, attempt: 1 };
        assert_eq!(what(name), What::WorkflowRun(change), "{name}");
    }
    assert_eq!(what("deployment_status.created"), What::DeploymentStatus(DeploymentId(44)));
}

#[test]
fn what_we_do_not_act_on_is_none_and_what_we_cannot_read_says_why() {
    assert_eq!(happened("check_run.created"), None);
    assert_eq!(happened("star.created"), None);
    assert_eq!(to_event("never_heard_of", b"not even JSON"), Ok(None));
    let without = |field: &str| {
        let mut payload: Value = serde_json::from_slice(&fixture("issue_comment.created")).unwrap();
        payload.as_object_mut().unwrap().remove(field);
        to_event("issue_comment", payload.to_string().as_bytes())
    };
    assert_eq!(without("installation"), Ok(None));
    assert_eq!(without("repository"), Ok(None));
    for field in ["comment", "sender"] {
        assert!(without(field).is_err(), "{field}");
    }
    let error = to_event("push", b"{").unwrap_err();
    assert!(error.to_string().starts_with("the push payload cannot be read: EOF"), "{error}");
}

#[test]
fn every_published_example_is_read_or_ignored() {
    let Some(folder) = countersign_material::shared("github/webhook-examples") else { return };
    let index: Vec<Value> = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let mut acted_on = 0;
    for entry in &index {
        let file = entry["file"].as_str().unwrap();
        let body = fs::read(folder.join(file)).unwrap();
        let envelope = Envelope::peek(&body).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(envelope.action.as_deref(), entry["action"].as_str(), "{file}");
        let mut payload: Value = serde_json::from_slice(&body).unwrap();
        // Deliveries to an App always name the installation; most examples come from repositories' hooks.
        payload["installation"] = json!({ "id": 5 });
        let event = entry["event"].as_str().unwrap();
        let read = to_event(event, payload.to_string().as_bytes());
        acted_on += usize::from(read.unwrap_or_else(|error| panic!("{file}: {error}")).is_some());
    }
    assert!(index.len() > 150 && acted_on > 30, "{acted_on} of {}", index.len());
}
