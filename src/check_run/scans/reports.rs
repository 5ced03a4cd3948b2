//! The second table: one row for each report, whether it can be relied on, and what it says.

use std::cmp::Reverse;

use url::Url;

use super::{View, code, more, words};
use crate::comment::prose;
use crate::markdown::Markdown;
use crate::report::{Coverage, Row, Severity, SignatureFact, State, TestTotals};

const HEADER: [&str; 5] = ["", "Report", "State", "C / H / M / L / I", "Compared"];
/// How much of a reason is shown; less where the table would not fit.
const WIDTHS: [usize; 3] = [400, 120, 40];
/// Tools that look at style and types. What they pass in silence needs no row of its own.
const LINTERS: [&str; 9] =
    ["black", "checkstyle", "flake8", "hadolint", "helm-lint", "mypy", "pylint", "ruff", "yamllint"];

/// All reports, those first that cannot be relied on.
///
/// It is never cut: where it is too long its cells are, then the rows of reports in which nothing was found
/// become a number, and only then the rest.
pub(super) fn reports(view: &View<'_>, limit: usize) -> Markdown {
    if view.standing.rows.is_empty() {
        return Markdown::from("\nThere is no report of this commit.\n");
    }
    let (silent, mut rows): (Vec<&Row>, Vec<&Row>) =
        view.standing.rows.iter().partition(|row| is_silent_linter(row));
    rows.sort_by_key(|row| (row.state.is_ok(), Reverse(found(row))));
    let room = limit.saturating_sub(1_000);
    let heading = || Markdown::from("\n### Reports\n");
    let full = (0..WIDTHS.len())
        .map(|level| Markdown::table(HEADER, rows.iter().map(|row| cells(row, level))).with(passed(&silent)))
        .find(|text| text.len() <= room);
    if let Some(full) = full {
        return if rows.is_empty() { heading().with(passed(&silent)) } else { heading().with(full) };
    }
    let cells = rows.iter().map(|row| cells(row, WIDTHS.len()));
    let (table, shown) = Markdown::table_within(HEADER, cells, room);
    let rest = rows.get(shown..).unwrap_or_default();
    let broken = rest.iter().filter(|row| !row.state.is_ok()).count();
    heading().with(table).with(more(broken, "reports that cannot be relied on", view.page)).with(more(
        rest.len() - broken + silent.len(),
        "reports",
        view.page,
    ))
}

/// Everything that was found or not run, to put what needs eyes first.
fn found(row: &Row) -> u64 {
    let tests = row.tests.map_or(0, |tests| tests.failed + tests.errored);
    row.counts.values().sum::<u64>() + tests
}

fn is_silent_linter(row: &Row) -> bool {
    row.state.is_ok()
        && row.notes.is_empty()
        && found(row) + row.fixed + row.waived == 0
        && LINTERS.contains(&&*row.tool.name)
}

/// `✅ Nothing found by flake8 7.1.0, mypy 1.13.0.`
fn passed(silent: &[&Row]) -> Markdown {
    const NAMED: usize = 12;
    if silent.is_empty() {
        return Markdown::new();
    }
    let named = Markdown::join(silent.iter().take(NAMED).map(|row| tool(row)), ", ");
    let rest = silent.len().saturating_sub(NAMED);
    let line = Markdown::from("\n✅ Nothing found by ").with(named);
    if rest == 0 { line.with(".\n") } else { line.with(" and ").with(rest).with(" more.\n") }
}

fn cells(row: &Row, level: usize) -> [Markdown; 5] {
    let width = WIDTHS.get(level).copied();
    [Markdown::from(sign(row)), report(row, width), state(row, width), says(row), compared(row)]
}

fn sign(row: &Row) -> &'static str {
    match &row.state {
        State::Ok => "✅",
        State::Partial { .. } | State::Missing => "⚠️",
        State::Withheld { .. } => "➖",
        State::ScanFailed { .. } | State::Unreadable { .. } => "❌",
    }
}

fn tool(row: &Row) -> Markdown {
    let name = Markdown::from("**").with(words(&row.tool.name, 40)).with("**");
    match &row.tool.version {
        Some(version) => name.with(" ").with(words(version, 24)),
        None => name,
    }
}

