//! What a commit's reports say, as the check run `countersign/scans` that a reviewer decides from.
//!
//! The verdict, the table of what is asked, and the table of the reports always stand in it. Everything else
//! is cut by whole rows where it is too long, with the number of what is left out. What is cut is only shown
//! less: the verdict is of the conditions, which are judged from exact numbers.

mod annotations;
mod conditions;
mod details;
mod findings;
mod group;
mod judged;
mod news;
mod reports;
mod title;
mod version;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Button, CheckRun, CheckStatus, Conclusion, button, plain};
use crate::clock::Timestamp;
use crate::ids::EnvironmentName;
use crate::markdown::{Markdown, Untrusted, cut_to_bytes};
use crate::report::{Changed, Condition, Problem, Standing};
use crate::requirement::Verdict;

pub use annotations::{Annotation, Level};
pub use group::{Group, groups};
pub use judged::Judged;

pub(crate) use conditions::merged;
pub(crate) use findings::place;
pub(crate) use title::title;

/// What the check run is called, which branch protection may require.
pub const NAME: &str = "countersign/scans";
/// The identifier of the button that has the reports read again.
pub const SCAN: &str = "scan";
/// How many lines are annotated unless the policy says another number.
pub const ANNOTATIONS: usize = 50;

/// What our own mark in a check run begins with.
const MARK: &str = "scans:";
/// GitHub takes 65,535 bytes in each of the two texts.
const LONGEST: usize = 60_000;
const LONGEST_CONDITIONS: usize = 14_000;
const LONGEST_REPORTS: usize = 20_000;
const LONGEST_NEWS: usize = 6_000;

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// How the commit stands.
    pub standing: &'a Standing,
    /// What the policy asks of it.
    pub gates: &'a [Gated],
    /// Where everything is shown that is cut here.
    pub page: Option<&'a Url>,
    /// Which lines may be annotated.
    pub changed: &'a Changed,
    /// How many lines are annotated at most.
    pub annotations: usize,
    /// Tells how old a baseline is.
    pub now: Timestamp,
}

/// What one gate asks of a commit's reports, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gated {
    /// The environments that ask for it; none when the policy asks it of every commit.
    pub environments: Vec<EnvironmentName>,
    /// What it asks for. Everything is shown here that is judged, and nothing else.
    pub conditions: Vec<Condition>,
}

/// A check run with what only this one has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scans {
    /// Its verdict, its title, the first text and the button. Whoever sends it writes the external id.
    pub shown: CheckRun,
    /// The second text.
    pub text: Option<String>,
    /// What stands beside lines of the change, the worst first.
    pub annotations: Vec<Annotation>,
}

/// How a commit stands by everything that is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// The policy asks nothing.
    Ungated,
    /// Everything holds.
    Passed,
    /// Something may hold yet: reports are still being read, or a job has not sent them.
    Waiting,
    /// Something does not hold.
    Blocked,
}

/// The check run of a commit as it stands.
pub fn of_commit(view: &View<'_>) -> Scans {
    let (annotations, beside) = annotations::of(view);
    let shown = CheckRun {
        name: NAME.to_owned(),
        external_id: Mark::default().to_string(),
        status: status(overall(view.standing, view.gates)),
        title: plain(&title(view)),
        summary: summary(view, beside),
        buttons: buttons(),
    };
    let text = details::details(view, LONGEST);
    Scans { shown, text: (!text.is_empty()).then(|| text.into()), annotations }
}

/// What stands in a check run of ours for ourselves: how many annotations it was given, and of which list.
///
/// GitHub only ever adds annotations. The mark changes in the request that brings them, so that none is sent
/// twice, whatever dies when; and a check run that has some which are no longer true is replaced by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Which list; it may grow, and a list that loses something is another.
    pub list: u32,
    /// How many of the list were sent.
    pub sent: u32,
}

impl Mark {
    /// What the external id of a check run says, if it is one of a commit's reports.
    pub fn parse(external_id: &str) -> Option<Self> {
        let (list, sent) = external_id.strip_prefix(MARK)?.split_once(':')?;
        let mark = Self { list: list.parse().ok()?, sent: sent.parse().ok()? };
        (mark.to_string() == external_id).then_some(mark)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{}:{}", self.list, self.sent)
    }
}

/// The verdict over everything that is asked.
pub fn overall(standing: &Standing, gates: &[Gated]) -> Overall {
    let worst = gates.iter().flat_map(|gate| &gate.conditions).map(|one| one.requirement.verdict).max();
    match worst {
        _ if gates.is_empty() => Overall::Ungated,
        _ if standing.tally.pending > 0 => Overall::Waiting,
        Some(Verdict::Fails) => Overall::Blocked,
        Some(Verdict::Pending) => Overall::Waiting,
        Some(Verdict::Holds) => Overall::Passed,
        // A gate that asks for nothing passes nothing.
        None => Overall::Ungated,
    }
}

/// Neutral lets a required check pass, so it is said only where nothing is asked.
fn status(overall: Overall) -> CheckStatus {
    match overall {
        Overall::Ungated => CheckStatus::Completed(Conclusion::Neutral),
        Overall::Passed => CheckStatus::Completed(Conclusion::Success),
        Overall::Blocked => CheckStatus::Completed(Conclusion::Failure),
        Overall::Waiting => CheckStatus::InProgress,
    }
}

/// What fits after the two tables is given to the findings, and the sentences at the end have their place.
fn summary(view: &View<'_>, beside: Markdown) -> String {
    let top = conditions::conditions(view, LONGEST_CONDITIONS).with(reports::reports(view, LONGEST_REPORTS));
    let news = cut_to_bytes(news::baselines(view), LONGEST_NEWS)
        .with(cut_to_bytes(news::waivers(view), LONGEST_NEWS))
        .with(cut_to_bytes(news::passed_over(view), LONGEST_NEWS))
        .with(beside);
    let room = LONGEST.saturating_sub(top.len() + news.len());
    top.with(findings::new(view, room)).with(news).into()
}

fn buttons() -> Vec<Button> {
    vec![button("Scan again", "Read the commit's reports again".to_owned(), SCAN)]
}

/// The problems of one list, as the tables and the page show them: groups, worst first.
fn of_novelty<'a>(view: &View<'a>, is: impl Fn(&Problem) -> bool) -> Vec<Group<'a>> {
    groups(view.standing.open.iter().filter(|problem| is(problem)))
}

/// `and 312 more: the full list`, where something is left out.
fn more(left_out: usize, what: &'static str, page: Option<&Url>) -> Markdown {
    if left_out == 0 {
        return Markdown::new();
    }
    let words = Markdown::from("\nand ").with(left_out).with(" more ").with(what);
    match page {
        Some(page) => words.with(": ").with(Markdown::link("the full list", page)).with("\n"),
        None => words.with(".\n"),
    }
}

/// What a report calls something, on one line.
fn words(text: &str, longest: usize) -> Markdown {
    Untrusted::new(text).at_most(longest).inline()
}

/// The same, to be read as code.
fn code(text: &str, longest: usize) -> Markdown {
    Untrusted::new(text).at_most(longest).code()
}
