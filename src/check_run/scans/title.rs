//! The one line that everybody sees: the verdict, its reason, and the numbers.

use super::conditions::{Shown, merged};
use super::{Overall, View, overall};
use crate::report::{Condition, Severity, Tally};
use crate::requirement::{Code, Verdict};

/// How many reasons are named.
const NAMED: usize = 4;
/// How many tools are named with each.
const TOOLS: usize = 2;

/// Plain text, of any length: whoever shows it makes it safe.
pub(crate) fn title(view: &View<'_>) -> String {
    let tally = &view.standing.tally;
    let asked = merged(view.gates);
    match overall(view.standing, view.gates) {
        Overall::Ungated => format!("The policy asks nothing of these reports: {}", numbers(tally)),
        Overall::Passed => format!("Passed: {}", numbers(tally)),
        Overall::Blocked => format!("Blocked: {}", reasons(&asked, Verdict::Fails).join(" · ")),
        Overall::Waiting => waiting(tally, &asked),
    }
}

fn waiting(tally: &Tally, asked: &[Shown<'_>]) -> String {
    let so_far = reasons(asked, Verdict::Fails);
    let so_far =
        if so_far.is_empty() { String::new() } else { format!(" · so far {}", so_far.join(" · ")) };
    match tally.pending {
        0 => format!("Waiting: {}{so_far}", reasons(asked, Verdict::Pending).join(" · ")),
        pending => format!("Reading {}{so_far}", counted(u64::from(pending), "more report", "more reports")),
    }
}

fn reasons(asked: &[Shown<'_>], verdict: Verdict) -> Vec<String> {
    let these: Vec<_> = asked.iter().filter(|shown| shown.condition.requirement.verdict == verdict).collect();
    let mut named: Vec<String> = these.iter().take(NAMED).map(|shown| reason(shown)).collect();
    if these.len() > NAMED {
        named.push(format!("{} more", these.len() - NAMED));
    }
    named
}

/// `2 new HIGH (trivy)`, `sbom missing`, `tests pass: 3 of 214 failed (junit)`.
fn reason(shown: &Shown<'_>) -> String {
    let condition = shown.condition;
    let said = said(condition);
    let lowercase = said.to_lowercase();
    let tools = condition.decided_by.iter().map(|tool| &**tool);
    let tools: Vec<&str> = tools.filter(|tool| !lowercase.contains(&tool.to_lowercase())).collect();
    let more = tools.len().saturating_sub(TOOLS);
    let named = tools.iter().take(TOOLS).copied().collect::<Vec<_>>().join(", ");
    match (named.is_empty(), more) {
        (true, _) => said,
        (false, 0) => format!("{said} ({named})"),
        (false, more) => format!("{said} ({named} and {more} more)"),
    }
}

/// What is so, in words that stand alone.
fn said(condition: &Condition) -> String {
    let Condition { title, actual, .. } = condition;
    if let Some(name) = title.strip_prefix("report: ") {
        return format!("{name} {}", actual.replace('_', " "));
    }
    match condition.requirement.code {
        Code::FindingsExploited => format!("{actual} known to be exploited"),
        Code::ReportPartial | Code::ReportFailed | Code::ReportUnreadable => {
            format!("{} be relied on", actual.replace(" cannot", " reports cannot"))
        }
        Code::EndOfLife => format!("no longer supported: {actual}"),
        Code::NothingToLookAt => format!("a scan of nothing: {actual}"),
        Code::SubjectMismatch => format!("{} about another image", actual.trim_end_matches(" not")),
        Code::FindingsCritical
        | Code::FindingsHigh
        | Code::FindingsMedium
        | Code::FindingsLow
        | Code::FindingsInfo => {
            let new = if title.contains(" new ") { "new " } else { "" };
            let counts = actual.split(", ").map(|count| count.replacen(' ', &format!(" {new}"), 1));
            counts.collect::<Vec<_>>().join(", ")
        }
        _ => format!("{title}: {actual}"),
    }
}

/// `4 reports · 3 open (1 HIGH, 2 LOW) · 214 tests · 81.2 % covered`.
fn numbers(tally: &Tally) -> String {
    let mut numbers = vec![counted(tally.reports.len() as u64, "report", "reports"), open(tally)];
    if let Some(tests) = tally.tests {
        let bad = tests.failed + tests.errored;
        numbers.push(match bad {
            0 => counted(tests.cases, "test", "tests"),
            bad => format!("{bad} of {} failed", counted(tests.cases, "test", "tests")),
        });
    }
    if let Some(percent) = tally.coverage.as_ref().and_then(|coverage| coverage.now.percent()) {
        numbers.push(format!("{percent:.1} % covered"));
    }
    numbers.join(" · ")
}

fn open(tally: &Tally) -> String {
    let by_severity: Vec<(Severity, u64)> = Severity::ALL
        .into_iter()
        .filter_map(|severity| {
            let these = tally.open.get(&severity)?;
            Some((severity, these.new + these.existing + these.unknown)).filter(|(_, count)| *count > 0)
        })
        .collect();
    let all: u64 = by_severity.iter().map(|(_, count)| count).sum();
    if all == 0 {
        return "nothing open".to_owned();
    }
    let words: Vec<String> =
        by_severity.iter().map(|(severity, count)| format!("{count} {severity}")).collect();
    format!("{all} open ({})", words.join(", "))
}

pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