/// The tool, what it looked at, and where its file is.
fn report(row: &Row, width: Option<usize>) -> Markdown {
    let mut cell = tool(row);
    if let Some(target) = &row.target {
        cell = cell.with(" · ").with(code(target, width.unwrap_or(24).min(80)));
    }
    if row.origin.fork {
        cell = cell.with(" · of a fork");
    }
    let Some(width) = width else { return cell };
    let artifact = row.origin.artifact.as_deref().unwrap_or(&row.origin.entry);
    let name = words(artifact, width.min(60));
    match row.origin.url.as_deref().and_then(|url| Url::parse(url).ok()) {
        Some(url) if !name.is_empty() => cell.with(" · ").with(Markdown::link(name, &url)),
        Some(_) | None => cell,
    }
}

fn state(row: &Row, width: Option<usize>) -> Markdown {
    let word = Markdown::from(match &row.state {
        State::Ok => "ok",
        State::Partial { .. } => "partial",
        State::ScanFailed { .. } => "scan failed",
        State::Unreadable { .. } => "unreadable",
        State::Missing => "missing",
        State::Withheld { .. } => "not shown to us",
    });
    let Some(width) = width else { return word };
    let why = row.state.why().into_iter().chain(row.notes.iter().map(String::as_str));
    let signature = signature(&row.signature);
    let reasons = why.map(|why| sentence(why, width)).chain(signature);
    reasons.fold(word, |cell, reason| cell.with("; ").with(reason))
}

fn sentence(why: &str, width: usize) -> Markdown {
    if why.chars().nth(width).is_none() { prose(why) } else { words(why, width) }
}

fn signature(signature: &SignatureFact) -> Option<Markdown> {
    Some(match signature {
        SignatureFact::None => return None,
        SignatureFact::Unverified => Markdown::from("signed, and nothing says by which key: not verified"),
        SignatureFact::Verified { by, .. } => Markdown::from("signature verified: ").with(code(by, 80)),
        SignatureFact::Failed { why } => {
            Markdown::from("**signature does not verify**: ").with(words(why, 120))
        }
    })
}

/// What it found, or how the tests went, or what it lists.
fn says(row: &Row) -> Markdown {
    let mut said = Vec::new();
    if let Some(tests) = &row.tests {
        said.push(tests_in_words(tests));
    }
    if let Some(coverage) = &row.coverage {
        said.push(covered(coverage));
    }
    if let Some((specification, components)) = &row.inventory {
        said.push(words(specification, 40).with(", ").with(*components).with(" components"));
    }
    let about_else = !said.is_empty();
    if found(row) > 0 && row.tests.is_none() || !about_else && row.state != State::Missing {
        said.insert(0, counts(row));
    }
    Markdown::join(said, "; ")
}

fn counts(row: &Row) -> Markdown {
    let count = |severity: Severity| row.counts.get(&severity).copied().unwrap_or_default();
    let rated = Severity::ALL.into_iter().filter(|severity| *severity != Severity::Unknown);
    let cell = Markdown::join(rated.map(|severity| Markdown::from(count(severity))), " / ");
    match count(Severity::Unknown) {
        0 => cell,
        unrated => cell.with(" + ").with(unrated).with(" unrated"),
    }
}

fn tests_in_words(tests: &TestTotals) -> Markdown {
    let parts = [
        (tests.failed, " failed"),
        (tests.errored, " broke"),
        (tests.passed, " passed"),
        (tests.skipped, " skipped"),
    ];
    let told = parts.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<Markdown> = told.map(|(count, word)| Markdown::from(count).with(word)).collect();
    if told.is_empty() { Markdown::from("no tests ran") } else { Markdown::join(told, ", ") }
}

fn covered(coverage: &Coverage) -> Markdown {
    match coverage.percent() {
        Some(percent) => Markdown::stored(format!("{percent:.1} % of lines covered")),
        None => Markdown::from("nothing was covered"),
    }
}

/// New, existing, fixed and waived; what is none is left out.
fn compared(row: &Row) -> Markdown {
    let new = if row.baseline.is_some() { " new" } else { " with no baseline" };
    let parts = [(row.new, new), (row.existing, " existing"), (row.fixed, " fixed"), (row.waived, " waived")];
    let told = parts.into_iter().filter(|(count, _)| *count > 0);
    Markdown::join(told.map(|(count, word)| Markdown::from(count).with(word)), " · ")
}
