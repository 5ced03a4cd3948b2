//! Everything that is known of the reports, for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::files::Files;
use crate::check_run::scans::{Gated, Overall, overall};
use crate::report::{Coverage, Finding, Inventory, PassedOver, Received, Standing, TestTotals};
use crate::requirement::Verdict;

#[derive(Serialize)]
struct Document<'a> {
    verdict: &'static str,
    conditions: Vec<Condition<'a>>,
    files: Vec<Reading<'a>>,
    /// Files beside them that are no reports.
    passed_over: &'a [PassedOver],
    problems: &'a [String],
}

#[derive(Serialize)]
struct Condition<'a> {
    title: &'a str,
    actual: &'a str,
    verdict: Verdict,
    code: &'static str,
    sentence: &'a str,
    decided_by: Vec<&'a str>,
}

/// One report. A file with several, such as SARIF with several runs, stands here as often.
#[derive(Serialize)]
struct Reading<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    entry: &'a str,
    sha256: &'a str,
    tool: &'a str,
    tool_version: Option<&'a str>,
    format: &'a str,
    state: &'static str,
    why: Option<&'a str>,
    notes: &'a [String],
    target: Option<&'a str>,
    counts: Counts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tests: Option<TestTotals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a Coverage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory: Option<&'a Inventory>,
    findings: &'a [Finding],
}

#[derive(Serialize)]
struct Counts<'a> {
    findings: u64,
    suppressed: u64,
    native: &'a BTreeMap<String, u64>,
    severity: BTreeMap<&'static str, u64>,
}

pub(super) fn document(files: &Files, standing: &Standing, gates: &[Gated]) -> String {
    let document = Document {
        verdict: match overall(standing, gates) {
            Overall::Passed => "passed",
            Overall::Ungated => "nothing asked",
            Overall::Waiting | Overall::Blocked => "failed",
        },
        conditions: gates.iter().flat_map(|gate| &gate.conditions).map(condition).collect(),
        files: files.reports.iter().map(file).collect(),
        passed_over: &files.passed_over,
        problems: &files.problems,
    };
    // Nothing in it can fail to be written: every key is a text.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn condition(condition: &crate::report::Condition) -> Condition<'_> {
    Condition {
        title: &condition.title,
        actual: &condition.actual,
        verdict: condition.requirement.verdict,
        code: condition.requirement.code.as_str(),
        sentence: &condition.requirement.sentence,
        decided_by: condition.decided_by.iter().map(AsRef::as_ref).collect(),
    }
}

fn file(received: &Received) -> Reading<'_> {
    let Received { report, origin } = received;
    Reading {
        file: origin.artifact.as_deref().unwrap_or_default(),
        entry: &origin.entry,
        sha256: &origin.sha256,
        tool: &report.tool.name,
        tool_version: report.tool.version.as_deref(),
        format: &report.format,
        state: report.state.as_str(),
        why: report.state.why(),
        notes: &report.notes,
        target: report.target.as_deref(),
        counts: Counts {
            findings: report.counts.findings,
            suppressed: report.counts.suppressed,
            native: &report.counts.native,
            severity: report
                .counts
                .severity
                .iter()
                .map(|(severity, count)| (severity.as_str(), *count))
                .collect(),
        },
        tests: report.tests,
        coverage: report.coverage.as_ref(),
        inventory: report.inventory.as_ref(),
        findings: &report.findings,
    }
}
