//! The first table: exactly what is asked, what is so, and whose report decides it.

use super::{Gated, Overall, View, code, overall};
use crate::comment::prose;
use crate::ids::EnvironmentName;
use crate::markdown::{Markdown, Untrusted};
use crate::report::{Condition, Text};
use crate::requirement::Verdict;

const HEADER: [&str; 5] = ["", "What is asked", "What is so", "Decided by", "For"];
/// How many characters of a cell are shown; fewer where the table would not fit.
const WIDTHS: [usize; 4] = [300, 100, 40, 16];
/// How many of a list stand in a cell; fewer likewise.
const LISTED: [usize; 4] = [8, 4, 2, 1];

/// One thing that is asked, by however many gates.
#[derive(Debug, Clone)]
pub(crate) struct Shown<'a> {
    pub(crate) condition: &'a Condition,
    pub(crate) environments: Vec<&'a EnvironmentName>,
    /// It is asked of every commit, wherever it goes.
    pub(crate) everywhere: bool,
}

/// What several gates ask alike stands once. What does not hold stands first.
pub(crate) fn merged(gates: &[Gated]) -> Vec<Shown<'_>> {
    let mut all: Vec<Shown<'_>> = Vec::new();
    for gate in gates {
        for condition in &gate.conditions {
            let same = |shown: &&mut Shown<'_>| {
                let (one, other) = (shown.condition, condition);
                (&one.title, &one.actual, &one.decided_by) == (&other.title, &other.actual, &other.decided_by)
                    && one.requirement == other.requirement
            };
            match all.iter_mut().find(same) {
                Some(shown) => {
                    shown.environments.extend(&gate.environments);
                    shown.everywhere |= gate.environments.is_empty();
                }
                None => all.push(Shown {
                    condition,
                    environments: gate.environments.iter().collect(),
                    everywhere: gate.environments.is_empty(),
                }),
            }
        }
    }
    for shown in &mut all {
        shown.environments.sort_unstable();
        shown.environments.dedup();
    }
    all.sort_by_key(|shown| std::cmp::Reverse(shown.condition.requirement.verdict));
    all
}

/// The verdict in a sentence, the table, and for what does not hold why and what to do.
///
/// It is never cut: where it is too long its cells are, and in the end what holds becomes one row.
pub(super) fn conditions(view: &View<'_>, limit: usize) -> Markdown {
    let asked = merged(view.gates);
    let verdict = verdict(view, &asked);
    if asked.is_empty() {
        return verdict;
    }
    let room = limit.saturating_sub(verdict.len());
    let detailed = table(&asked, 0).with(advice(&asked));
    if detailed.len() <= room {
        return verdict.with(detailed);
    }
    let narrow = (0..WIDTHS.len()).map(|level| table(&asked, level)).find(|table| table.len() <= room);
    verdict.with(narrow.unwrap_or_else(|| in_numbers(&asked, room)))
}

fn verdict(view: &View<'_>, asked: &[Shown<'_>]) -> Markdown {
    let unmet = asked.iter().filter(|shown| shown.condition.requirement.verdict != Verdict::Holds).count();
    let of = |one: &'static str, many: &'static str| {
        let words = if asked.len() == 1 { " condition " } else { " conditions " };
        let verb = if unmet == 1 { one } else { many };
        Markdown::from(unmet).with(" of ").with(asked.len()).with(words).with(verb)
    };
    match overall(view.standing, view.gates) {
        Overall::Ungated => Markdown::from(
            "The policy asks nothing of these reports: this check passes nothing and blocks nothing.\n",
        ),
        Overall::Passed => Markdown::from("Everything that the policy asks of these reports holds.\n"),
        Overall::Waiting if view.standing.tally.pending > 0 => {
            Markdown::from("Reports of this commit are still being read (")
                .with(view.standing.tally.pending)
                .with("); this is how it stands so far.\n")
        }
        Overall::Waiting => of("does not hold yet.\n", "do not hold yet.\n"),
        Overall::Blocked => of("does not hold.\n", "do not hold.\n"),
    }
}

fn table(asked: &[Shown<'_>], level: usize) -> Markdown {
    Markdown::table(HEADER, asked.iter().map(|shown| row(shown, level)))
}

fn row(shown: &Shown<'_>, level: usize) -> [Markdown; 5] {
    let width = WIDTHS.get(level).copied().unwrap_or(16);
    let listed = LISTED.get(level).copied().unwrap_or(1);
    let condition = shown.condition;
    [
        Markdown::from(sign(condition.requirement.verdict)),
        Untrusted::new(&condition.title).at_most(width).inline(),
        Untrusted::new(&condition.actual).at_most(width).inline(),
        list(condition.decided_by.iter().map(Text::as_ref), listed),
        if shown.everywhere {
            Markdown::from("every commit")
        } else {
            list(shown.environments.iter().map(|name| name.as_str()), listed)
        },
    ]
}

fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> Markdown {
    let more = names.len().saturating_sub(most);
    let listed = Markdown::join(names.take(most).map(|name| code(name, 60)), ", ");
    if more == 0 { listed } else { listed.with(" and ").with(more).with(" more") }
}

/// One line for each that does not hold.
fn advice(asked: &[Shown<'_>]) -> Markdown {
    let open = asked.iter().filter(|shown| shown.condition.requirement.verdict != Verdict::Holds);
    let lines = open.map(|shown| {
        let requirement = &shown.condition.requirement;
        let line = Markdown::from("- ")
            .with(sign(requirement.verdict))
            .with(" ")
            .with(prose(&requirement.sentence))
            .with(" (")
            .with(code(requirement.code.as_str(), 60))
            .with(")");
        match &requirement.who {
            Some(who) => line.with(" *Who can act:* ").with(prose(who)).with(".\n"),
            None => line.with("\n"),
        }
    });
    Markdown::from("\n").with(Markdown::join(lines, "")).with("\n")
}

/// When even the narrowest table is too long: as many rows as fit, and how many there are of each kind.
fn in_numbers(asked: &[Shown<'_>], room: usize) -> Markdown {
    const SENTENCE: usize = 200;
    let rows = asked.iter().map(|shown| row(shown, WIDTHS.len()));
    let (table, shown) = Markdown::table_within(HEADER, rows, room.saturating_sub(SENTENCE));
    let rest = asked.get(shown..).unwrap_or_default();
    let count = |verdict| rest.iter().filter(|one| one.condition.requirement.verdict == verdict).count();
    table
        .with("\nand ")
        .with(rest.len())
        .with(" more: ")
        .with(count(Verdict::Fails))
        .with(" fail, ")
        .with(count(Verdict::Pending))
        .with(" wait, ")
        .with(count(Verdict::Holds))
        .with(" hold.\n")
}

pub(super) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "✅",
        Verdict::Pending => "⏳",
        Verdict::Fails => "❌",
    }
}
