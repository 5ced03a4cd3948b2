//! The third part: what is new, the worst first, put together by what mends it.

use url::Url;

use super::group::Upgrade;
use super::{Group, View, code, more, of_novelty, words};
use crate::markdown::Markdown;
use crate::report::{Category, Novelty, Problem, Reference, Severity, Text};

const HEADER: [&str; 4] = ["Severity", "What", "Where", "Found by"];
/// How many places and names stand in a cell.
const LISTED: usize = 3;

/// Whether to say what mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// It is still there.
    Told,
    /// It is gone.
    None,
}

/// What is new, and what may be, as far as it fits.
pub(super) fn new(view: &View<'_>, limit: usize) -> Markdown {
    let fresh = of_novelty(view, |problem| problem.novelty == Novelty::New);
    let untold = of_novelty(view, |problem| problem.novelty == Novelty::Unknown);
    let (fresh, fresh_style) = parted(fresh);
    let (untold, untold_style) = parted(untold);
    let mut text = Markdown::new();
    let mut add = |heading: &'static str, groups: &[Group<'_>]| {
        let room = limit.saturating_sub(text.len());
        text.push(section(heading, groups, room, view.page));
    };
    add("New", &fresh);
    add("Found, with no baseline to tell what is new", &untold);
    add("New, of style and types", &fresh_style);
    add("Found, of style and types, with no baseline", &untold_style);
    text
}

/// What a gate may look at, and style.
fn parted(groups: Vec<Group<'_>>) -> (Vec<Group<'_>>, Vec<Group<'_>>) {
    groups.into_iter().partition(Group::is_gated)
}

/// A heading with the exact number, and a table of whole rows.
fn section(heading: &'static str, groups: &[Group<'_>], limit: usize, page: Option<&Url>) -> Markdown {
    if groups.is_empty() {
        return Markdown::new();
    }
    let all: usize = groups.iter().map(|group| group.problems.len()).sum();
    let heading = Markdown::from("\n### ").with(heading).with(": ").with(all).with("\n");
    // The sentence about what is left out has a link in it.
    let ending = 200 + page.map_or(0, |page| page.as_str().len());
    let (table, left_out) = table(groups, Advice::Told, limit.saturating_sub(heading.len() + ending));
    let text = heading.with(table).with(more(left_out, "findings", page));
    if text.len() <= limit { text } else { Markdown::new() }
}

