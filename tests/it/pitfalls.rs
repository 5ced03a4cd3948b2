//! The thirty-three ways to fool a bot that takes orders from comments, each with the stories that try it.
//!
//! Those of a theme of their own stand there; the rest stand below. The last test keeps the table honest.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign::github::fake::acts::code::Push;
use countersign::github::fake::faults::Fault;
use countersign::github::fake::pull::Verdict;

use crate::harness::SHOP;
use crate::harness::acts::{BRANCH, POLICY, change, one_approval};
use crate::scenario;

const SECOND: Duration = Duration::from_secs(1);

/// What stands against a trap.
enum Answer {
    /// These stories try it: `file::story`.
    Tried(&'static [&'static str]),
    /// It concerns nothing that is built, and why.
    NotBuilt(&'static str),
}
use Answer::{NotBuilt, Tried};

#[rustfmt::skip]
const PITFALLS: [(&str, Answer); 33] = [
    ("the comment carries no SHA", Tried(&["head::a_push_between_the_comment_and_its_handling_is_noticed", "head::a_comment_that_arrives_after_the_push_it_preceded_is_refused"])),
    ("commit dates are the attacker's", Tried(&["pitfalls::pitfall_02_commit_dates_are_the_attackers"])),
    ("when it was pushed is not when it became the head", Tried(&["pitfalls::pitfall_03_pushed_long_ago_and_the_head_only_now"])),
    ("the API lags behind the webhook", Tried(&["pitfalls::pitfall_04_the_api_lags_behind"])),
    ("times have whole seconds", Tried(&["head::within_one_second_nobody_can_tell"])),
    ("a review's commit may be re-stamped", Tried(&["pitfalls::pitfall_06_07_32_a_review_is_no_vote"])),
    ("approval read too loosely", Tried(&["pitfalls::pitfall_06_07_32_a_review_is_no_vote", "approve::only_those_whom_a_rule_names_may_vote", "approve::a_later_vote_replaces_an_earlier_one"])),
    ("no protection means no review", Tried(&["pitfalls::pitfall_08_production_without_approvals_is_an_error"])),
    ("self-approval by those who took part", Tried(&["duties::who_asked_does_not_approve", "duties::who_committed_does_not_approve", "duties::who_co_wrote_does_not_approve", "duties::who_pushed_does_not_approve", "duties::a_commit_of_nobody_known_blocks", "duties::who_wrote_what_the_base_branch_brings_does_not_approve"])),
    ("agents push under a person's name", Tried(&["duties::who_pushed_does_not_approve", "approve::bots_do_not_vote"])),
    ("a commit after the approval", Tried(&["head::a_push_makes_approvals_void"])),
    ("the head moves while it is closed", Tried(&["head::closing_voids_and_reopening_counts_as_a_move"])),
    ("edited comments", Tried(&["comments::an_edited_command_is_recorded_and_changes_nothing", "comments::a_vote_stands_although_its_comment_is_rewritten"])),
    ("commands anywhere in the text", Tried(&["comments::only_what_somebody_says_is_a_command"])),
    ("comments of bots", Tried(&["comments::bots_are_not_listened_to", "approve::bots_do_not_vote"])),
    ("rules from the pull request", Tried(&["policy_change::a_policy_on_the_pull_request_has_no_effect", "pitfalls::pitfall_16_a_lax_base_branch_has_no_say"])),
    ("the rules change while it waits", Tried(&["policy_change::an_edited_policy_voids_what_waits", "policy_change::a_policy_edited_while_nobody_told_us_is_noticed_at_the_vote"])),
    ("forks", Tried(&["checks::the_head_of_a_fork_is_not_promoted", "checks::the_run_of_a_fork_does_not_count", "duties::who_pushed_does_not_approve"])),
    ("names are given to others", Tried(&["pitfalls::pitfall_19_a_login_is_given_to_somebody_else", "pitfalls::pitfall_19_a_renamed_team_is_nobody", "approve::a_renamed_repository_goes_on", "approve::a_person_counts_once"])),
    ("rights that are remembered", Tried(&["approve::a_right_that_was_taken_away_counts_no_more", "approve::everything_is_judged_again_when_the_deployment_is_made"])),
    ("attribution by text", Tried(&["pitfalls::pitfall_21_nobody_approves_for_another"])),
    ("mentions and Markdown in replies", Tried(&["comments::hostile_text_does_nothing"])),
    ("hidden state in comments", Tried(&["comments::what_somebody_writes_into_our_comment_is_not_believed", "comments::a_deleted_status_comment_is_written_again"])),
    ("the side door", Tried(&["pitfalls::pitfall_24_what_went_through_the_side_door_was_not_deployed"])),
    ("statuses are overwritten, and pull requests have siblings", Tried(&["checks::whoever_reports_under_a_name_has_to_agree", "checks::a_check_of_another_app_does_not_count", "pitfalls::pitfall_25_a_sibling_with_the_same_head"])),
    ("reruns and pages", Tried(&["checks::red_ci_blocks_until_it_is_green", "checks::a_newer_red_run_hides_an_old_green_one", "checks::no_check_is_lost_among_many"])),
    ("a named commit as a way around", Tried(&["pitfalls::pitfall_27_a_named_commit_gets_around_nothing", "duties::naming_the_commit_hides_nobody_who_took_part", "duties::who_pushed_to_the_default_branch_does_not_approve"])),
    ("a delivery comes twice", Tried(&["pitfalls::pitfall_28_a_delivery_that_comes_twice_acts_once", "approve::a_vote_from_before_does_not_count_for_what_was_asked_later"])),
    ("parameters end in a shell", Tried(&["promote::parameters_are_those_that_the_policy_allows", "promote::the_reason_stands_with_the_promotion"])),
    ("setup and secrets", NotBuilt("no story passes there: signatures, body limits and redaction are tested at the webhook's door and with the client")),
    ("CODEOWNERS", NotBuilt("the policy knows users, teams and roles; CODEOWNERS is not read")),
    ("dismissed reviews", Tried(&["pitfalls::pitfall_06_07_32_a_review_is_no_vote"])),
    ("events in any order", Tried(&["pitfalls::pitfall_33_events_in_any_order", "head::pushes_may_be_told_in_any_order", "head::a_comment_may_overtake_the_push_it_is_about"])),
];

