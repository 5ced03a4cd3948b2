//! `scans`, as it is written and as it is wrong.

use std::time::Duration;

use crate::policy::{Glob, Identity, Policy, Problem, PublicKey, Scans, Trust};
use crate::report::{Gate, Severity, Wait};

const STAGING: &str = "
version: 1
environments:
  staging:
    promote: { from: [default_branch], by: [role:write] }
    require:
      scans: {}
";

pub(in crate::policy) const EVERYTHING: &str = "
scans:
  fail_on: high
  must_have: [semgrep, trivy, sbom]
  new_only: true
  known_exploited: show
  end_of_life: show
  nothing_to_look_at: show
  tests: ignored
  coverage: { minimum: 80, max_drop: 0.5 }
  platforms: [linux/amd64, linux/arm64/v8]
  signatures:
    keyless: { issuer: https://token.actions.githubusercontent.com, identity: https://github.com/acme/shop/.github/workflows/ci.yml@refs/heads/main }
    require: [sbom, provenance]
  forks: true
  github_alerts: true
  ignore_artifacts: [dist-*, site]
  ignore_workflows: [nightly-*.yml]
  wait: 90m
  annotations: 10
  waive: { by: [team:acme/security], authors: true }
  waivers:
    - { id: CVE-2026-1234, until: 2026-12-31, reason: The code is not reached. }
    - { id: B101, only: tests/, until: 2027-01-01, reason: Asserts are what tests do. }
";

fn policy(scans: &str, required: &str) -> Result<Policy, Vec<Problem>> {
    Policy::parse("countersign.yml", &format!("{}{scans}", STAGING.replace("{}", required)))
}

fn gate(scans: &str, required: &str) -> Gate {
    let policy = policy(scans, required).unwrap();
    policy.environment(&"staging".parse().unwrap()).unwrap().require.scans.clone().unwrap()
}

fn problems(scans: &str, required: &str) -> String {
    let problems = policy(scans, required).expect_err("it is wrong");
    let told = problems.iter().map(|p| format!("{}:{} {} -> {}", p.line, p.column, p.message, p.suggestion));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_that_can_be_said_is_read() {
    let policy = policy(EVERYTHING, "{}").unwrap();
    let authors = "line 28: `authors` does nothing any more: a waiver holds in the whole repository, wherever it is written. Take it out.";
    assert_eq!(policy.notes, [authors]);
    let Scans {
        stated,
        gate,
        trust,
        github_alerts,
        ignore_artifacts,
        ignore_workflows,
        annotations,
        waive,
        waivers,
    } = policy.scans;
    assert!(stated && github_alerts);
    assert_eq!(ignore_workflows.iter().map(Glob::as_str).collect::<Vec<_>>(), ["nightly-*.yml"]);
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let expected = Gate {
        fail_on: Some(Severity::High),
        must_have: words(&["semgrep", "trivy", "sbom"]),
        new_only: true,
        known_exploited: false,
        end_of_life_passes: true,
        nothing_to_look_at_passes: true,
        ignore_tests: true,
        coverage_minimum: Some(80.0),
        coverage_max_drop: Some(0.5),
        platforms: words(&["linux/amd64", "linux/arm64/v8"]),
        signed: words(&["sbom", "provenance"]),
        forks: true,
        wait: Wait(Duration::from_mins(90)),
    };
    assert_eq!(gate, expected);
    let issuer = "https://token.actions.githubusercontent.com".to_owned();
    let identity = "https://github.com/acme/shop/.github/workflows/ci.yml@refs/heads/main".to_owned();
    assert_eq!(trust, Some(Trust::Keyless(Identity { issuer, identity })));
    assert_eq!(annotations, 10);
    assert_eq!(ignore_artifacts.iter().map(Glob::as_str).collect::<Vec<_>>(), ["dist-*", "site"]);
    assert_eq!(waive.by, ["team:acme/security".parse().unwrap()]);
    let told: Vec<_> =
        waivers.iter().map(|w| (w.id.as_str(), w.only.as_deref(), w.until.to_string())).collect();
    assert_eq!(
        told,
        [("CVE-2026-1234", None, "2026-12-31".to_owned()), ("B101", Some("tests/"), "2027-01-01".to_owned())]
    );
    assert!(waivers.iter().all(|waiver| waiver.by == "policy"));
}

#[test]
fn an_environment_begins_with_what_the_file_says() {
    let file = policy(EVERYTHING, "{}").unwrap().scans.gate;
    assert_eq!(gate(EVERYTHING, "{}"), file);
    let other = gate(EVERYTHING, "{ fail_on: none, new_only: false, coverage: { minimum: 90 } }");
    let expected = Gate { fail_on: None, new_only: false, coverage_minimum: Some(90.0), ..file };
    assert_eq!(other, expected);
}

#[test]
fn what_nobody_says_is_the_strict_way() {
    let gate = gate("", "{ fail_on: medium }");
    let expected = Gate { fail_on: Some(Severity::Medium), known_exploited: true, ..Gate::default() };
    assert_eq!(gate, expected);
    let silent = policy("", "{ fail_on: medium }").unwrap().scans;
    assert_eq!(silent, Scans::default());
    assert!(!silent.stated && silent.waive.by.is_empty());
}

#[test]
fn a_key_stands_in_the_file_or_beside_it() {
    let trust = |key: &str| {
        policy(&format!("scans: {{ signatures: {{ key: {key} }} }}\n"), "{ fail_on: low }")
            .unwrap()
            .scans
            .trust
    };
    assert_eq!(trust("keys/cosign.pub"), Some(Trust::Key(PublicKey::File("keys/cosign.pub".to_owned()))));
    let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsqeFzjUOY/m7XyVgkD332b7UCJVO\nWuMMrrAGrP3UGWMxvBM8IMMbGrQcRN5RzVl2DN8TvQLsn4X2Khe6GLkDsA==\n-----END PUBLIC KEY-----";
    let written = pem.replace('\n', "\\n");
    assert_eq!(trust(&format!("\"{written}\"")), Some(Trust::Key(PublicKey::Pem(pem.to_owned()))));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    insta::assert_snapshot!(problems("scans: { fail_no: high, annotations: 1000 }\n", "{ must_hav: [trivy] }"), @r#"
    7:16 there is no key "must_hav" here -> did you mean `must_have`?
    8:10 there is no key "fail_no" here -> did you mean `fail_on`?
    8:38 1000 is not a number of annotations -> write a number from 0 to 500
    "#);
    insta::assert_snapshot!(problems("scans: { fail_on: bad, coverage: { minimum: 101 }, known_exploited: yes }\n", "{ fail_on: high }"), @r#"
    8:19 "bad" is not a severity (critical, high, medium, low, info) or the word none -> write something like `high`
    8:45 101 is not a number of percent -> write a number from 0 to 100
    8:69 "yes" is not one of the words block and show -> write something like `block`
    "#);
    insta::assert_snapshot!(problems("scans: { platforms: [amd64], waivers: [{ id: X, until: soon, reason: y }] }\n", "{ forks: true }"), @r#"
    7:16 there is no key "forks" here -> write one of fail_on, must_have, new_only, known_exploited, end_of_life, nothing_to_look_at, tests, coverage, platforms, signatures, or remove it
    8:22 "amd64" is not a platform: an operating system and an architecture -> write something like `linux/amd64`
    8:56 "soon" is not a day, written as year-month-day -> write something like `2026-12-31`
    "#);
    insta::assert_snapshot!(problems("", "{}"), @r#"
    7:7 scans are required, and nothing is asked of them -> add `fail_on: high` or `must_have: [TOOL]`, here or under the file's own `scans`
    "#);
    insta::assert_snapshot!(problems("scans: { signatures: { require: [sbom] } }\n", "{ signatures: { require: [sbom] } }"), @r#"
    7:30 signatures are required, and nothing says under what they verify -> add `key:` or `keyless:` to `signatures` under the file's own `scans`
    8:24 signatures are required, and nothing says under what they verify -> add `key:` or `keyless:` to `signatures` under the file's own `scans`
    "#);
    insta::assert_snapshot!(problems("scans: { waive: { by: [] }, signatures: { key: ../x, keyless: { issuer: x, identity: y } } }\n", "{ fail_on: low }"), @r#"
    8:19 this list is empty -> add an entry, or remove the key
    8:48 "../x" is not a public key as PEM, or the path of a file in the repository -> write something like `keys/cosign.pub`
    8:73 "x" is not an http or https address -> write something like `https://shop.example`
    "#);
    insta::assert_snapshot!(problems("scans: { signatures: { key: x, keyless: { issuer: \"https://x\", identity: y } } }\n", "{ fail_on: low }"), @r#"
    8:32 signatures verify under a key or under an identity, not under both -> keep one of `key` and `keyless`
    "#);
}
