//! Every kind of rule holds, waits or denies, and says why.

use super::SHOP;
use super::world::*;
use crate::policy::facts::{Choice, Contributor, Facts, LiveSpan, Part, TargetKind};
use crate::policy::{Outcome, Permit, Policy, Rules, WaitFor, evaluate};
use crate::requirement::{Code, Verdict};

/// What the decision says about everything that does not hold, and the decision itself.
fn open(change: impl FnOnce(&mut Facts)) -> String {
    let mut facts = facts();
    change(&mut facts);
    let decision = decide(&facts);
    told(&decision).lines().filter(|line| !line.starts_with("Holds")).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_holds() {
    let decision = decide(&facts());
    insta::assert_snapshot!(told(&decision), @r"
    ALLOW
    Holds source [holds] 1a2b3c4 is on the default branch.
    Holds requester [holds] alice may ask for it.
    Holds parameters [holds] canary=true, region=eu.
    Holds workflow ci.yml [holds] ci.yml succeeded on 1a2b3c4.
    Holds workflow security.yml [holds] security.yml succeeded on 1a2b3c4.
    Holds check build [holds] build succeeded on 1a2b3c4.
    Holds check license/cla by cla-assistant [holds] license/cla succeeded on 1a2b3c4.
    Holds after staging for 30m [holds] 1a2b3c4 was live in staging for 30m or longer.
    Holds authors [holds] Everybody who took part is known: dave.
    Holds 2 approvals from team:acme/sre [holds] 2 of 2 approvals: bob, carol.
    Holds environment is free [holds] Nothing else is being deployed to production.
    Holds ref to deploy from [holds] main points at 1a2b3c4.
    ");
    let Outcome::Allow(permit) = &decision.verdict else { panic!("{decision:?}") };
    assert_eq!(Permit::tuple(permit), &facts().tuple);
    assert_eq!(permit.requirements(), decision.requirements);
}

#[test]
fn approvals_that_are_missing_are_waited_for() {
    insta::assert_snapshot!(open(|facts| { facts.votes.pop(); }), @r"
    WAIT for Approvals
    Pending 2 approvals from team:acme/sre [approvals_missing] 1 of 2 approvals: bob. | any 1 more of team:acme/sre, not alice (who asked for it) or dave (who opened the pull request)
    ");
    insta::assert_snapshot!(open(|facts| facts.votes.clear()), @r"
    WAIT for Approvals
    Pending 2 approvals from team:acme/sre [approvals_missing] 0 of 2 approvals. | any 2 of team:acme/sre, not alice (who asked for it) or dave (who opened the pull request)
    ");
}

#[test]
fn pitfall_9_nobody_approves_their_own_work() {
    insta::assert_snapshot!(open(|facts| facts.contributors.push(contributor(Some(2), "bob", Part::Committer))), @r"
    WAIT for Approvals
    Pending 2 approvals from team:acme/sre [approvals_missing] 1 of 2 approvals: carol. bob does not count: they committed one of its commits. | any 1 more of team:acme/sre, not alice (who asked for it) or bob (who committed one of its commits) or dave (who opened the pull request)
    ");
    insta::assert_snapshot!(open(|facts| facts.contributors.push(contributor(Some(2), "bob", Part::Pusher))), @r"
    WAIT for Approvals
    Pending 2 approvals from team:acme/sre [approvals_missing] 1 of 2 approvals: carol. bob does not count: they pushed it. | any 1 more of team:acme/sre, not alice (who asked for it) or bob (who pushed it) or dave (who opened the pull request)
    ");
    insta::assert_snapshot!(open(|facts| facts.contributors.push(contributor(Some(2), "bob", Part::CoAuthor))), @r"
    WAIT for Approvals
    Pending 2 approvals from team:acme/sre [approvals_missing] 1 of 2 approvals: carol. bob does not count: they co-wrote one of its commits. | any 1 more of team:acme/sre, not alice (who asked for it) or bob (who co-wrote one of its commits) or dave (who opened the pull request)
    ");
    insta::assert_snapshot!(open(|facts| {
        facts.votes[0].voter = person(1, "alice", &["user:alice", "team:acme/sre"]);
    }), @r"
    WAIT for Approvals
    Pending 2 approvals from team:acme/sre [approvals_missing] 1 of 2 approvals: carol. alice does not count: they asked for it. | any 1 more of team:acme/sre, not alice (who asked for it) or dave (who opened the pull request)
    ");
}

#[test]
fn pitfall_9_an_author_nobody_knows_blocks_until_the_policy_names_them() {
    let unknown = |email: Option<&str>| {
        let mut contributor = contributor(None, "Renovate <renovate@example.com>", Part::Author);
        contributor.email = email.map(str::to_owned);
        contributor
    };
    insta::assert_snapshot!(open(|facts| facts.contributors.push(unknown(None))), @r"
    WAIT for Requirements
    Fails authors [unattributed_commit] No GitHub account is known for Renovate <renovate@example.com>; they add that e-mail to their account, or the policy names it in known_authors.
    ");
    insta::assert_snapshot!(open(|facts| facts.contributors.push(unknown(Some("Renovate@Example.com")))), @"ALLOW");
    insta::assert_snapshot!(open(|facts| facts.contributors.clear()), @r"
    WAIT for Requirements
    Fails authors [unattributed_commit] It could not be found out who wrote 1a2b3c4, so nobody can be told apart from its authors; ask again.
    ");
}

/// The name of a bot that the policy trusts, written where an e-mail stands.
#[test]
fn row_1_an_e_mail_is_no_login_and_a_login_no_e_mail() {
    let unknown = |known: &str, login: Option<&str>, email: &str| {
        let called = login.map_or_else(|| format!("Somebody <{email}>"), str::to_owned);
        let mut facts = facts();
        let named = contributor(None, &called, Part::Author);
        let login = login.map(|login| login.parse().unwrap());
        facts.contributors.push(Contributor { login, email: Some(email.to_owned()), ..named });
        let policy = super::parse(&SHOP.replace("renovate@example.com", known));
        evaluate(&policy, &facts, NOW).requirements.iter().any(|one| one.code == Code::UnattributedCommit)
    };
    for (known, login, email, blocks) in [
        ("'github-actions[bot]'", None, "github-actions[bot]", true),
        ("'github-actions[bot]'", Some("GitHub-Actions[bot]"), "", false),
        ("release@acme.example", None, "Release@acme.example", false),
        ("release@acme.example", Some("release"), "", true),
        ("'Somebody <release@acme.example>'", None, "release@acme.example", true),
        ("release", None, "release", true),
    ] {
        assert_eq!(unknown(known, login, email), blocks, "{known} for {login:?}, {email}");
    }
}

#[test]
fn what_rules_1_let_through_stays_let_through_where_it_was_decided_by_them() {
    let mut facts = facts();
    let named = contributor(None, "Somebody <github-actions[bot]>", Part::Author);
    facts.contributors.push(Contributor { email: Some("github-actions[bot]".to_owned()), ..named });
    let policy = super::parse(&SHOP.replace("renovate@example.com", "'github-actions[bot]'"));
    let allowed = |facts: &Facts| matches!(evaluate(&policy, facts, NOW).verdict, Outcome::Allow(_));
    assert!(!allowed(&facts));
    facts.rules = Rules::One;
    assert!(allowed(&facts));
}

#[test]
fn a_policy_that_was_decided_under_is_not_asked_to_be_sound_again() {
    let unguarded =
        "version: 1\nenvironments:\n  production:\n    promote: { from: [pull_request], by: [role:write] }\n";
    assert!(Policy::parse("policy", unguarded).is_err());
    assert!(Policy::parse_decided("policy", unguarded).is_ok());
    assert!(
        Policy::parse_decided("policy", "version: 1\nenviroments: {}\n").is_err(),
        "only soundness is left out"
    );
}

#[test]
fn who_votes_twice_or_is_a_bot_or_not_meant_does_not_count() {
    for change in [
        |facts: &mut Facts| facts.votes[1].voter = sre(2, "bob-renamed"),
        |facts: &mut Facts| facts.votes[1].voter.actor.bot = true,
        |facts: &mut Facts| facts.votes[1].voter.is.clear(),
        |facts: &mut Facts| facts.votes[1].voter = person(3, "carol", &["team:acme/release"]),
    ] {
        let mut facts = facts();
        change(&mut facts);
        assert_eq!(decide(&facts).verdict, Outcome::Wait(WaitFor::Approvals));
    }
}

#[test]
fn a_no_from_an_approver_ends_it_and_from_others_does_not() {
    let rejected = |voter| open(|facts| facts.votes.push(vote(voter, Choice::Reject)));
    insta::assert_snapshot!(rejected(sre(5, "erin")), @"DENY rejected: erin rejected it; talk to them, then ask again.");
    insta::assert_snapshot!(rejected(person(5, "erin", &["team:acme/release"])), @"ALLOW");
    let author = open(|facts| facts.votes.push(vote(sre(4, "dave"), Choice::Reject)));
    assert!(author.starts_with("DENY rejected"), "an author who is an approver may say no: {author}");
    let bot = |facts: &mut Facts| {
        facts.votes.push(vote(sre(6, "ci[bot]"), Choice::Reject));
        facts.votes[2].voter.actor.bot = true;
    };
    assert_eq!(open(bot), "ALLOW");
}

#[test]
fn workflows_have_to_succeed_on_this_commit() {
    let ci = || "ci.yml".parse().unwrap();
    insta::assert_snapshot!(open(|facts| { facts.workflows.remove(&ci()); }), @r"
    WAIT for Requirements
    Pending workflow ci.yml [workflow_missing] ci.yml has not run on 1a2b3c4; push or run it.
    ");
    for (conclusion, code, verdict) in [
        (None, Code::WorkflowPending, Verdict::Pending),
        (Some("failure"), Code::WorkflowFailed, Verdict::Fails),
        (Some("skipped"), Code::WorkflowFailed, Verdict::Fails),
        (Some("neutral"), Code::WorkflowFailed, Verdict::Fails),
        (Some("Success"), Code::WorkflowFailed, Verdict::Fails),
        (Some("cancelled"), Code::WorkflowFailed, Verdict::Fails),
    ] {
        let mut facts = facts();
        facts.workflows.get_mut(&ci()).unwrap().conclusion = conclusion.map(str::to_owned);
        let decision = decide(&facts);
        assert_eq!(decision.verdict, Outcome::Wait(WaitFor::Requirements));
        let requirement =
            decision.requirements.iter().find(|found| found.title == "workflow ci.yml").unwrap();
        assert_eq!((requirement.code, requirement.verdict), (code, verdict), "{conclusion:?}");
    }
}

#[test]
fn pitfall_26_every_app_has_to_say_success_and_a_pinned_one_alone_counts() {
    let results = |name: &'static str, results: Vec<_>| {
        open(move |facts| {
            facts.checks.insert(name.to_owned(), results);
        })
    };
    let (good, bad) = (Some("success"), Some("failure"));
    insta::assert_snapshot!(results("build", vec![check(Some("actions"), good), check(Some("other"), bad)]), @r"
    WAIT for Requirements
    Fails check build [check_failed] build ended as failure on 1a2b3c4 (other); fix it and push, or run it again.
    ");
    insta::assert_snapshot!(results("build", vec![check(None, good), check(Some("other"), None)]), @r"
    WAIT for Requirements
    Pending check build [check_pending] build has not finished on 1a2b3c4 (other); wait for it.
    ");
    insta::assert_snapshot!(results("build", vec![]), @r"
    WAIT for Requirements
    Pending check build [check_missing] build has not been reported on 1a2b3c4; push or run it.
    ");
    insta::assert_snapshot!(results("license/cla", vec![check(Some("imposter"), good), check(None, good)]), @r"
    WAIT for Requirements
    Pending check license/cla by cla-assistant [check_missing] license/cla has not been reported by cla-assistant on 1a2b3c4; push or run it.
    ");
    let outvoted = vec![check(Some("cla-assistant"), good), check(Some("imposter"), bad)];
    assert_eq!(results("license/cla", outvoted), "ALLOW");
    insta::assert_snapshot!(results("build", vec![check(Some("actions"), Some("neutral"))]), @r"
    WAIT for Requirements
    Fails check build [check_failed] build ended as neutral on 1a2b3c4 (actions); fix it and push, or run it again.
    ");
}

#[test]
fn the_commit_has_to_have_been_in_the_earlier_environment_long_enough() {
    let staging = |spans: Vec<(i64, Option<i64>)>| {
        open(move |facts| {
            let spans = spans.into_iter().map(|(from, until)| LiveSpan {
                promotion: promotion(41),
                from: minutes(from),
                until: until.map(minutes),
            });
            facts.live.insert("staging".parse().unwrap(), spans.collect());
        })
    };
    insta::assert_snapshot!(staging(vec![]), @r"
    WAIT for Requirements
    Pending after staging for 30m [not_yet_deployed] 1a2b3c4 has not been deployed to staging; do that first: /promote staging
    ");
    insta::assert_snapshot!(staging(vec![(-10, None)]), @r"
    WAIT for Requirements
    Pending after staging for 30m [soaking] 1a2b3c4 is live in staging and has to stay so until 2027-01-15T08:20:00Z; this goes on then. | until 2027-01-15T08:20:00Z
    ");
    insta::assert_snapshot!(staging(vec![(-60, Some(-40)), (-30, Some(-15))]), @r"
    WAIT for Requirements
    Pending after staging for 30m [not_yet_deployed] 1a2b3c4 was replaced in staging before it had been live for 30m; deploy it there again: /promote staging
    ");
    assert_eq!(staging(vec![(-30, None)]), "ALLOW");
    assert_eq!(staging(vec![(-90, Some(-60)), (-1, None)]), "ALLOW");
    assert!(staging(vec![(10, Some(90))]).starts_with("WAIT"), "what lies ahead has not soaked");
}

#[test]
fn an_environment_is_deployed_to_by_one_promotion_at_a_time() {
    insta::assert_snapshot!(open(|facts| facts.busy = Some(promotion(41))), @r"
    WAIT for Requirements
    Pending environment is free [environment_busy] p41 is being deployed to production; this goes on when that has ended.
    ");
}

#[test]
fn a_workflow_needs_a_ref_to_run_on() {
    insta::assert_snapshot!(open(|facts| facts.dispatch_ref = None), @r"
    WAIT for Requirements
    Fails ref to deploy from [ref_unavailable] No branch or tag points at 1a2b3c4, so cd.yml cannot be run on it; push a tag there.
    ");
}

#[test]
fn the_source_has_to_be_allowed() {
    insta::assert_snapshot!(open(|facts| facts.origin.on_default_branch = false), @r"
    DENY source_not_allowed: production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    Fails source [source_not_allowed] production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    ");
    insta::assert_snapshot!(open(|facts| facts.origin.pull = None), @r"
    DENY head_unknown: 1a2b3c4 was asked for as the head of a pull request, but no pull request is known; ask again.
    Fails source [head_unknown] 1a2b3c4 was asked for as the head of a pull request, but no pull request is known; ask again.
    ");
}

#[test]
fn pitfall_18_forks_are_refused() {
    insta::assert_snapshot!(open(|facts| facts.origin.pull.as_mut().unwrap().fork = true), @r"
    DENY fork: Pull request 7 comes from a fork; merge it, then ask with --sha for the commit on the default branch.
    Fails source [fork] Pull request 7 comes from a fork; merge it, then ask with --sha for the commit on the default branch.
    ");
    let mut staging = facts();
    staging.tuple.environment = "staging".parse().unwrap();
    staging.tuple.parameters.clear();
    staging.tuple.target = TargetKind::Sha;
    staging.origin.on_default_branch = false;
    staging.requester.is = ["role:write".parse().unwrap()].into();
    assert!(matches!(decide(&staging).verdict, Outcome::Allow(_)));
    staging.origin.pull.as_mut().unwrap().fork = true;
    let Outcome::Deny(denial) = decide(&staging).verdict else { panic!("a fork got through") };
    assert_eq!(denial.code(), Code::Fork);
}

#[test]
fn pitfall_27_a_commit_by_its_sha_still_has_to_come_from_somewhere_allowed() {
    insta::assert_snapshot!(open(|facts| {
        facts.tuple.target = TargetKind::Sha;
        facts.origin = crate::policy::facts::Origin::default();
    }), @r"
    DENY source_not_allowed: production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    Fails source [source_not_allowed] production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    ");
}

#[test]
fn tags_count_when_they_fit_and_still_point_there() {
    let tagged = |name: &'static str, commit: Option<&'static str>| {
        open(move |facts| {
            facts.origin.on_default_branch = false;
            facts.tuple.target = TargetKind::Tag(name.parse().unwrap());
            let commit = commit.map(|digit| digit.repeat(5).parse().unwrap());
            facts.origin.tag = Some((name.parse().unwrap(), commit));
        })
    };
    assert_eq!(tagged("v1.2", Some("1a2b3c4d")), "ALLOW");
    insta::assert_snapshot!(tagged("v1.2", Some("ffffffff")), @r"
    DENY head_moved: The tag v1.2 points at fffffff now, not at 1a2b3c4 as asked for; ask again for the commit you mean.
    Fails source [source_not_allowed] production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    ");
    insta::assert_snapshot!(tagged("v1.2", None), @r"
    DENY head_moved: The tag v1.2 is gone; push it again or ask for a commit.
    Fails source [source_not_allowed] production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    ");
    insta::assert_snapshot!(tagged("nightly", Some("1a2b3c4d")), @r"
    DENY source_not_allowed: production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    Fails source [source_not_allowed] production takes commits from the default branch or tags like v* named with --tag, and 1a2b3c4 is not there; merge it first.
    ");
    let other = open(|facts| {
        facts.tuple.target = TargetKind::Tag("v1".parse().unwrap());
        facts.origin.tag = Some(("v2".parse().unwrap(), Some(facts.tuple.commit.clone())));
    });
    assert!(other.starts_with("DENY head_moved"), "{other}");
}

#[test]
fn a_promotion_ends_when_what_it_was_asked_for_is_no_more() {
    insta::assert_snapshot!(open(|facts| facts.origin.pull.as_mut().unwrap().head = "f".repeat(40).parse().unwrap()), @r"
    DENY head_moved: The head of the pull request is fffffff now, not 1a2b3c4 as asked for; ask again for the new head.
    Fails source [head_moved] 1a2b3c4 is no longer the head of pull request 7; ask again.
    ");
    insta::assert_snapshot!(open(|facts| facts.origin.pull.as_mut().unwrap().merged = false), @"DENY pull_closed: Pull request 7 was closed without being merged; reopen it and ask again.");
    insta::assert_snapshot!(open(|facts| facts.tuple.expires_at = NOW), @"DENY expired: Nobody finished it before 2027-01-15T08:00:00Z; ask again.");
}

#[test]
fn pitfall_17_changed_rules_void_what_was_asked_under_the_old_ones() {
    insta::assert_snapshot!(open(|facts| facts.policy_now = Some("d".repeat(40).parse().unwrap())), @"DENY policy_changed: The policy on the default branch changed since this was asked for; ask again under the new one.");
    insta::assert_snapshot!(open(|facts| facts.policy_now = None), @"DENY policy_changed: The policy is gone from the default branch; restore it and ask again.");
}

#[test]
fn the_requester_has_to_be_allowed_still() {
    insta::assert_snapshot!(open(|facts| facts.requester.is.clear()), @r"
    DENY requester_not_allowed: alice may not ask for this; team:acme/release or user:alice may.
    Fails requester [requester_not_allowed] alice may not ask for this; team:acme/release or user:alice may.
    ");
    insta::assert_snapshot!(open(|facts| facts.requester = sre(2, "bob")), @r"
    DENY requester_not_allowed: The rights of alice were not looked up; ask again.
    Fails requester [requester_not_allowed] The rights of alice were not looked up; ask again.
    ");
    let named_bot = open(|facts| facts.requester.actor.bot = true);
    assert_eq!(named_bot, "ALLOW", "the policy names this login");
    let unnamed_bot = open(|facts| {
        facts.requester.actor.bot = true;
        facts.requester.is = ["team:acme/release".parse().unwrap()].into();
    });
    assert!(unnamed_bot.starts_with("DENY requester_not_allowed"), "{unnamed_bot}");
}

#[test]
fn pitfall_29_parameters_are_judged_again() {
    let with = |name: &'static str, value: &'static str| {
        open(move |facts| {
            facts.tuple.parameters.insert(name.to_owned(), value.to_owned());
        })
    };
    insta::assert_snapshot!(with("region", "$(id)"), @r"
    DENY parameter_not_allowed: region=$(id) is not allowed: it is one of eu, us.
    Fails parameters [parameter_not_allowed] region=$(id) is not allowed: it is one of eu, us.
    ");
    insta::assert_snapshot!(with("shell", "sh"), @r"
    DENY parameter_not_allowed: There is no parameter shell: this environment takes canary, note, region, replicas.
    Fails parameters [parameter_not_allowed] There is no parameter shell: this environment takes canary, note, region, replicas.
    ");
    insta::assert_snapshot!(open(|facts| { facts.tuple.parameters.remove("canary"); }), @r"
    DENY parameter_not_allowed: canary is missing: add canary=…; it is true or false.
    Fails parameters [parameter_not_allowed] canary is missing: add canary=…; it is true or false.
    ");
    insta::assert_snapshot!(open(|facts| { facts.tuple.parameters.remove("region"); }), @r"
    DENY parameter_not_allowed: The promotion lacks a default that the policy gives; ask again.
    Fails parameters [parameter_not_allowed] The promotion lacks a default that the policy gives; ask again.
    ");
    for (value, good) in
        [("a-b.c/d:e@f+g,h", true), ("-x", false), ("a b", false), ("a;b", false), ("é", false), ("", false)]
    {
        assert_eq!(with("note", value) == "ALLOW", good, "{value}");
    }
    for (value, good) in
        [("1", true), ("20", true), ("21", false), ("0", false), ("01", false), ("+1", false), ("1.0", false)]
    {
        assert_eq!(with("replicas", value) == "ALLOW", good, "{value}");
    }
}

#[test]
fn an_environment_the_policy_does_not_have_is_a_no() {
    insta::assert_snapshot!(open(|facts| facts.tuple.environment = "moon".parse().unwrap()), @"DENY unknown_environment: The policy has no environment moon; it has production, staging.");
}

#[test]
fn an_environment_without_approvals_says_so() {
    let policy = Policy::parse("x", super::ALONE).unwrap();
    let mut facts = facts();
    facts.tuple.parameters.clear();
    facts.votes.clear();
    facts.contributors.clear();
    insta::assert_snapshot!(told(&evaluate(&policy, &facts, NOW)), @r"
    ALLOW
    Holds source [holds] 1a2b3c4 is on the default branch.
    Holds requester [holds] alice may ask for it.
    Holds approvals [holds] Nobody has to approve: the policy says `approvals: none`.
    Holds environment is free [holds] Nothing else is being deployed to production.
    Holds ref to deploy from [holds] main points at 1a2b3c4.
    ");
}

#[test]
fn one_person_may_count_in_several_rules() {
    let text = SHOP.replace(
        "- { count: 2, from: [team:acme/sre] }",
        "- { count: 2, from: [team:acme/sre] }\n        - { count: 1, from: [user:bob, user:alice], separation_of_duties: false }",
    );
    let policy = Policy::parse("x", &text).unwrap();
    let mut facts = facts();
    assert_eq!(evaluate(&policy, &facts, NOW).verdict, Outcome::Wait(WaitFor::Approvals));
    facts.votes[0].voter.is.insert("user:bob".parse().unwrap());
    assert!(matches!(evaluate(&policy, &facts, NOW).verdict, Outcome::Allow(_)));
    facts.votes[0].voter.is.remove(&"user:bob".parse().unwrap());
    facts.votes.push(vote(alice(), Choice::Approve));
    assert!(
        matches!(evaluate(&policy, &facts, NOW).verdict, Outcome::Allow(_)),
        "the rule lets the requester count"
    );
}
