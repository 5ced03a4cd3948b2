//! Semgrep's JSON (`semgrep --json`): patterns in code, secrets, and dependencies that are reachable.
//! <https://github.com/semgrep/semgrep-interfaces>, `semgrep_output_v1.atd`

mod rule;

use serde::Deserialize;

use super::Format;
use crate::report::input::json::{Json, Kind};
use crate::report::input::loose::{One, Several, Truth, Whole, Word};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::{Sketch, Value};
use crate::report::span;
use crate::report::weakness::weakness;
use crate::report::{Advisory, Category, Draft, Finding, Package, Rule, Secret, Severity, Suppression};
use rule::stable;

/// Semgrep's JSON.
pub(super) const FORMAT: Format = Format { name: "semgrep", recognises, read };

/// What Semgrep writes where a fingerprint or code would stand, for who is not logged in.
const PLACEHOLDER: &str = "requires login";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    check_id: Word<'a>,
    path: Word<'a>,
    start: One<Position>,
    end: One<Position>,
    extra: One<Extra<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Position {
    line: Whole,
    col: Whole,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Extra<'a> {
    #[serde(borrow)]
    message: Word<'a>,
    severity: Word<'a>,
    metadata: One<Metadata<'a>>,
    fingerprint: Word<'a>,
    is_ignored: Truth,
    validation_state: Word<'a>,
    sca_info: Option<One<SupplyChain<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    category: Word<'a>,
    technology: Several<'a>,
    cwe: Several<'a>,
    source: Word<'a>,
    shortlink: Word<'a>,
    cve: Several<'a>,
    ghsa: Several<'a>,
    #[serde(rename = "sca-vuln-database-identifier")]
    database: Several<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SupplyChain<'a> {
    #[serde(borrow)]
    dependency_match: One<Match<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Match<'a> {
    #[serde(borrow)]
    found_dependency: One<Dependency<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    package: Word<'a>,
    version: Word<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem<'a> {
    #[serde(borrow)]
    level: Word<'a>,
    message: Word<'a>,
    /// A word, or a list that begins with one.
    r#type: Several<'a>,
}

/// What the report says about the scan itself.
#[derive(Default)]
struct Scan {
    results: Option<u64>,
    /// How many files were looked at, where that is told.
    scanned: Option<u64>,
    errors: u64,
    first_error: String,
    warnings: u64,
    /// Files and rules that were given up: they took too long or too much memory.
    given_up: u64,
    skipped_rules: u64,
}

/// The kinds of warnings after which the rest was looked at: a part of a file that is not understood, a rule that
/// this Semgrep is too old for. After any other, time or memory ran out, or nobody knows
/// (`semgrep_output_v1.atd`, `error_type`).
const WENT_ON: [&str; 12] = [
    "PartialParsing",
    "Syntax error",
    "Lexical error",
    "Other syntax error",
    "AST builder error",
    "Rule parse error",
    "Pattern parse error",
    "PatternParseError",
    "Incompatible rule",
    "IncompatibleRule",
    "Missing plugin",
    "SemgrepWarning",
];

fn recognises(sketch: &Sketch) -> bool {
    let Some(root) = sketch.json().filter(|root| root.is_object()) else { return false };
    let Some(results) = root.list(&["results"]) else { return false };
    let ours = |first: &Value| first.has(&["check_id", "path"]);
    let bandit = root.has(&["generated_at"]);
    results.first().map_or_else(|| root.list(&["errors"]).is_some() && !bandit, ours)
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("semgrep");
    let mut scan = Scan::default();
    let mut json = input.json();
    json.object(|json, key| match key {
        "version" => {
            let version = json.text()?;
            draft.tool("semgrep", version.as_deref());
            Ok(())
        }
        "results" => {
            scan.results = Some(0);
            json.list(|json| {
                add(draft, json.read()?);
                scan.results = scan.results.map(|results| results + 1);
                Ok(())
            })
        }
        "errors" => json.list(|json| {
            problem(&mut scan, &json.read()?);
            Ok(())
        }),
        "paths" if json.peek()? == Kind::Object => json.object(|json, key| match key {
            "scanned" => count(json).map(|files| scan.scanned = files),
            _ => Ok(()),
        }),
        "skipped_rules" => count(json).map(|rules| scan.skipped_rules = rules.unwrap_or_default()),
        _ => Ok(()),
    })?;
    json.end()?;
    judge(draft, &scan)
}

/// How many items a list has; none where there is no list.
fn count(json: &mut Json<'_>) -> Result<Option<u64>> {
    if json.peek()? != Kind::List {
        return json.skip().map(|()| None);
    }
    let mut items = 0;
    json.list(|json| {
        items += 1;
        json.skip()
    })?;
    Ok(Some(items))
}

fn problem(scan: &mut Scan, problem: &Problem<'_>) {
    let warns = problem.level.0.to_ascii_lowercase().starts_with("warn");
    let went_on = problem.r#type.0.first().is_none_or(|kind| WENT_ON.contains(&&*kind.0));
    let count = match (warns, went_on) {
        (true, true) => {
            scan.warnings += 1;
            return;
        }
        (true, false) => &mut scan.given_up,
        (false, _) => &mut scan.errors,
    };
    *count += 1;
    if *count == 1 {
        let line = problem.message.0.lines().next().unwrap_or_default();
        scan.first_error = line.chars().take(200).collect();
    }
}

