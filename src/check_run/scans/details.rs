//! The second text: everything that no decision waits for, folded up.

use super::findings::{Advice, table};
use super::{View, code, groups, more, of_novelty, words};
use crate::comment::prose;
use crate::markdown::Markdown;
use crate::report::{Novelty, Problem, Row, State};

/// How many bytes each section has at least, however long those before it are.
const LEAST: usize = 6_000;

/// A heading, how many things are below it, and as much of them as fits.
type Section<'a> = (&'static str, usize, &'a dyn Fn(usize) -> Markdown);

/// Six sections. Each may use what the ones before it left, so that none hides the next.
pub(super) fn details(view: &View<'_>, limit: usize) -> Markdown {
    let standing = view.standing;
    let fixed = |room| gone(view, standing.fixed.iter(), room);
    let waived = |room| waived(view, room);
    let existing = |room| {
        let groups = of_novelty(view, |problem| problem.novelty == Novelty::Existing);
        let (table, left_out) = table(&groups, Advice::Told, room);
        table.with(more(left_out, "findings", view.page))
    };
    let suppressed = |room| suppressed(view, room);
    let unreadable = |room| unreadable(view, room);
    let count = |is: Novelty| standing.open.iter().filter(|problem| problem.novelty == is).count();
    let broken = broken(&standing.rows).count();
    let of_forks = |room| gone(view, standing.of_forks.iter(), room);
    let sections: [Section<'_>; 6] = [
        ("Fixed", standing.fixed.len(), &fixed),
        ("Waived", standing.waived.len(), &waived),
        ("Existing, in the baseline too", count(Novelty::Existing), &existing),
        ("Suppressed by the tools themselves", standing.suppressed.len(), &suppressed),
        ("Reports that cannot be relied on", broken, &unreadable),
        ("Of forks' runs, which count neither for nor against", standing.of_forks.len(), &of_forks),
    ];
    let mut text = Markdown::new();
    for (index, (heading, count, body)) in sections.into_iter().enumerate() {
        let later = sections.iter().skip(index + 1).filter(|(_, count, _)| *count > 0).count();
        let reserved = later * LEAST;
        let room = limit.saturating_sub(text.len() + reserved);
        text.push(section(heading, count, body, room));
    }
    text
}

fn section(heading: &'static str, count: usize, body: &dyn Fn(usize) -> Markdown, limit: usize) -> Markdown {
    if count == 0 {
        return Markdown::new();
    }
    let start =
        Markdown::from("\n<details><summary>").with(heading).with(": ").with(count).with("</summary>\n\n");
    let end = "\n</details>\n";
    // The sentence about what is left out, with its link.
    let room = limit.saturating_sub(start.len() + end.len() + 600);
    start.with(body(room)).with(end)
}

fn gone<'a>(view: &View<'_>, these: impl Iterator<Item = &'a Problem>, room: usize) -> Markdown {
    let (table, left_out) = table(&groups(these), Advice::None, room);
    table.with(more(left_out, "findings", view.page))
}

fn waived(view: &View<'_>, room: usize) -> Markdown {
    let rows = view.standing.waived.iter().map(|problem| {
        let (until, who, why) = match &problem.waiver {
            Some(waiver) => (date(waiver.until), words(&waiver.by, 60), words(&waiver.reason, 200)),
            None => (Markdown::new(), Markdown::new(), Markdown::new()),
        };
        [
            Markdown::from(problem.severity.as_str()),
            code(&problem.id, 80).with(" ").with(about(problem)),
            until,
            who,
            why,
        ]
    });
    let (table, shown) = Markdown::table_within(["Severity", "What", "Until", "By", "Why"], rows, room);
    table.with(more(view.standing.waived.len() - shown, "findings", view.page))
}

fn suppressed(view: &View<'_>, room: usize) -> Markdown {
    let rows = view.standing.suppressed.iter().map(|problem| {
        let tools = problem.said.iter().take(3).map(|said| words(&said.tool, 40));
        let (by, why) = match &problem.finding.suppressed {
            Some(reason) => (words(&reason.kind, 60), words(&reason.reason, 200)),
            None => (Markdown::new(), Markdown::new()),
        };
        [
            Markdown::from(problem.severity.as_str()),
            code(&problem.id, 80).with(" ").with(about(problem)),
            Markdown::join(tools, "+"),
            by,
            why,
        ]
    });
    let (table, shown) = Markdown::table_within(["Severity", "What", "Found by", "By", "Why"], rows, room);
    table.with(more(view.standing.suppressed.len() - shown, "findings", view.page))
}

/// In what: the package, or the place.
fn about(problem: &Problem) -> Markdown {
    match &problem.finding.package {
        Some(package) => words(&package.name, 100).with(" ").with(words(&package.version, 60)),
        None => code(&super::findings::place(problem), 90),
    }
}

fn broken(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter().filter(|row| !row.state.is_ok())
}

fn unreadable(view: &View<'_>, room: usize) -> Markdown {
    let rows = broken(&view.standing.rows).map(|row| {
        let file = [row.origin.artifact.as_deref().unwrap_or_default(), &row.origin.entry].join("/");
        let why = match &row.state {
            State::Missing => Markdown::from("the policy asks for it, and there is none"),
            state => prose(state.why().unwrap_or_default()),
        };
        let why = match (&row.waiver, &row.id) {
            (Some(waiver), _) => why.with(" *Let through until ").with(date(waiver.until)).with(".*"),
            (None, Some(id)) => why.with(" To let it through: ").with(code(&format!("/waive {id}"), 80)),
            (None, None) => why,
        };
        [
            words(&row.tool.name, 40),
            code(file.trim_matches('/'), 120),
            Markdown::from(row.state.as_str()),
            why,
        ]
    });
    let (table, shown) = Markdown::table_within(["Tool", "File", "State", "Why, and what to do"], rows, room);
    table.with(more(broken(&view.standing.rows).count() - shown, "reports", view.page))
}

/// A day as `2026-12-31`.
pub(super) fn date(day: jiff::civil::Date) -> Markdown {
    Markdown::stored(day.to_string())
}
