use insta::assert_snapshot;

use super::samples::*;
use super::*;
use crate::command::parse;
use crate::promotion::State;
use crate::requirement::{Code, Refusal};

#[test]
fn refusals_say_why_and_what_to_do() {
    let refusal = Refusal::new(
        Code::RequesterNotAllowed,
        "dave may not ask for this; role:write or team:acme/release may.",
    );
    assert_snapshot!(refused(&refusal), @"");
    let sentence = "The policy cannot be used, so nothing may be deployed. .github/countersign.yml:3:5: there is no key \"requires\" here; did you mean require?";
    assert_snapshot!(refused(&Refusal::new(Code::PolicyInvalid, sentence)), @"");
}

#[test]
fn what_is_not_understood_is_corrected() {
    let unclear_of = |line: &str| match parse(line) {
        crate::command::Parsed::Commands(commands) => unclear(commands[0].as_ref().unwrap_err()),
        other => panic!("{other:?}"),
    };
    assert_snapshot!(unclear_of("/promte production"), @"");
    assert_snapshot!(unclear_of("/reject p1"), @"");
    assert_snapshot!(unclear_of("/approve p1 @bob"), @"");
}

#[test]
fn asking_is_answered() {
    assert_snapshot!(opened(&waiting(0)), @"");
    assert_snapshot!(opened(&blocked()), @"");
    assert_snapshot!(opened(&promotion(1, "staging", State::Approved { at: start() })), @"");
}

#[test]
fn votes_are_answered() {
    use crate::policy::facts::Choice;
    assert_snapshot!(voted(&waiting(1), Choice::Approve), @"");
    let rejected = promotion(2, "production", State::Rejected { by: person("carol"), at: later(2) });
    assert_snapshot!(voted(&rejected, Choice::Reject), @"");
    let withdrawn = promotion(2, "production", State::Cancelled { by: person("alice"), at: later(2) });
    assert_snapshot!(cancelled(&withdrawn), @"");
}

#[test]
fn a_dry_run_says_what_would_be() {
    use crate::policy::{Decision, Denial, Outcome, WaitFor};
    let (environment, commit) = (blocked().tuple.environment, blocked().tuple.commit);
    let of = |requirements, verdict| dry_run(&environment, &commit, &Decision { requirements, verdict });
    assert_snapshot!(of(blocked().requirements, Outcome::Wait(WaitFor::Requirements)), @"");
    let denial = Outcome::Deny(Denial::PullClosed { number: crate::ids::IssueNumber(7) });
    assert_snapshot!(of(held(), denial), @"");
}

#[test]
fn status_shows_what_is_live_and_what_waits() {
    let live = [promotion(1, "staging", succeeded())];
    let open = [waiting(1), promotion(3, "staging", deploying())];
    assert_snapshot!(status(None, &live, &open), @"");
    let production = waiting(1).tuple.environment;
    assert_snapshot!(status(Some(&production), &live, &[]), @"");
}

#[test]
fn why_shows_every_requirement() {
    assert_snapshot!(why(&blocked()), @"");
}

#[test]
fn help_comes_from_the_table() {
    assert_snapshot!(help(None), @"");
    assert_snapshot!(help(Some(crate::command::CommandName::Promote)), @"");
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
    assert_snapshot!(words.join("\n"), @"");
}

#[test]
fn the_status_comment_reads_well() {
    let promotions = [waiting(1), promotion(1, "staging", succeeded())];
    let answers = [
        Answer {
            asker: person("bob").login,
            asked: "/approve".to_owned(),
            markdown: voted(&waiting(1), crate::policy::facts::Choice::Approve).into(),
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
        subject: crate::ids::IssueNumber(7),
        promotions: &promotions,
        live: &promotions[1..],
        answers: &answers,
        web_url: Some(&site),
    };
    assert_snapshot!(status_comment(&view), @"");
    let empty = StatusView { promotions: &[], live: &[], answers: &[], web_url: None, ..view };
    assert_snapshot!(status_comment(&empty), @"");
}
