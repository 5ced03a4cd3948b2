//! The last lines: what was compared with what, and what is to be told about waivers.

use std::collections::{BTreeMap, BTreeSet};

use super::details::date;
use super::{View, code, words};
use crate::clock::Timestamp;
use crate::ids::CommitSha;
use crate::markdown::Markdown;
use crate::report::{Compared, PassedOver, Row, Waiver};

/// With which earlier reports those of this commit were compared, and which could not be compared.
pub(super) fn baselines(view: &View<'_>) -> Markdown {
    let mut compared: BTreeMap<(Timestamp, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut given: BTreeSet<&str> = BTreeSet::new();
    let mut alone: BTreeMap<&str, u64> = BTreeMap::new();
    for row in view.standing.rows.iter().filter(|row| is_comparable(row)) {
        let tool = &*row.tool.name;
        match &row.baseline {
            // The baseline of a command line is of no commit.
            Some(Compared { commit, .. }) if *commit == CommitSha::none() => {
                given.insert(tool);
            }
            Some(Compared { commit, at }) => {
                compared.entry((*at, commit.short())).or_default().insert(tool);
            }
            None => *alone.entry(tool).or_default() += row.counts.values().sum::<u64>(),
        }
    }
    if given.is_empty() && compared.is_empty() && alone.is_empty() {
        return Markdown::new();
    }
    let lines = compared.into_iter().rev().map(|((at, commit), tools)| {
        let tools = Markdown::join(tools.into_iter().map(|tool| code(tool, 60)), ", ");
        let line = Markdown::from("- ").with(tools).with(": compared with the report of ");
        line.with(code(commit, 40)).with(", ").with(age(at, view.now)).with("\n")
    });
    let alone = alone.into_iter().map(|(tool, findings)| {
        let line = Markdown::from("- ")
            .with(code(tool, 60))
            .with(": no baseline; a gate on new findings counts all ");
        line.with(findings).with("\n")
    });
    let given = (!given.is_empty()).then(|| {
        let tools = Markdown::join(given.into_iter().map(|tool| code(tool, 60)), ", ");
        Markdown::from("- ").with(tools).with(": compared with the baseline that was given\n")
    });
    Markdown::from("\n### Baselines\n\n")
        .with(Markdown::join(given.into_iter().chain(lines).chain(alone), ""))
}

/// A report in which anything could be new.
fn is_comparable(row: &Row) -> bool {
    row.baseline.is_some() || row.counts.values().any(|count| *count > 0)
}

fn age(then: Timestamp, now: Timestamp) -> Markdown {
    let hours = now.since(then).as_secs() / 3600;
    match hours {
        0 => Markdown::from("less than an hour old"),
        1 => Markdown::from("an hour old"),
        hours if hours < 48 => Markdown::from(hours).with(" hours old"),
        hours => Markdown::from(hours / 24).with(" days old"),
    }
}

/// Waivers that count no more, soon will not, or never did.
pub(super) fn waivers(view: &View<'_>) -> Markdown {
    let news = &view.standing.waivers;
    let kinds: [(&'static str, &[Waiver]); 3] = [
        ("expired, and what it let through counts again", &news.expired),
        ("expires soon", &news.expiring),
        ("fits nothing that was found; take it out", &news.unmatched),
    ];
    let lines =
        kinds.into_iter().flat_map(|(said, waivers)| waivers.iter().map(move |waiver| line(said, waiver)));
    let lines: Vec<Markdown> = lines.collect();
    if lines.is_empty() {
        return Markdown::new();
    }
    Markdown::from("\n### Waivers\n\n").with(Markdown::join(lines, ""))
}

/// What stood beside the reports and is none: somebody may have meant it to be one.
pub(super) fn passed_over(view: &View<'_>) -> Markdown {
    let lines = view.standing.passed_over.iter().map(|PassedOver { artifact, files }| {
        let names = Markdown::join(files.named.iter().map(|name| code(name, 120)), ", ");
        let more = files.count.saturating_sub(files.named.len() as u64);
        let line = Markdown::from("- ").with(code(artifact, 80)).with(": ").with(files.count);
        let line = line.with(if files.count == 1 { " file: " } else { " files: " }).with(names);
        if more == 0 { line.with("\n") } else { line.with(" and ").with(more).with(" more\n") }
    });
    let lines: Vec<Markdown> = lines.collect();
    if lines.is_empty() {
        return Markdown::new();
    }
    Markdown::from(
        "\n### Files that are no reports\n\nNo format that is known here; they count for nothing.\n\n",
    )
    .with(Markdown::join(lines, ""))
}

fn line(said: &'static str, waiver: &Waiver) -> Markdown {
    let line = Markdown::from("- ").with(code(&waiver.id, 80));
    let line = match &waiver.only {
        Some(only) => line.with(" in ").with(code(only, 90)),
        None => line,
    };
    line.with(" ")
        .with(said)
        .with(" (until ")
        .with(date(waiver.until))
        .with(", by ")
        .with(words(&waiver.by, 60))
        .with(": ")
        .with(words(&waiver.reason, 120))
        .with(")\n")
}
