//! Separation of duties: whoever took part in the change does not approve it, however they took part.

use std::time::Duration;

use countersign::github::fake::account::{Membership, User};
use countersign::github::fake::acts::code::Push;
use countersign::github::fake::repo::Role;
use countersign::github::fake::seed;

use crate::harness::acts::{change, one_approval};
use crate::harness::{SHOP, Scenario};
use crate::scenario;

const SRE: (&str, &str) = ("acme", "sre");

scenario!(who_asked_does_not_approve, s => {
    s.policy(&one_approval()).await;
    s.asked_for_production("bob").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
    s.fake.set_team(SRE, "alice", Some(Membership::Active)).unwrap();
    s.comment("alice", "/approve").await;
    assert_eq!(s.refusals().await, ["separation_of_duties"; 2], "nor does the pull request's author");
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
});

scenario!(who_committed_does_not_approve, s => {
    let mut push = change("Committed by bob");
    push.committer = Some("bob".to_owned());
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
    s.comment("carol", "/approve").await;
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
});

scenario!(who_co_wrote_does_not_approve, s => {
    let mut push = change("Written in a pair");
    push.co_authors = vec!["carol".to_owned()];
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(who_pushed_does_not_approve, s => {
    let mut push = change("Looks like alice's");
    push.author = Some("alice".to_owned());
    push.committer = Some("alice".to_owned());
    s.push_green("bob", &push).await;
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(a_commit_of_nobody_known_blocks, s => {
    let mut push = change("From a strange machine");
    push.stranger = Some(("Build".to_owned(), "root@localhost".to_owned()));
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    assert_eq!(s.state(2).await, "blocked");
    assert_eq!(s.missing(2).await, ["unattributed_commit", "approvals_missing"]);
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.missing(2).await, ["unattributed_commit"]);

    s.policy(&one_approval().replace("count: 1, from: [team:acme/sre] }", "count: 1, from: [team:acme/sre] }\n      known_authors: [root@localhost]")).await;
    s.comment("alice", "/promote production").await;
    s.comment("bob", "/approve p3").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(3).await, "succeeded", "the policy names them");
});

scenario!(naming_the_commit_hides_nobody_who_took_part, s => {
    let mut push = change("Looks like alice's");
    push.author = Some("alice".to_owned());
    push.committer = Some("alice".to_owned());
    s.push_green("bob", &push).await;
    s.staged().await;
    let head = s.head();
    s.comment("carol", &format!("/promote production --sha {head}")).await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(who_pushed_to_the_default_branch_does_not_approve, s => {
    let mut push = Push::file("main", "Looks like alice's", "README.md", "# x\n");
    push.author = Some("alice".to_owned());
    push.committer = Some("alice".to_owned());
    let main = s.push("bob", &push).await;
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &main), "success").unwrap();
    s.comment("alice", &format!("/promote staging --sha {main}")).await;
    s.deployment_ends("success").await;
    s.comment("alice", &format!("/promote production --sha {main}")).await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(who_wrote_what_the_base_branch_brings_does_not_approve, s => {
    s.push("bob", &Push::file("base", "Bob's own work", "src/bob.js", "// bob\n")).await;
    let mut push = change("A trifle");
    "topic".clone_into(&mut push.branch);
    push.onto = Some(s.tip("base"));
    let sha = s.push("alice", &push).await;
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &sha), "success").unwrap();
    let number = s.fake.open_pull(SHOP, "alice", ("topic", "base"), "A trifle").unwrap();
    s.settle().await;
    s.advance(Duration::from_secs(2));
    s.comment_on(number, "alice", "/promote staging").await;
    s.deployment_ends("success").await;
    s.comment_on(number, "alice", "/promote production").await;
    s.comment_on(number, "bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

/// A policy that lets tags and the default branch into production, with one approval and no other demand.
fn by_tag_or_main() -> String {
    one_approval()
        .replace("[pull_request, default_branch]", "[pull_request, default_branch, \"tag:v*\"]")
        .replace("      after: { staging: {} }\n", "")
}

/// A commit that says alice wrote it, on top of the default branch.
fn looks_like_alices(branch: &str) -> Push {
    let mut push = Push::file(branch, "Looks like alice's", "README.md", "# x\n");
    push.author = Some("alice".to_owned());
    push.committer = Some("alice".to_owned());
    push
}

scenario!(an_approvers_own_tag, s => {
    s.policy(&by_tag_or_main()).await;
    let sha = s.fake.change(|state| {
        let (repo, bob) = (state.repo_id(SHOP)?, state.who("bob")?);
        let sha = state.new_commit(repo, bob, &looks_like_alices("main"))?;
        state.move_tag(repo, bob, "v1.0.1", &sha).map(|()| sha)
    }).unwrap();
    s.settle().await;
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &sha), "success").unwrap();
    s.comment("alice", "/promote production --tag v1.0.1").await;
    assert_eq!(s.state(1).await, "awaiting_approval", "it is known who pushed the tag");
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(1).await, "succeeded");
});

scenario!(a_push_that_nobody_told_of, s => {
    s.policy(&by_tag_or_main()).await;
    let sha = s.fake.push(SHOP, "bob", &looks_like_alices("main")).unwrap();
    s.lose_deliveries();
    s.fake.change(|state| {
        let (repo, bob) = (state.repo_id(SHOP)?, state.who("bob")?);
        state.move_tag(repo, bob, "v1.0.1", &sha)
    }).unwrap();
    s.lose_deliveries();
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &sha), "success").unwrap();
    s.comment("alice", &format!("/promote production --sha {sha}")).await;
    assert_eq!(s.missing(1).await, ["unattributed_commit", "approvals_missing"]);
    s.comment("bob", "/approve").await;
    assert_eq!(s.missing(1).await, ["unattributed_commit"]);
    s.comment("alice", "/cancel").await;
    s.comment("alice", "/promote production --tag v1.0.1").await;
    assert_eq!(s.missing(2).await, ["unattributed_commit", "approvals_missing"]);
    assert_eq!(s.deployments("production"), Vec::<String>::new());

    // Whoever pushes it again is told of, and took part.
    s.fake.change(|state| {
        let (repo, carol) = (state.repo_id(SHOP)?, state.who("carol")?);
        state.move_tag(repo, carol, "v1.0.2", &sha)
    }).unwrap();
    s.settle().await;
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
    s.comment("carol", "/approve p2").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

impl Scenario {
    /// bob opens a pull request, carol merges it somehow, and alice asks for what came of it.
    async fn merged_by_carol(&mut self, from: &str, merge: impl Fn(&Self, i64) -> String) -> String {
        let number = self.fake.open_pull(SHOP, "bob", (from, "main"), "It says alice wrote it").unwrap();
        self.settle().await;
        let sha = merge(self, number);
        self.settle().await;
        self.fake.set_ci(SHOP, "alice", ("ci.yml", &sha), "success").unwrap();
        self.settle().await;
        self.comment("alice", &format!("/promote production --sha {sha}")).await;
        sha
    }

    async fn bob_may_not_approve(&mut self) {
        assert_eq!(self.state(1).await, "awaiting_approval", "{:?}", self.missing(1).await);
        self.comment("bob", "/approve").await;
        assert_eq!(self.refusal().await, "separation_of_duties");
        assert_eq!(self.deployments("production"), Vec::<String>::new());
    }
}

scenario!(attack_1_who_opened_the_pull_request_over_somebody_elses_commits, s => {
    s.policy(&by_tag_or_main()).await;
    s.push("alice", &Push::file("topic", "By alice", "README.md", "# x\n")).await;
    s.merged_by_carol("topic", |s, number| s.fake.merge(SHOP, "carol", number).unwrap()).await;
    s.bob_may_not_approve().await;
});

scenario!(attack_1_an_approvers_own_fork, s => {
    s.policy(&by_tag_or_main()).await;
    let fork = s.fake.fork(SHOP, "bob").unwrap();
    s.fake.push(&fork, "bob", &looks_like_alices("fix")).unwrap();
    s.merged_by_carol("bob:fix", |s, number| s.fake.merge(SHOP, "carol", number).unwrap()).await;
    s.bob_may_not_approve().await;
});

scenario!(attack_1_an_approvers_own_commit_that_somebody_else_rebased, s => {
    s.policy(&by_tag_or_main()).await;
    s.push("bob", &looks_like_alices("topic")).await;
    let mut more = looks_like_alices("topic");
    more.files.insert("CHANGES.md".to_owned(), Some("more\n".to_owned()));
    s.push("bob", &more).await;
    let last = s.merged_by_carol("topic", |s, number| s.fake.rebase_merge(SHOP, "carol", number).unwrap()).await;
    assert_eq!(s.state(1).await, "awaiting_approval", "{:?}", s.missing(1).await);
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
    // One in the middle, of which no event tells where it came from.
    let middle = s.fake.with_state(|state| state.objects.get(&last).unwrap().parents[0].clone());
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &middle), "success").unwrap();
    s.comment("alice", "/cancel").await;
    s.comment("alice", &format!("/promote production --sha {middle}")).await;
    s.comment("bob", "/approve p2").await;
    assert_eq!(s.refusals().await, ["separation_of_duties"; 2]);
});

