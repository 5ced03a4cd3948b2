//! Nothing that others write becomes structure, a link or a mention, nor makes a text too long.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::samples::*;
use super::*;
use crate::check_run;
use crate::command::CommandError;
use crate::ids::{IssueNumber, Login};
use crate::promotion::{Promotion, State};
use crate::requirement::{Code, Refusal, Requirement};

pub(crate) const HOSTILE: [&str; 32] = [
    "@alice",
    "(@alice)",
    "see @acme/sre.",
    "#123",
    "acme/shop#1",
    "GH-1",
    "[a](https://evil.example)",
    "![a](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example/x",
    "(www.evil.example)",
    "<!-- countersign:status 1001/7 -->",
    "<img src=x onerror=y>",
    "</details>",
    "<details>",
    "```\ncode\n```",
    "`",
    "`a",
    "a ` b ` c",
    "``",
    "| a | b |",
    "\\|",
    "\n\n# head",
    "1. one\n2. two",
    "- a\n- b",
    "> quote",
    "a\n---",
    ":tada:",
    "/approve p1",
    "x\u{202e}y\u{0}z",
    "*a* **b** ~~c~~ $d$",
    "[^1]: note & &amp; &lt;b&gt;",
];

pub(crate) fn events(text: &str) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    Parser::new_ext(text, options).collect()
}

/// Everything but words and code.
pub(crate) fn structure(text: &str) -> Vec<String> {
    let kept = events(text).into_iter().filter(|event| !matches!(event, Event::Text(_) | Event::Code(_)));
    kept.map(|event| format!("{event:?}")).collect()
}

/// What is not code, as GitHub reads it a second time.
fn second_reading(text: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    for event in events(text) {
        match (event, runs.last_mut()) {
            (Event::Text(text), Some(run)) => run.push_str(&text),
            _ => runs.push(String::new()),
        }
    }
    runs
}

pub(crate) fn assert_calls_nobody(text: &str) {
    for run in second_reading(text) {
        let characters: Vec<char> = run.chars().collect();
        for pair in characters.windows(2) {
            let calls = matches!(pair, ['@' | '#', next] if next.is_alphanumeric());
            assert!(!calls, "{run:?} in {text}");
        }
        let lowercase = run.to_lowercase();
        for start in ["://", "www.e", "gh-1", ":tada:"] {
            assert!(!lowercase.contains(start), "{run:?} in {text}");
        }
        let word = |word: &str| word.len() >= 7 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
        assert!(!lowercase.split(|c: char| !c.is_ascii_alphanumeric()).any(word), "{run:?} in {text}");
    }
    assert!(!text.contains("\n/"), "{text}");
}

/// A promotion in which everything that others write is this.
fn written_by(text: &str, state: State) -> Promotion {
    let mut promotion = promotion(2, "production", state);
    promotion.reason = Some(text.to_owned());
    promotion.tuple.parameters.insert("region".to_owned(), text.to_owned());
    promotion.deploy.url = Some(text.to_owned());
    promotion.requirements = vec![
        Requirement::fails(text, Code::CheckFailed, text).by(text),
        Requirement::pending(
            format!("check {text}"),
            Code::CheckPending,
            format!("{text} has not finished; wait."),
        ),
        Requirement::holds(text, format!("({text})")),
    ];
    promotion
}

fn states_of(text: &str) -> Vec<State> {
    let mut states = every_state();
    states.extend([failed(text), superseded(text)]);
    states
}

/// Every kind of text about what somebody wrote, each with its limit in bytes.
fn everything(text: &str) -> Vec<(String, usize)> {
    let promotions: Vec<Promotion> =
        states_of(text).into_iter().map(|state| written_by(text, state)).collect();
    let mut all = Vec::new();
    for promotion in &promotions {
        all.push((opened(promotion).into(), usize::MAX));
        all.push((why(promotion).into(), usize::MAX));
        all.push((check_run::of_promotion(promotion, None).summary, 60_000));
        all.push((status_of(std::slice::from_ref(promotion), text), 60_000));
    }
    all.push((
        status(&promotions[4].repo.name, None, &promotions[4..5], &promotions[..4]).into(),
        usize::MAX,
    ));
    all.push((refused(&Refusal::new(Code::HeadMoved, text)).into(), usize::MAX));
    let error =
        CommandError { code: "unknown_option", message: text.to_owned(), suggestion: Some(text.to_owned()) };
    all.push((unclear(&error).into(), usize::MAX));
    all
}