scenario!(pitfall_02_commit_dates_are_the_attackers, s => {
    let old = s.fake.change(|state| {
        let (repo, who) = (state.repo_id(SHOP)?, state.who("alice")?);
        state.new_commit(repo, who, &change("Made long before the comment"))
    }).unwrap();
    s.comment("alice", "/help").await;
    s.fake.comment(SHOP, "alice", 1, "/promote staging").unwrap();
    s.advance(SECOND);
    s.fake.force_push(SHOP, "alice", BRANCH, &old).unwrap();
    s.settle().await;
    assert_eq!(s.refusal().await, "head_moved");
});

scenario!(pitfall_03_pushed_long_ago_and_the_head_only_now, s => {
    let mut elsewhere = change("Pushed to another branch first");
    "elsewhere".clone_into(&mut elsewhere.branch);
    elsewhere.onto = Some(s.head());
    let sha = s.push("bob", &elsewhere).await;
    s.fake.set_ci(SHOP, "bob", ("ci.yml", &sha), "success").unwrap();
    s.settle().await;
    s.policy(&one_approval()).await;
    s.asked_for_production("alice").await;
    s.fake.force_push(SHOP, "alice", BRANCH, &sha).unwrap();
    s.settle().await;
    assert_eq!(s.state(2).await, "superseded: head_moved");
    s.comment("alice", "/cancel").await;
    s.asked_for_production("alice").await;
    s.later(Duration::from_mins(2)).await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusals().await.last().unwrap(), "separation_of_duties", "bob pushed it, if not here");
});

scenario!(pitfall_04_the_api_lags_behind, s => {
    s.push_green("alice", &change("Not in every replica yet")).await;
    s.fake.fail_next("GET", "/repos/acme/shop/pulls/1", Fault::Stale);
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.refusal().await, "head_moved");
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.promotion(1).await.tuple.commit.as_str(), s.head());
});

scenario!(pitfall_06_07_32_a_review_is_no_vote, s => {
    s.policy(&one_approval()).await;
    s.asked_for_production("alice").await;
    let review = s.fake.review(SHOP, "bob", 1, Verdict::Approved).unwrap();
    s.fake.review(SHOP, "dave", 1, Verdict::Approved).unwrap();
    s.fake.review(SHOP, "carol", 1, Verdict::ChangesRequested).unwrap();
    s.settle().await;
    s.fake.dismiss_review(SHOP, "carol", review).unwrap();
    s.settle().await;
    assert_eq!(s.story_of("p2").await, ["request.opened", "decision.waiting"]);
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
});

scenario!(pitfall_08_production_without_approvals_is_an_error, s => {
    s.policy(&POLICY.replace("      approvals:\n        - { count: 2, from: [team:acme/sre] }\n", "")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.refusal().await, "policy_invalid");
});

scenario!(pitfall_16_a_lax_base_branch_has_no_say, s => {
    let lax = POLICY.replace("approvals:\n        - { count: 2, from: [team:acme/sre] }", "approvals: none");
    s.push("alice", &Push::file("lax", "My own rules", ".github/countersign.yml", &lax)).await;
    let mut push = change("Into my own branch");
    "feature".clone_into(&mut push.branch);
    push.onto = Some(s.tip("lax"));
    let sha = s.push("alice", &push).await;
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &sha), "success").unwrap();
    let number = s.fake.open_pull(SHOP, "alice", ("feature", "lax"), "Into my own branch").unwrap();
    s.settle().await;
    s.advance(SECOND);
    s.comment_on(number, "alice", "/promote staging").await;
    s.deployment_ends("success").await;
    s.comment_on(number, "alice", "/promote production").await;
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
});

scenario!(pitfall_19_a_login_is_given_to_somebody_else, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.fake.rename_user("bob", "robert").unwrap();
    s.fake.add_user("bob");
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "not_an_approver", "another bob is another person");
    s.comment("carol", "/approve").await;
    s.comment("robert", "/approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"]);
});