scenario!(copilot_is_nobodys_hand, s => {
    s.policy(&one_approval()).await;
    s.fake.change(|state| {
        let copilot = User {
            id: 198_982_749,
            login: "Copilot".to_owned(),
            name: "Copilot".to_owned(),
            email: "198982749+Copilot@users.noreply.github.com".to_owned(),
            app: Some(seed::APP),
            created_at: state.now(),
        };
        state.users.insert(copilot.id, copilot);
        state.repo_mut(SHOP).map(|shop| shop.roles.insert(198_982_749, Role::Write))
    }).unwrap();
    s.push_green("Copilot", &change("What bob told it to do")).await;
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.missing(2).await, ["unattributed_commit"], "nobody says who made it push");
    assert_eq!(s.deployments("production"), Vec::<String>::new());
});

scenario!(a_commit_within_a_push_is_its_pushers, s => {
    s.policy(&by_tag_or_main()).await;
    let middle = s.fake.change(|state| {
        let (repo, bob) = (state.repo_id(SHOP)?, state.who("bob")?);
        let middle = state.new_commit(repo, bob, &looks_like_alices("main"))?;
        let mut last = Push::file("main", "Bob's own", "src/bob.js", "// bob\n");
        last.onto = Some(middle.clone());
        let last = state.new_commit(repo, bob, &last)?;
        state.move_branch(repo, bob, "main", &last).map(|()| middle)
    }).unwrap();
    s.settle().await;
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &middle), "success").unwrap();
    s.comment("carol", &format!("/promote production --sha {middle}")).await;
    assert!(!s.missing(1).await.contains(&"unattributed_commit"), "{:?}", s.missing(1).await);
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(a_trusted_bots_name_where_an_e_mail_stands, s => {
    let trusting = |known: &str| {
        let rule = "count: 1, from: [team:acme/sre] }";
        one_approval().replace(rule, &format!("{rule}\n      known_authors: [{known}]"))
    };
    s.policy(&trusting("'github-actions[bot]'")).await;
    let mut push = change("In the name of a bot");
    push.stranger = Some(("Bot".to_owned(), "github-actions[bot]".to_owned()));
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    assert_eq!(s.missing(2).await, ["unattributed_commit", "approvals_missing"]);
    s.policy(&trusting("'someone@else.example', 'github-actions[bot]@ci.example'")).await;
    s.comment("alice", "/promote production").await;
    assert_eq!(s.missing(3).await, ["unattributed_commit", "approvals_missing"], "nor another e-mail");
});