fn status_of(promotions: &[Promotion], asked: &str) -> String {
    let answers: Vec<Answer> = (0..7)
        .map(|minute| Answer {
            asker: person("-_dave_-").login,
            asked: asked.to_owned(),
            markdown: refused(&Refusal::new(Code::TooLate, asked)).into(),
            at: later(minute),
        })
        .collect();
    let (repo, site) = (repo(), "https://github.com".parse().unwrap());
    let live = [promotion(1, "staging", succeeded())];
    let web_url = Some(&site);
    status_comment(&StatusView {
        repo: &repo,
        subject: IssueNumber(7),
        promotions,
        live: &live,
        answers: &answers,
        web_url,
    })
}

fn check(text: &str) {
    for ((hostile, limit), (harmless, _)) in everything(text).into_iter().zip(everything("harmless")) {
        assert_eq!(structure(&hostile), structure(&harmless), "{text:?} in {hostile}");
        assert_calls_nobody(&hostile);
        assert!(hostile.len() <= limit);
    }
}

#[test]
fn pitfall_22_what_others_write_stays_data_in_every_text() {
    for text in HOSTILE {
        check(text);
    }
}

#[test]
fn a_login_of_punctuation_is_only_a_name() {
    let login: Login = "_[x]_".parse().unwrap();
    let shown = prose::login(&login);
    assert_eq!(second_reading(shown.as_str()).concat(), "_[x]_");
}

#[test]
fn a_run_elsewhere_is_not_linked() {
    let (repo, site) = (repo(), "https://github.com".parse().unwrap());
    let link = |site, url: &str| {
        let run = crate::promotion::Run { id: crate::ids::RunId(1), url: Some(url.to_owned()) };
        Pages { repo: &repo, site }.run(Some(&run)).is_some()
    };
    assert!(link(Some(&site), "https://github.com/Acme/shop/actions/runs/1"));
    for url in [
        "https://evil.example/acme/shop/actions/runs/1",
        "https://github.com/acme/other/actions/runs/1",
        "https://github.com/acme/shopping/actions/runs/1",
        "javascript:alert(1)",
        "/acme/shop/",
    ] {
        assert!(!link(Some(&site), url), "{url}");
    }
    assert!(!link(None, "https://github.com/acme/other/actions/runs/1"));
}

#[test]
fn long_texts_are_cut_within_their_budgets() {
    for text in ["<".repeat(100_000), "ä`|\n".repeat(20_000), "🦀".repeat(25_000)] {
        let mut promotions: Vec<Promotion> =
            states_of(&text).into_iter().map(|state| written_by(&text, state)).collect();
        for promotion in &mut promotions {
            let requirement = promotion.requirements[0].clone();
            promotion.requirements.extend(std::iter::repeat_n(requirement, 50));
            promotion.tuple.parameters.extend((0..30).map(|n| (format!("p{n}"), text.clone())));
            let shown = check_run::of_promotion(promotion, None);
            assert!(shown.summary.len() <= 60_000 && shown.title.len() <= 255, "{}", shown.title);
            assert!(shown.summary.contains("Expires: 2026-11-22"), "the tuple is shown whatever else is cut");
            assert_calls_nobody(&shown.summary);
        }
        promotions.rotate_left(3);
        promotions.truncate(10);
        let comment = status_of(&promotions, &text);
        assert!(comment.len() <= 60_000, "{}", comment.len());
        for part in ["### Live now", "### Finished", "### Latest answers", "Earlier answers", "`/help` lists"]
        {
            assert!(comment.contains(part), "{part}");
        }
        let count =
            |wanted: fn(&Event<'_>) -> bool| events(&comment).iter().filter(|event| wanted(event)).count();
        assert_eq!(count(|event| matches!(event, Event::Start(Tag::Image { .. }))), 0);
        assert_eq!(count(|event| matches!(event, Event::End(TagEnd::CodeBlock))), 0);
        assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
        assert_calls_nobody(&comment);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_others_write_stays_data_however_it_is_put_together(pieces in prop::collection::vec(prop_oneof![
        prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        "[ -~\n]{0,8}",
        "[(`<>:.@#!\\[\\]/ ]{0,6}",
    ], 1..6)) {
        check(&pieces.concat());
    }
}