scenario!(pitfall_19_a_renamed_team_is_nobody, s => {
    s.asked_for_production("alice").await;
    s.fake.change(|state| {
        let (team, who) = (state.team("acme", "sre")?.id, state.who("bob")?);
        state.rename_team(who, team, "reliability")
    }).unwrap();
    let vote = s.comment("bob", "/approve").await;
    for _ in 0..4 {
        s.later(60 * SECOND).await;
    }
    s.expected.buried = 1;
    assert_eq!(s.reactions(vote), ["eyes", "confused"]);
    assert!(s.reply().contains("acme/sre"), "it says which team is not there: {}", s.reply());
    assert_eq!(s.story_of("p2").await, ["request.opened", "decision.waiting"]);
});

scenario!(pitfall_21_nobody_approves_for_another, s => {
    s.asked_for_production("alice").await;
    s.comment("alice", "/approve bob").await;
    s.comment("alice", "/approve p2 r=bob").await;
    s.comment("alice", "/approve @bob").await;
    assert_eq!(s.story_of("p2").await, ["request.opened", "decision.waiting"]);
});

scenario!(pitfall_24_what_went_through_the_side_door_was_not_deployed, s => {
    let inputs = BTreeMap::from([("environment".to_owned(), "staging".to_owned())]);
    let run = s.fake.dispatch(SHOP, "alice", "cd.yml", (BRANCH, inputs)).unwrap();
    s.fake.finish_run(SHOP, run, "success").unwrap();
    let deployment = s.fake.deploy(SHOP, "alice", "staging", BRANCH).unwrap();
    s.fake.deployment_status(SHOP, "alice", deployment, "success").unwrap();
    s.settle().await;
    s.comment("alice", "/promote production").await;
    assert_eq!(s.missing(1).await, ["not_yet_deployed", "approvals_missing"]);
});

scenario!(pitfall_25_a_sibling_with_the_same_head, s => {
    s.asked_for_production("alice").await;
    let head = s.head();
    s.fake.force_push(SHOP, "alice", "sibling", &head).unwrap();
    let sibling = s.fake.open_pull(SHOP, "alice", ("sibling", "main"), "The same commits").unwrap();
    s.settle().await;
    s.advance(SECOND);
    s.comment_on(sibling, "bob", "/approve").await;
    s.comment_on(sibling, "bob", "/approve p2").await;
    s.comment_on(sibling, "alice", "/promote production").await;
    assert_eq!(s.refusals().await, ["which_promotion", "which_promotion", "already_requested"]);
});

scenario!(pitfall_27_a_named_commit_gets_around_nothing, s => {
    let head = s.head();
    s.comment("bob", &format!("/promote production --sha {head}")).await;
    assert_eq!(s.missing(1).await, ["not_yet_deployed", "approvals_missing"]);
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
    let red = s.push("alice", &change("Red")).await;
    s.ci("failure").await;
    s.comment("bob", &format!("/promote staging --sha {red}")).await;
    assert_eq!(s.missing(2).await, ["workflow_failed"]);
    s.comment("bob", &format!("/promote staging --sha {head}")).await;
    assert_eq!(s.refusals().await.last().unwrap(), "source_not_allowed", "it is no longer the head");
});

scenario!(pitfall_28_a_delivery_that_comes_twice_acts_once, s => {
    s.fake.comment(SHOP, "alice", 1, "/promote staging").unwrap();
    let comment = s.fake.take_deliveries();
    s.deliver(&comment[0]).await;
    s.deliver(&comment[0]).await;
    s.settle().await;
    s.deployment_ends("success").await;
    s.fake.change(|state| state.redeliver(comment[0].id)).unwrap();
    s.settle().await;
    assert_eq!((s.promotions().await, s.refusals().await), (1, vec![]));
    assert_eq!(s.deployments("staging"), ["success"]);
});

scenario!(pitfall_33_events_in_any_order, s => {
    s.push("alice", &change("Told backwards")).await;
    s.comment("alice", "/promote staging").await;
    let head = s.head();
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &head), "success").unwrap();
    let mut told = s.fake.take_deliveries();
    told.reverse();
    for delivery in &told {
        s.deliver(delivery).await;
        s.settle().await;
    }
    s.fake.finish_run(SHOP, s.running().unwrap(), "success").unwrap();
    for delivery in s.fake.take_deliveries().iter().rev() {
        s.deliver(delivery).await;
        s.settle().await;
    }
    assert_eq!(s.state(1).await, "succeeded");
});

#[test]
fn every_pitfall_is_tried_or_explained() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for (place, (name, answer)) in PITFALLS.iter().enumerate() {
        match answer {
            NotBuilt(why) => assert!(why.len() > 20, "{} ({name}) says why", place + 1),
            Tried(stories) => {
                assert!(!stories.is_empty(), "{} ({name})", place + 1);
                for story in *stories {
                    let (file, story) = story.split_once("::").unwrap();
                    let text = std::fs::read_to_string(folder.join(format!("{file}.rs"))).unwrap();
                    assert!(text.contains(&format!("scenario!({story},")), "{file} has no story {story}");
                }
            }
        }
    }
}