/// The rows that fit, and how many problems are in those that do not.
pub(super) fn table(groups: &[Group<'_>], advice: Advice, limit: usize) -> (Markdown, usize) {
    let rows = groups.iter().map(|group| row(group, advice));
    let (table, shown) = Markdown::table_within(HEADER, rows, limit);
    let left_out = groups.iter().skip(shown).map(|group| group.problems.len()).sum();
    if shown == 0 { (Markdown::new(), left_out) } else { (table, left_out) }
}

fn row(group: &Group<'_>, advice: Advice) -> [Markdown; 4] {
    [severity(group), what(group, advice), places(group), found_by(group)]
}

fn severity(group: &Group<'_>) -> Markdown {
    Markdown::from("**").with(group.severity.as_str()).with("**")
}

/// The package with its upgrade, or the rule with its title.
fn what(group: &Group<'_>, advice: Advice) -> Markdown {
    let Some(first) = group.first() else { return Markdown::new() };
    let cell = match &first.finding.package {
        Some(package) => Markdown::from("**")
            .with(words(&package.name, 100))
            .with("** ")
            .with(words(&package.version, 60))
            .with(": ")
            .with(names(group))
            .with(match advice {
                Advice::Told => upgrade(group, &package.name, &package.version),
                Advice::None => Markdown::new(),
            }),
        None => rule(group, first),
    };
    cell.with(exploited(group))
}

/// The names that a waiver takes, with a link where there is more to read.
fn names(group: &Group<'_>) -> Markdown {
    let named = group.problems.iter().take(LISTED).map(|problem| name(problem, &problem.id));
    and_more(Markdown::join(named, ", "), group.problems.len())
}

fn name(problem: &Problem, id: &str) -> Markdown {
    let id = code(id, 80);
    match problem.reference() {
        Some(Reference::Public(url)) => Markdown::link(id, &url),
        Some(Reference::Said { url, host }) => {
            Markdown::link(id, &url).with(" (").with(words(&host, 60)).with(")")
        }
        None => id,
    }
}

fn rule(group: &Group<'_>, first: &Problem) -> Markdown {
    let rule = &first.finding.rule;
    let id = if group.problems.len() == 1 { &first.id } else { &*rule.id };
    let said = if rule.title.trim().is_empty() { &first.finding.message } else { &rule.title };
    let cell = name(first, id).with(" ").with(words(said, 160));
    match first.finding.secret.as_ref().and_then(|secret| secret.verified) {
        Some(true) => cell.with(" · **it works**"),
        Some(false) => cell.with(" · tried, and it does not work"),
        None => cell,
    }
}

/// `fix: upgrade x 1.2 → 1.4 removes 7 of 9`.
fn upgrade(group: &Group<'_>, name: &str, installed: &str) -> Markdown {
    let Some(Upgrade { to, removes }) = group.upgrade().filter(|upgrade| upgrade.removes > 0) else {
        let state = group.first().and_then(|first| first.finding.advisory.as_ref()?.fix_state.as_ref());
        return match state {
            Some(state) => Markdown::from("; no fix: ").with(words(state, 40)),
            None => Markdown::from("; no fix is known"),
        };
    };
    let all = group.problems.len();
    let advice =
        Markdown::from("; fix: upgrade ").with(words(name, 100)).with(" ").with(words(installed, 60));
    let advice = advice.with(" → **").with(words(to, 60)).with("**");
    match (removes, all) {
        (_, 1) => advice,
        (removes, all) if removes == all => advice.with(" removes ").with(removes),
        (removes, all) => advice.with(" removes ").with(removes).with(" of ").with(all),
    }
}

/// What CISA and FIRST say, where a report carries it.
fn exploited(group: &Group<'_>) -> Markdown {
    let mut text = Markdown::new();
    if group.is_exploited() {
        text.push(" · **known to be exploited**");
    }
    let likelihood = group.likelihood();
    if likelihood > 0 {
        text.push(Markdown::stored(format!(" · EPSS {}.{} %", likelihood / 10, likelihood % 10)));
    }
    text
}

/// The first places; for packages what they were found in.
fn places(group: &Group<'_>) -> Markdown {
    let mut named: Vec<String> = Vec::new();
    let mut count = 0;
    for problem in &group.problems {
        let place = place(problem);
        if !place.is_empty() && !named.contains(&place) {
            count += 1;
            if named.len() < LISTED {
                named.push(place);
            }
        }
    }
    and_more(Markdown::join(named.iter().map(|place| code(place, 90)), ", "), count)
}

/// A file with its line, an address, or what was scanned.
pub(crate) fn place(problem: &Problem) -> String {
    let finding = &problem.finding;
    if let Some(place) = &finding.place {
        return match place.line {
            Some(line) => format!("{}:{line}", place.file),
            None => place.file.to_string(),
        };
    }
    if let Some(endpoint) = &finding.endpoint {
        let parameter = endpoint.parameter.iter().map(|parameter| format!(" ({parameter})"));
        let parameter: String = parameter.collect();
        return format!("{} {}{parameter}", endpoint.method, endpoint.url).trim().to_owned();
    }
    match (&finding.target, finding.category) {
        (Some(target), _) => target.to_string(),
        (None, Category::Test) => finding.rule.id.to_string(),
        (None, _) => String::new(),
    }
}

/// `grype+trivy`, and `HIGH grype / MEDIUM trivy` where they disagree.
fn found_by(group: &Group<'_>) -> Markdown {
    let (tools, disputed) = group.tools();
    let named = tools.iter().take(LISTED).map(|tool| words(tool, 40));
    let cell = and_more(Markdown::join(named, "+"), tools.len());
    if disputed.is_empty() {
        return cell;
    }
    let said = disputed.iter().take(LISTED).map(|(severity, tool): &(Severity, &Text)| {
        Markdown::from(severity.as_str()).with(" ").with(words(tool, 40))
    });
    cell.with(": ").with(Markdown::join(said, " / "))
}

fn and_more(named: Markdown, all: usize) -> Markdown {
    match all.saturating_sub(LISTED) {
        0 => named,
        more => named.with(" and ").with(more).with(" more"),
    }
}
