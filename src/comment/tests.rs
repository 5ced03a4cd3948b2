//! What people read, as it is sent.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::samples::*;
use super::*;
use crate::command::{CommandName, Parsed, parse};
use crate::ids::IssueNumber;
use crate::policy::facts::{Choice, Facts, Origin, Person, PullFact};
use crate::policy::{Decision, Denial, Outcome, Policy, Rules, WaitFor, evaluate};
use crate::promotion::State;
use crate::requirement::{Code, Refusal};

#[test]
fn refusals_say_why_and_what_to_do() {
    let refusal = Refusal::new(
        Code::RequesterNotAllowed,
        "dave may not ask for this; role:write or team:acme/release may.",
    );
    assert_snapshot!(refused(&refusal), @r#"
    ❌ **Refused**: dave may not ask for this; `role:write` or `team:acme/release` may. (`requester_not_allowed`)

    Ask one of them to write the command, or ask who keeps the policy to name you in it.
    "#);
    let sentence = "The policy cannot be used, so nothing may be deployed. .github/countersign.yml:3:5: there is no key \"requires\" here; did you mean require?";
    assert_snapshot!(refused(&Refusal::new(Code::PolicyInvalid, sentence)), @r#"
    ❌ **Refused**: The policy cannot be used, so nothing may be deployed. `.github/countersign.yml:3:5`: there is no key "requires" here; did you mean require? (`policy_invalid`)

    Mend it on the default branch, then write the command again.
    "#);
}

#[test]
fn what_is_not_understood_is_corrected() {
    let unclear_of = |line: &str| match parse(line) {
        Parsed::Commands(commands) => unclear(commands[0].command.as_ref().unwrap_err()),
        Parsed::NotForUs => panic!("{line}"),
    };
    assert_snapshot!(unclear_of("/promte production"), @r#"
    ❔ **Not understood**, so nothing was done: There is no command `/promte`. Did you mean `/promote`? (`unknown_command`)

    Try `/promote production`
    "#);
    assert_snapshot!(unclear_of("/reject p1"), @r#"
    ❔ **Not understood**, so nothing was done: A rejection needs a reason. Say what should change, after `--reason` and in double quotes. (`missing_reason`)

    Try `/reject p1 --reason "…"`
    "#);
    assert_snapshot!(unclear_of("/approve p1 @bob"), @r#"
    ❔ **Not understood**, so nothing was done: “`@bob`” is one word too many. Write `/approve` &#91;pN &#124; ENV&#93;; put text that has spaces in double quotes. (`unexpected_argument`)

    `/help` shows how each command is written.
    "#);
}

#[test]
fn asking_is_answered() {
    assert_snapshot!(opened(&waiting(0)), @r#"Asked for as **p2: `3f2a9c1` → `production`**. Everything else holds; it waits for 2 approvals from `team:acme/sre`. Who can act: any 2 of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment."#);
    assert_snapshot!(opened(&blocked()), @r#"Asked for as **p2: `3f2a9c1` → `production`**. What stands in the way: `ci.yml` ended as failure on `3f2a9c1`; `3f2a9c1` has not been deployed to staging; 2 approvals from `team:acme/sre`. Nothing is deployed before all of them hold; Countersign looks again by itself when something changes."#);
    assert_snapshot!(opened(&promotion(1, "staging", State::Approved { at: start() })), @r#"Asked for as **p1: `3f2a9c1` → `staging`**. Every requirement held on 2026-11-21 09:15 UTC, so GitHub is asked to deploy it. Nobody has to do anything; `/cancel p1` stops it."#);
}

#[test]
fn votes_are_answered() {
    assert_snapshot!(voted(&waiting(1), Choice::Approve), @r#"👍 Approval recorded for **p2: `3f2a9c1` → `production`**. Everything else holds; it waits for 2 approvals from `team:acme/sre` &#40;1 of 2 so far). Who can act: any 1 more of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment."#);
    let rejected = promotion(2, "production", State::Rejected { by: person("carol"), at: later(2) });
    assert_snapshot!(voted(&rejected, Choice::Reject), @r#"👎 Rejection recorded for **p2: `3f2a9c1` → `production`**. carol rejected it on 2026-11-21 09:17 UTC. Talk to them first. To ask again, write `/promote production`."#);
    let withdrawn = promotion(2, "production", State::Cancelled { by: person("alice"), at: later(2) });
    assert_snapshot!(cancelled(&withdrawn), @r#"Withdrawn: **p2: `3f2a9c1` → `production`**. alice cancelled it on 2026-11-21 09:17 UTC. If its workflow was running already, GitHub was asked to stop it. To ask again, write `/promote production`."#);
}

#[test]
fn a_dry_run_says_what_would_be() {
    let (environment, commit) = (blocked().tuple.environment, blocked().tuple.commit);
    let of = |requirements, verdict| {
        dry_run(&environment, &commit, &Decision { at: later(0), requirements, verdict })
    };
    assert_snapshot!(of(blocked().requirements, Outcome::Wait(WaitFor::Requirements)), @r#"
    **Dry run**, nothing was asked for: `3f2a9c1` → `production` **would be blocked**: `ci.yml` ended as failure on `3f2a9c1`; `3f2a9c1` has not been deployed to staging; 2 approvals from `team:acme/sre`.

    |  | Requirement | What is so, and who can act | Code |
    | --- | --- | --- | --- |
    | ✅ | source | `3f2a9c1` is the head of pull request 7&#46; |  |
    | ❌ | workflow `ci.yml` | `ci.yml` ended as failure on `3f2a9c1`; fix it and push, or run it again. *Who can act:* anybody who can push or run it again. | `workflow_failed` |
    | ⏳ | after staging | `3f2a9c1` has not been deployed to staging; do that first: `/promote staging` *Who can act:* anybody who may promote there. | `not_yet_deployed` |
    | ⏳ | 2 approvals from `team:acme/sre` | 0 of 2 approvals. *Who can act:* any 2 of `team:acme/sre`, not alice (who asked for it). | `approvals_missing` |


    To ask for it, write the command again without `--dry-run`.
    "#);
    let denial = Outcome::Deny(Denial::PullClosed { number: IssueNumber(7) });
    assert_snapshot!(of(held(), denial), @r#"
    **Dry run**, nothing was asked for: `3f2a9c1` → `production` **would be refused**: Pull request 7 was closed without being merged; reopen it and ask again. (`pull_closed`)

    |  | Requirement | What is so, and who can act | Code |
    | --- | --- | --- | --- |
    | ✅ | source | `3f2a9c1` is the head of pull request 7&#46; |  |
    | ✅ | workflow `ci.yml` | `ci.yml` succeeded on `3f2a9c1`. |  |


    To ask for it, write the command again without `--dry-run`.
    "#);
}

#[test]
fn a_dry_run_says_that_everything_holds() {
    let text =
        "version: 1\nenvironments:\n  staging:\n    promote: { from: [pull_request], by: [role:write] }\n";
    let policy = Policy::parse(".github/countersign.yml", text).unwrap();
    let tuple = promotion(1, "staging", State::Blocked).tuple;
    let head = tuple.commit.clone();
    let pull = PullFact { number: tuple.subject, head, open: true, merged: false, fork: false };
    let facts = Facts {
        rules: Rules::CURRENT,
        policy_now: Some(tuple.policy.clone()),
        origin: Origin { pull: Some(pull), ..Origin::default() },
        requester: Person { actor: tuple.requester.clone(), is: ["role:write".parse().unwrap()].into() },
        dispatch_ref: None,
        workflows: BTreeMap::new(),
        checks: BTreeMap::new(),
        scans: None,
        live: BTreeMap::new(),
        contributors: Vec::new(),
        votes: Vec::new(),
        busy: None,
        tuple,
    };
    let decision = evaluate(&policy, &facts, later(1));
    assert_snapshot!(dry_run(&facts.tuple.environment, &facts.tuple.commit, &decision), @r#"
    **Dry run**, nothing was asked for: `3f2a9c1` → `staging` **would be deployed now**: every requirement holds.

    |  | Requirement | What is so, and who can act | Code |
    | --- | --- | --- | --- |
    | ✅ | source | `3f2a9c1` is the head of pull request 7&#46; |  |
    | ✅ | requester | alice may ask for it. |  |
    | ✅ | environment is free | Nothing else is being deployed to staging. |  |


    To ask for it, write the command again without `--dry-run`.
    "#);
}

#[test]
fn status_shows_what_is_live_and_what_waits() {
    let live = [promotion(1, "staging", succeeded())];
    let open = [waiting(1), promotion(3, "staging", deploying())];
    assert_snapshot!(status(&live[0].repo.name, None, &live, &open), @r#"
    **Live** in `acme/shop`

    | Environment | Live commit | By | Since |
    | --- | --- | --- | --- |
    | `staging` | `3f2a9c1` | p1 | 2026-11-21 09:24 UTC |



    **Open**

    - **p2: `3f2a9c1` → `production`** is ⏳ waiting for approval, asked for on issue or pull request 7. Everything else holds; it waits for 2 approvals from `team:acme/sre` &#40;1 of 2 so far). Who can act: any 1 more of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment.
    - **p3: `3f2a9c1` → `staging`** is 🚀 deploying, asked for on issue or pull request 7. `cd.yml` has been deploying it since 2026-11-21 09:20 UTC ([see its run](<https://github.com/acme/shop/actions/runs/88>)). Nobody has to do anything; `/cancel p3` stops it.
    "#);
    let production = waiting(1).tuple.environment;
    assert_snapshot!(status(&live[0].repo.name, Some(&production), &live, &[]), @r#"
    Nothing is live in `production` of `acme/shop`, as far as Countersign deployed it.

    Nothing waits or is being deployed in `production`.
    "#);
}

#[test]
fn why_shows_every_requirement() {
    assert_snapshot!(why(&blocked()), @r#"
    **p2: `3f2a9c1` → `production`** is 🚧 blocked.

    What stands in the way: `ci.yml` ended as failure on `3f2a9c1`; `3f2a9c1` has not been deployed to staging; 2 approvals from `team:acme/sre`. Nothing is deployed before all of them hold; Countersign looks again by itself when something changes.

    |  | Requirement | What is so, and who can act | Code |
    | --- | --- | --- | --- |
    | ✅ | source | `3f2a9c1` is the head of pull request 7&#46; |  |
    | ❌ | workflow `ci.yml` | `ci.yml` ended as failure on `3f2a9c1`; fix it and push, or run it again. *Who can act:* anybody who can push or run it again. | `workflow_failed` |
    | ⏳ | after staging | `3f2a9c1` has not been deployed to staging; do that first: `/promote staging` *Who can act:* anybody who may promote there. | `not_yet_deployed` |
    | ⏳ | 2 approvals from `team:acme/sre` | 0 of 2 approvals. *Who can act:* any 2 of `team:acme/sre`, not alice (who asked for it). | `approvals_missing` |
    "#);
}

#[test]
fn help_comes_from_the_table() {
    assert_snapshot!(help(None), @r#"
    Write a command on the first line of a comment; more may follow on the next lines. Editing a comment later changes nothing.

    | Command | What it does |
    | --- | --- |
    | `/promote ENV [--sha SHA \| --tag TAG] [--reason "…"] [--dry-run] [key=value …]` | asks for a promotion: one commit into one environment |
    | `/approve [pN \| ENV]` | votes for a promotion |
    | `/reject [pN \| ENV] --reason "…"` | votes against a promotion and ends it |
    | `/cancel [pN \| ENV]` | withdraws a promotion, and cancels its workflow if that runs |
    | `/status [ENV]` | shows what is live, what waits, and on whom |
    | `/why [pN]` | shows every requirement of a promotion, its verdict and its code |
    | `/waive FINDING --until DATE --reason "…" [--only PURL \| PATH]` | lets one finding through, in the whole repository |
    | `/unwaive FINDING` | takes back what `/waive` let through |
    | `/scan` | reads the reports of this pull request's head again |
    | `/help [command]` | shows the commands, or one of them in detail |


    `ENV` is an environment of the policy, and `pN` a promotion such as `p42`. `/help promote` shows one command in detail.
    "#);
    assert_snapshot!(help(Some(CommandName::Promote)), @r#"
    `/promote ENV [--sha SHA | --tag TAG] [--reason "…"] [--dry-run] [key=value …]` asks for a promotion: one commit into one environment.

    Without `--sha` or `--tag` it is about the head of this pull request as of your comment. Approvals count for that very commit only: a new push makes them void. Which `key=value` parameters are allowed, the policy says.

    - `--sha SHA` the commit to promote, by 7 or more digits of its SHA
    - `--tag TAG` the tag whose commit to promote
    - `--reason "…"` why, for those who approve and for the log
    - `--dry-run` only say what would happen and what is missing

    Examples:

    - `/promote staging`
    - `/promote production --reason "fixes the checkout"`
    - `/promote production --tag v1.4.2 --dry-run`
    - `/promote staging --sha 3f2a9c1 region=eu-west-1`
    "#);
}

#[test]
fn every_state_has_its_words() {
    let repo = repo();
    let pages = Pages { repo: &repo, site: None };
    let words: Vec<String> = every_state()
        .into_iter()
        .map(|state| {
            let mut promotion = promotion(2, "production", state);
            promotion.requirements.push(approvals(0));
            format!("{}: {}", standing::badge(&promotion.state), next(&promotion, &pages))
        })
        .collect();
    assert_snapshot!(words.join("\n"), @r#"
    🚧 blocked: What stands in the way: 2 approvals from `team:acme/sre`. Nothing is deployed before all of them hold; Countersign looks again by itself when something changes.
    ⏳ waiting for approval: Everything else holds; it waits for 2 approvals from `team:acme/sre`. Who can act: any 2 of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment.
    🚀 approved: Every requirement held on 2026-11-21 09:19 UTC, so GitHub is asked to deploy it. Nobody has to do anything; `/cancel p2` stops it.
    🚀 deploying: `cd.yml` has been deploying it since 2026-11-21 09:20 UTC ([see its run](<https://github.com/acme/shop/actions/runs/88>)). Nobody has to do anything; `/cancel p2` stops it.
    ✅ deployed: Deployed on 2026-11-21 09:24 UTC ([see its run](<https://github.com/acme/shop/actions/runs/88>)). Nothing is left to do.
    ❌ failed: Failed on 2026-11-21 09:24 UTC (`deployment_failed`, [see its run](<https://github.com/acme/shop/actions/runs/88>)): The deployment workflow ended with failure. See its run, mend it, and ask again. To ask again, write `/promote production`.
    🚫 rejected: carol rejected it on 2026-11-21 09:17 UTC. Talk to them first. To ask again, write `/promote production`.
    ⚪ cancelled: alice cancelled it on 2026-11-21 09:17 UTC. If its workflow was running already, GitHub was asked to stop it. To ask again, write `/promote production`.
    ⚪ superseded: Void since 2026-11-21 09:18 UTC (`head_moved`): The head of the pull request is `aaaaaaa` now, not `3f2a9c1` as asked for; ask again for the new head. Its approvals no longer count. To ask again, write `/promote production`.
    ⚪ expired: Nobody finished it in time: it expired on 2026-11-22 09:15 UTC, and its approvals no longer count. To ask again, write `/promote production`.
    "#);
}

#[test]
fn the_status_comment_reads_well() {
    let promotions = [waiting(1), promotion(1, "staging", succeeded())];
    let answers = [
        Answer {
            asker: person("bob").login,
            asked: "/approve".to_owned(),
            markdown: voted(&waiting(1), Choice::Approve).into(),
            at: later(12),
        },
        Answer {
            asker: person("alice").login,
            asked: "/promote production --reason \"fixes the checkout\"".to_owned(),
            markdown: opened(&waiting(0)).into(),
            at: later(10),
        },
        Answer {
            asker: person("alice").login,
            asked: "/promote staging".to_owned(),
            markdown: opened(&promotion(1, "staging", State::Approved { at: start() })).into(),
            at: start(),
        },
    ];
    let repo = repo();
    let site = "https://github.com".parse().unwrap();
    let view = StatusView {
        repo: &repo,
        subject: IssueNumber(7),
        promotions: &promotions,
        live: &promotions[1..],
        answers: &answers,
        web_url: Some(&site),
    };
    assert_snapshot!(status_comment(&view), @r#"
    <!-- countersign:status 1001/7 -->

    ### p2: [`3f2a9c1`](<https://github.com/acme/shop/commit/3f2a9c1d00000000000000000000000000000001>) → `production` is ⏳ waiting for approval

    Everything else holds; it waits for 2 approvals from `team:acme/sre` &#40;1 of 2 so far). Who can act: any 1 more of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment.

    |  | Requirement | What is so, and who can act | Code |
    | --- | --- | --- | --- |
    | ✅ | source | `3f2a9c1` is the head of pull request 7&#46; |  |
    | ✅ | workflow `ci.yml` | `ci.yml` succeeded on `3f2a9c1`. |  |
    | ⏳ | 2 approvals from `team:acme/sre` | 1 of 2 approvals: bob. *Who can act:* any 1 more of `team:acme/sre`, not alice (who asked for it). | `approvals_missing` |


    <details><summary>What exactly was asked for</summary>

    - Commit: `3f2a9c1d00000000000000000000000000000001`, the head when it was asked for
    - Environment: `production`
    - Asked for by: alice, 2026-11-21 09:15 UTC
    - Reason: “fixes the checkout”
    - Policy: `b10b000000000000000000000000000000000002`
    - Expires: 2026-11-22 09:15 UTC

    </details>

    ### Finished

    - ✅ deployed · **p1: [`3f2a9c1`](<https://github.com/acme/shop/commit/3f2a9c1d00000000000000000000000000000001>) → `staging`** · Deployed on 2026-11-21 09:24 UTC ([see its run](<https://github.com/acme/shop/actions/runs/88>)). Nothing is left to do.

    ### Live now

    | Environment | Live commit | By | Since |
    | --- | --- | --- | --- |
    | `staging` | [`3f2a9c1`](<https://github.com/acme/shop/commit/3f2a9c1d00000000000000000000000000000001>) | p1 | 2026-11-21 09:24 UTC |



    ### Latest answers

    **bob** · `/approve` · 2026-11-21 09:27 UTC

    👍 Approval recorded for **p2: `3f2a9c1` → `production`**. Everything else holds; it waits for 2 approvals from `team:acme/sre` &#40;1 of 2 so far). Who can act: any 1 more of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment.

    <details><summary>Earlier answers</summary>

    **alice** · `/promote production --reason "fixes the checkout"` · 2026-11-21 09:25 UTC

    Asked for as **p2: `3f2a9c1` → `production`**. Everything else holds; it waits for 2 approvals from `team:acme/sre`. Who can act: any 2 of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment.

    ---

    **alice** · `/promote staging` · 2026-11-21 09:15 UTC

    Asked for as **p1: `3f2a9c1` → `staging`**. Every requirement held on 2026-11-21 09:15 UTC, so GitHub is asked to deploy it. Nobody has to do anything; `/cancel p1` stops it.

    </details>

    ---

    <sub>Countersign keeps this comment up to date. `/help` lists the commands.</sub>
    "#);
    let empty = StatusView { promotions: &[], live: &[], answers: &[], web_url: None, ..view };
    assert_snapshot!(status_comment(&empty), @r#"
    <!-- countersign:status 1001/7 -->

    ### Nothing was asked for here yet

    Write `/promote ENV` to ask for a promotion.

    ---

    <sub>Countersign keeps this comment up to date. `/help` lists the commands.</sub>
    "#);
}
