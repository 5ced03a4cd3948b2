//! Bad policies: every problem has its place, what stands there and what to write instead.

use super::SHOP;
use crate::policy::{Policy, Problem, ProblemCode};

fn problems(text: &str) -> Vec<Problem> {
    Policy::parse(".github/countersign.yml", text).expect_err("it is wrong")
}

/// The shop's policy with one change.
fn changed(from: &str, to: &str) -> String {
    let text = SHOP.replacen(from, to, 1);
    assert_ne!(text, SHOP, "{from}");
    text
}

fn rendered(text: &str) -> String {
    problems(text).iter().map(|problem| problem.render(text, false)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn an_unknown_key_is_shown_with_a_caret_and_what_was_meant() {
    insta::assert_snapshot!(rendered(&changed("workflows:", "workflow:")), @r#"
    error[unknown_key]: there is no key "workflow" here
     --> .github/countersign.yml:6:16
      |
    6 |     require: { workflow: [ci.yml] }
      |                ^^^^^^^^
      |
      = help: did you mean `workflows`?
    "#);
}

#[test]
fn yaml_that_cannot_be_read_is_shown_where_it_breaks() {
    insta::assert_snapshot!(rendered(&changed("[role:write] }", "[role:write }")), @r"
    error[syntax]: this cannot be read as YAML: mismatched bracket '[' closed by '}'
     --> .github/countersign.yml:5:58
      |
    5 |     promote: { from: [pull_request, default_branch], by: [role:write }
      |                                                          ^^^^^^^^^^^^^
      |
      = help: correct the YAML here or just before
    ");
}

#[test]
fn all_problems_are_found_at_once() {
    let text = "\
version: 2
environments:
  production:
    promote: { from: [main], by: [] }
    require: { aprovals: none, workflows: [ci] }
    expires: 1 day
  staging:
    promote: { from: [pull_request] }
    require: { checks: [1], after: { qa: {} } }
    parameters: { size: { type: choice } }
";
    let lines: Vec<String> = problems(text).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    .github/countersign.yml:1:10: version 2 of this format is not known; write `version: 1`
    .github/countersign.yml:4:23: "main" is not a source: pull_request, default_branch or tag:PATTERN; write something like `default_branch`
    .github/countersign.yml:4:30: this list is empty; add an entry, or remove the key
    .github/countersign.yml:5:16: there is no key "aprovals" here; did you mean `approvals`?
    .github/countersign.yml:5:44: "ci" is not a workflow's file name in .github/workflows; write something like `ci.yml`
    .github/countersign.yml:6:14: "1 day" is not a duration of at most a year: digits and s, m, h or d; write something like `30m`
    .github/countersign.yml:8:5: `by` is missing here; add `by:`
    .github/countersign.yml:9:25: a number stands here, not one line of text; write it in quotes: "1"
    "#);
}

#[test]
fn rules_that_contradict_each_other_are_found() {
    let text = "\
version: 1
environments:
  eu/production:
    promote: { from: [default_branch], by: [user:alice] }
    require: { after: { stagin: {} } }
    parameters: { size: { type: boolean }, countersign_id: { type: boolean } }
    deploy: { workflow: cd.yml, inputs: { size: small } }
  staging:
    promote: { from: [pull_request], by: [user:alice] }
    require:
      after: { qa: {} }
      approvals: [{ count: 3, from: [user:alice, user:Alice, user:bob] }]
  qa:
    promote: { from: [pull_request], by: [user:alice] }
    require: { after: { staging: {}, qa: {} } }
  QA:
    promote: { from: [pull_request], by: [user:alice] }
";
    let lines: Vec<String> = problems(text).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    .github/countersign.yml:3:3: eu/production looks like production, and nobody has to approve; add `approvals: [{ count: 1, from: [team:ORGANISATION/SLUG] }]` under `require`, or say `approvals: none`
    .github/countersign.yml:5:25: there is no environment "stagin"; did you mean `staging`?
    .github/countersign.yml:6:19: the parameter size would replace the input of this name; rename it, or remove the input under `deploy`
    .github/countersign.yml:6:44: countersign_id is given to the workflow by Countersign itself; choose another name
    .github/countersign.yml:11:16: staging waits for qa, which waits in turn for staging or for others that wait; remove one of these `after` entries
    .github/countersign.yml:12:28: 3 approvals are needed, but only 2 can give one; lower it to 2, or name more people or a team under `from`
    .github/countersign.yml:15:25: qa waits for staging, which waits in turn for qa or for others that wait; remove one of these `after` entries
    .github/countersign.yml:15:38: qa waits for itself; name an earlier environment, or remove it
    .github/countersign.yml:16:3: "QA" differs from another environment only in its capitals; keep one of the two
    "#);
}

#[test]
fn every_kind_of_problem_has_its_code_and_place() {
    let deep = format!("version: {}1{}", "[".repeat(60), "]".repeat(60));
    let inputs: String = (0..25).map(|n| format!("i{n}: x, ")).collect::<Vec<_>>().concat();
    let environments: String = (0..51)
        .map(|n| format!("  e{n}: {{ promote: {{ from: [pull_request], by: [role:write] }} }}\n"))
        .collect::<Vec<_>>()
        .concat();
    for (text, code, offending) in [
        (changed("  staging:\n", "  staging:\n    url: x\n"), ProblemCode::InvalidValue, "x"),
        (
            changed("https://shop.example", "https://user:pw@shop.example"),
            ProblemCode::InvalidValue,
            "https://user:pw@shop.example",
        ),
        (
            changed("    expires: 24h\n", "    expires: 24h\n    expires: 25h\n"),
            ProblemCode::DuplicateKey,
            "expires",
        ),
        (changed("count: 2", "count: 21"), ProblemCode::InvalidValue, "21"),
        (changed("count: 2", "count: \"2\""), ProblemCode::WrongType, "\"2\""),
        (changed("count: 2, ", ""), ProblemCode::MissingKey, "from"),
        (changed("soak: 30m", "soak: 30"), ProblemCode::WrongType, "30"),
        (changed("soak: 30m", "soak: 0m"), ProblemCode::InvalidValue, "0m"),
        (changed("type: boolean", "type: boolean, values: [a]"), ProblemCode::UnknownKey, "values"),
        (changed("default: eu", "default: asia"), ProblemCode::InvalidValue, "asia"),
        (changed("default: eu", "default: eu, required: true"), ProblemCode::Unreachable, "true"),
        (changed("minimum: 1", "minimum: 21"), ProblemCode::Unreachable, "21"),
        (changed("values: [eu, us]", "values: [eu, \"$(id)\"]"), ProblemCode::InvalidValue, "\"$(id)\""),
        (changed("[role:write]", "[everybody]"), ProblemCode::InvalidValue, "everybody"),
        (changed("{ staging: { soak", "{ Staging: { soak"), ProblemCode::UnknownEnvironment, "Staging"),
        (
            changed("      approvals:\n        - { count: 2, from: [team:acme/sre] }\n", ""),
            ProblemCode::Unguarded,
            "production",
        ),
        (
            changed(
                "      approvals:\n        - { count: 2, from: [team:acme/sre] }\n",
                "      approvals:\n",
            ),
            ProblemCode::WrongType,
            "approvals",
        ),
        (changed("environment: production,", &inputs), ProblemCode::TooLarge, "i24"),
        (format!("version: 1\nenvironments:\n{environments}"), ProblemCode::TooLarge, "e50"),
        ("#".repeat(300_000), ProblemCode::TooLarge, ""),
        (deep, ProblemCode::TooLarge, "["),
        (SHOP.replace("version: 1\n", ""), ProblemCode::MissingKey, "environments"),
        ("a: 1\n---\nb: 2\n".to_owned(), ProblemCode::Syntax, "---"),
        ("version: 1\n<<: {}\n".to_owned(), ProblemCode::Syntax, "<<"),
        (String::new(), ProblemCode::WrongType, ""),
    ] {
        let found = problems(&text);
        let shown: String = text.chars().take(60).collect();
        let hit = found.iter().find(|problem| problem.code == code);
        let hit = hit.unwrap_or_else(|| panic!("{shown}: no {code:?} in {found:#?}"));
        assert!(hit.offending.starts_with(offending), "{shown}: {hit:#?}");
        assert!(!hit.message.is_empty() && !hit.suggestion.is_empty() && hit.line > 0 && hit.column > 0);
    }
}

#[test]
fn aliases_cannot_blow_up() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(9);
        text = format!("{text}a{level}: &a{level} [{below}]\n");
    }
    let found = problems(&text);
    assert_eq!(found[0].code, ProblemCode::TooLarge, "{found:?}");
}

#[test]
fn only_names_that_look_like_production_must_be_guarded() {
    for (name, guarded) in [
        ("production", true),
        ("Prod", true),
        ("prod-eu", true),
        ("production_2", true),
        ("live", true),
        ("eu/production", true),
        ("production/eu", true),
        ("eu-prod", true),
        ("prod1", true),
        ("non-prod", false),
        ("product", false),
        ("staging", false),
        ("pre-production", false),
        ("delivery", false),
    ] {
        let text = format!(
            "version: 1\nenvironments: {{ {name}: {{ promote: {{ from: [pull_request], by: [role:write] }} }} }}"
        );
        let refused = Policy::parse("x", &text).is_err_and(|found| found[0].code == ProblemCode::Unguarded);
        assert_eq!(refused, guarded, "{name}");
    }
}
