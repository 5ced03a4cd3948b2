//! Whether what scanners found is bad enough to stop.

use super::super::{Condition, Named, Novelties, Severity, Tally, Text};
use super::{Gate, Judged, few, tools};
use crate::requirement::Code;

/// No finding as bad as the policy says.
pub(super) fn severity(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let least = gate.fail_on?;
    let new = if gate.new_only { "new " } else { "" };
    let title = match least {
        Severity::Critical => format!("no {new}CRITICAL finding"),
        least => format!("no {new}finding of {least} or worse"),
    };
    let reach: Vec<(Severity, u64)> = reach(gate, tally, least);
    let Some((worst, _)) = reach.first() else { return Some(nothing(gate, tally, title)) };
    let counts = reach.iter().map(|(severity, count)| format!("{count} {severity}")).collect::<Vec<_>>();
    let counts = counts.join(", ");
    let named = tally.worst.iter().filter(|it| weight(it.severity) >= least && (it.new || !gate.new_only));
    let named: Vec<&Named> = named.collect();
    let total = reach.iter().map(|(_, count)| count).sum();
    let sentence =
        format!("{counts}: {}.{}{} {NEXT}", list(&named, total), unknown(gate, tally), expired(tally));
    let judged = Judged { title, actual: counts, decided_by: found_by(gate, tally, &named) };
    Some(judged.fails(code(*worst), sentence))
}

/// Nothing that is known to be exploited, old or new: somebody else does not wait for the next commit.
pub(super) fn exploited(gate: &Gate, tally: &Tally) -> Option<Condition> {
    if !gate.known_exploited {
        return None;
    }
    let title = "nothing that is known to be exploited".to_owned();
    let count = tally.known_exploited;
    if count == 0 {
        return Some(nothing(gate, tally, title));
    }
    let named: Vec<&Named> = tally.worst.iter().filter(|it| it.known_exploited).collect();
    let sentence = format!("{count} known to be exploited: {}. {NEXT}", list(&named, count));
    let judged = Judged { title, actual: count.to_string(), decided_by: found_by(gate, tally, &named) };
    Some(judged.fails(Code::FindingsExploited, sentence))
}

const NEXT: &str = "Mend them and push, or let them through with `/waive ID --until DATE --reason \"…\"`.";

/// That nothing was found says something only where somebody looked.
fn nothing(gate: &Gate, tally: &Tally, title: String) -> Condition {
    let scans = gate.scans(tally);
    let judged = Judged { title, actual: "none".to_owned(), decided_by: tools(&scans) };
    if scans.is_empty() {
        let judged = Judged { actual: "nobody looked".to_owned(), ..judged };
        let sentence = "No scanner's report that can be relied on came of this commit, so nobody knows. Run a \
                        scanner on this commit, and upload what it writes.";
        return judged.pending(Code::ReportMissing, sentence);
    }
    judged.holds("None is open.")
}

/// How many of each severity count, worst first.
fn reach(gate: &Gate, tally: &Tally, least: Severity) -> Vec<(Severity, u64)> {
    let count = |it: &Novelties| {
        let existing = if gate.new_only { 0 } else { it.existing };
        it.new.saturating_add(it.unknown).saturating_add(existing)
    };
    let mut reach: Vec<(Severity, u64)> = Vec::new();
    for severity in Severity::ALL.into_iter().filter(|severity| *severity != Severity::Unknown) {
        let of_weight = tally.open.iter().filter(|(known, _)| weight(**known) == severity);
        let count = of_weight.map(|(_, it)| count(it)).fold(0, u64::saturating_add);
        if severity >= least && count > 0 {
            reach.push((severity, count));
        }
    }
    reach
}

/// What nobody rated is taken for high.
fn weight(severity: Severity) -> Severity {
    if severity == Severity::Unknown { Severity::High } else { severity }
}

fn code(worst: Severity) -> Code {
    match worst {
        Severity::Critical => Code::FindingsCritical,
        Severity::High | Severity::Unknown => Code::FindingsHigh,
        Severity::Medium => Code::FindingsMedium,
        Severity::Low => Code::FindingsLow,
        Severity::Info => Code::FindingsInfo,
    }
}

/// `CVE-2021-44228 in log4j-core 2.14.1 (grype, trivy; fixed in 2.15.0)`.
fn list(named: &[&Named], total: u64) -> String {
    let told: Vec<String> = named.iter().map(|it| tell(it)).collect();
    few(&told, total)
}

fn tell(named: &Named) -> String {
    let place = if named.place.is_empty() { String::new() } else { format!(" in {}", named.place) };
    let fix = named.fixed_in.as_ref().map(|version| format!("; fixed in {version}")).unwrap_or_default();
    format!("{}{place} ({}{fix})", named.id, named.tools.join(", "))
}

fn unknown(gate: &Gate, tally: &Tally) -> String {
    let without = tally.open.values().map(|it| it.unknown).fold(0, u64::saturating_add);
    if !gate.new_only || without == 0 {
        return String::new();
    }
    " Where a tool has no baseline to compare with, all that it found counts as new.".to_owned()
}

fn expired(tally: &Tally) -> String {
    match &*tally.expired_waivers {
        [] => String::new(),
        ids => format!(" Waivers that have expired: {}.", few(ids, ids.len() as u64)),
    }
}

/// Who found what is named; where nothing is, whoever looked.
fn found_by<'t>(gate: &Gate, tally: &'t Tally, named: &[&'t Named]) -> Vec<&'t Text> {
    let found: Vec<&Text> = named.iter().flat_map(|it| &it.tools).collect();
    if found.is_empty() { tools(&gate.scans(tally)) } else { found }
}