fn judge(draft: &mut Draft, scan: &Scan) -> Result<()> {
    let Some(results) = scan.results else {
        return Err(Fault::new("There are no results in this report of Semgrep, not even an empty list."));
    };
    if scan.errors > 0 {
        let (errors, first) = (scan.errors, &scan.first_error);
        draft.partial(format!("Semgrep could not look at everything; it names {errors} errors: {first}"));
    }
    if scan.given_up > 0 {
        let (given_up, first) = (scan.given_up, scan.first_error.trim_end_matches([':', '.', ' ']));
        draft.partial(format!("Semgrep gave up {given_up} of its looks ({first}). Give it more time or memory, or leave the file out."));
    }
    match scan.scanned {
        Some(0) => draft.partial("Semgrep says that it looked at no file: check its paths and its ignores."),
        None if results == 0 => {
            draft.partial("The report does not say which files Semgrep looked at: there may have been none.");
        }
        _ => {}
    }
    if scan.warnings > 0 {
        draft.note(format!("Semgrep warns of {} files or rules that it read only in part.", scan.warnings));
    }
    if scan.skipped_rules > 0 {
        draft.partial(format!(
            "Semgrep left out {} rules, which another version of it knows: upgrade it.",
            scan.skipped_rules
        ));
    }
    Ok(())
}

fn add(draft: &mut Draft, item: Item<'_>) {
    let extra = item.extra.0;
    let metadata = extra.metadata.0;
    let id = stable(&item.check_id.0);
    let dependency = extra.sca_info.map(|info| info.0.dependency_match.0.found_dependency.0);
    let category = category(&metadata, &item.check_id.0, dependency.is_some());
    let rule = draft.rule(Rule {
        id: id.into(),
        title: id.rsplit('.').next().unwrap_or(id).replace(['-', '_'], " ").into(),
        cwe: metadata.cwe.0.iter().filter_map(|text| weakness(&text.0)).collect(),
        url: metadata.shortlink.some().or(metadata.source.some()).map(Into::into),
    });
    let word = extra.severity.0.to_ascii_uppercase();
    let mut finding = Finding::new(category, severity(&word), rule);
    finding.native = (!word.is_empty()).then(|| draft.text(&word));
    if category == Category::Secret {
        // Such a rule's message may have the secret put into it.
        finding.secret = Some(Secret { verified: verified(&extra.validation_state.0), mark: None });
    } else {
        finding.message = draft.message(&extra.message.0);
    }
    let (start, end) = (item.start.0, item.end.0);
    finding.place = span(draft, &item.path.0, start.line.natural(), end.line.natural(), start.col.natural());
    finding.tool_fingerprint =
        extra.fingerprint.some().filter(|mark| *mark != PLACEHOLDER).map(|mark| draft.message(mark));
    if extra.is_ignored.0 == Some(true) {
        let kind = draft.text("nosemgrep");
        finding.suppressed = Some(Box::new(Suppression { kind, reason: Box::default() }));
    }
    if let Some(dependency) = dependency {
        finding.package = package(&dependency);
        finding.advisory = advisory(draft, &metadata);
    }
    draft.add(finding);
}

/// Words old and new, mixed in one file.
fn severity(word: &str) -> Severity {
    match word {
        "ERROR" => Severity::High,
        "WARNING" => Severity::Medium,
        "INFO" | "INVENTORY" | "EXPERIMENT" => Severity::Low,
        known => Severity::from_word(known).unwrap_or(Severity::Unknown),
    }
}

/// What a rule of Semgrep's is about, by its metadata; one that does not say is about security.
fn category(metadata: &Metadata<'_>, id: &str, dependency: bool) -> Category {
    let secret = |word: &str| matches!(word.to_ascii_lowercase().as_str(), "secret" | "secrets");
    if dependency {
        return Category::Vulnerability;
    }
    if secret(&metadata.category.0) || metadata.technology.0.iter().any(|word| secret(&word.0)) {
        return Category::Secret;
    }
    // Hard-coded passwords, cryptographic keys, and credentials of any kind.
    let hard_coded = metadata
        .cwe
        .0
        .iter()
        .filter_map(|text| weakness(&text.0))
        .any(|number| matches!(number, 259 | 321 | 798));
    if hard_coded || id.split('.').any(secret) {
        return Category::Secret;
    }
    match metadata.category.some() {
        None | Some("security") => Category::Code,
        Some(_) => Category::Lint,
    }
}

fn verified(state: &str) -> Option<bool> {
    match state {
        "CONFIRMED_VALID" => Some(true),
        "CONFIRMED_INVALID" => Some(false),
        _ => None,
    }
}

fn package(dependency: &Dependency<'_>) -> Option<Box<Package>> {
    let name = dependency.package.some()?.into();
    Some(Box::new(Package { purl: None, name, version: (&*dependency.version.0).into() }))
}

fn advisory(draft: &Draft, metadata: &Metadata<'_>) -> Option<Box<Advisory>> {
    let ids = [&metadata.cve, &metadata.ghsa, &metadata.database].into_iter().flat_map(|ids| &ids.0);
    let mut aliases: Vec<Box<str>> =
        ids.filter(|id| id.0.contains('-')).map(|id| draft.message(&id.0)).collect();
    aliases.sort();
    aliases.dedup();
    (!aliases.is_empty()).then(|| Box::new(Advisory { aliases, ..Advisory::default() }))
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};
    use crate::report::{Category, Severity};

    fn report(results: &str, errors: &str, scanned: &str) -> String {
        format!(
            r#"{{"version":"1.9.0","results":[{results}],"errors":[{errors}],"paths":{{"scanned":[{scanned}]}}}}"#
        )
    }

    fn result(metadata: &str, extra: &str) -> String {
        format!(
            r#"{{"check_id":"rules.a-rule","path":"a.py","start":{{"line":1,"col":2}},"end":{{"line":3}},
            "extra":{{"message":"the key is hunter2","severity":"ERROR","metadata":{{{metadata}}}{extra}}}}}"#
        )
    }

    #[test]
    fn a_scan_that_looked_at_less_than_all_is_not_whole() {
        assert_eq!(state(&report("", "", "\"a.py\"")), "ok");
        assert_eq!(state(&report("", "", "")), "partial");
        assert_eq!(state(r#"{"results":[],"errors":[]}"#), "partial");
        let error = |level| format!(r#"{{"level":"{level}","message":"x"}}"#);
        assert_eq!(state(&report("", &error("error"), "\"a.py\"")), "partial");
        assert_eq!(state(&report("", &error("warn"), "\"a.py\"")), "ok");
        let warned = |kind| format!(r#"{{"level":"warn","message":"x","type":{kind}}}"#);
        for kind in [r#""Syntax error""#, r#"["PartialParsing",[{"path":"a.py"}]]"#, r#""Missing plugin""#] {
            assert_eq!(state(&report("", &warned(kind), "\"a.py\"")), "ok", "{kind}");
        }
        for kind in [
            r#""Timeout""#,
            r#""Out of memory""#,
            r#""Stack overflow""#,
            r#""Fixpoint timeout""#,
            r#""Of tomorrow""#,
            r#"["OfTomorrow",[]]"#,
        ] {
            assert_eq!(state(&report("", &warned(kind), "\"a.py\"")), "partial", "{kind}");
        }
        assert_eq!(state(&report("", "", "").replace("}}", "")), "unreadable");
    }

    #[test]
    fn a_finding_says_what_it_is_about() {
        let report = one(&report(&result(r#""cwe":["CWE-89: SQL"],"category":"security""#, ""), "", "1"));
        let finding = &report.findings[0];
        assert_eq!((finding.category, finding.severity), (Category::Code, Severity::High));
        assert_eq!((&*finding.rule.id, &*finding.rule.cwe), ("a-rule", &[89][..]));
        assert_eq!(finding.place.as_ref().unwrap().end_line, Some(3));
        assert_eq!(report.tool.version.as_deref(), Some("1.9.0"));
    }

    #[test]
    fn a_rule_about_secrets_tells_none() {
        for metadata in [r#""category":"secrets""#, r#""technology":["secrets"]"#, r#""cwe":"CWE-798: x""#] {
            let text = report(&result(metadata, r#","validation_state":"CONFIRMED_VALID""#), "", "1");
            let finding = &one(&text).findings[0];
            assert_eq!(finding.category, Category::Secret, "{metadata}");
            assert_eq!(finding.secret.as_ref().unwrap().verified, Some(true));
            assert!(!serde_json::to_string(finding).unwrap().contains("hunter2"));
        }
    }

    #[test]
    fn what_is_not_about_security_is_lint() {
        let text = report(&result(r#""category":"best-practice""#, ""), "", "1");
        assert_eq!(one(&text).findings[0].category, Category::Lint);
    }

    #[test]
    fn a_placeholder_is_no_fingerprint_and_what_is_ignored_is_suppressed() {
        let text = result("", r#","fingerprint":"requires login","is_ignored":true"#);
        let report = one(&report(&text, "", "1"));
        assert_eq!(report.findings[0].tool_fingerprint, None);
        assert_eq!((report.counts.findings, report.counts.suppressed), (1, 1));
    }

    #[test]
    fn a_dependency_is_a_vulnerability() {
        let text = result(
            r#""sca-vuln-database-identifier":"CVE-2024-1","ghsa":"GHSA-x""#,
            r#","sca_info":{"reachable":true,"dependency_match":{"found_dependency":{"package":"lodash","version":"1.0"}}}"#,
        );
        let finding = &one(&report(&text, "", "1")).findings[0];
        assert_eq!(finding.category, Category::Vulnerability);
        assert_eq!(&*finding.package.as_ref().unwrap().name, "lodash");
        assert_eq!(finding.advisory.as_ref().unwrap().aliases, ["CVE-2024-1".into(), "GHSA-x".into()]);
    }
}
