//! What stands beside lines of the change: open findings, one annotation for each line.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::title::counted;
use super::{View, plain};
use crate::check_run::one_line;
use crate::markdown::Markdown;
use crate::report::{Category, Novelty, Problem, Severity};

/// GitHub takes 64 KiB; nobody reads so much beside a line.
const LONGEST_MESSAGE: usize = 4_000;
/// How many findings are told at one line.
const LISTED: usize = 10;

/// One remark beside a line. Plain text: GitHub reads no Markdown here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Annotation {
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// How loud.
    pub level: Level,
    /// What is wrong, in a few words.
    pub title: String,
    /// What is wrong.
    pub message: String,
}

/// How loud an annotation is; the loudest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For what is HIGH or worse, and tests that failed.
    Failure,
    /// For what is MEDIUM.
    Warning,
    /// For the rest.
    Notice,
}

impl Level {
    /// GitHub's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// The annotations, and a sentence that says how many there are and how many could be.
pub(super) fn of(view: &View<'_>) -> (Vec<Annotation>, Markdown) {
    let mut by_line: BTreeMap<(&str, u32), Vec<&Problem>> = BTreeMap::new();
    let mut elsewhere = 0_usize;
    for problem in &view.standing.open {
        match line(view, problem) {
            Some(at) => by_line.entry(at).or_default().push(problem),
            None => elsewhere += 1,
        }
    }
    let mut all: Vec<_> =
        by_line.into_iter().map(|((path, line), problems)| remark(path, line, problems)).collect();
    all.sort_by_key(|(rank, _)| *rank);
    let lines = all.len();
    let annotations: Vec<Annotation> =
        all.into_iter().take(view.annotations).map(|(_, annotation)| annotation).collect();
    let beside = sentence(annotations.len(), lines, elsewhere);
    (annotations, beside)
}

/// The changed line that a finding is about; none for what is only called a file, and for lines that stayed.
fn line<'a>(view: &View<'_>, problem: &'a Problem) -> Option<(&'a str, u32)> {
    let place = problem.finding.place.as_ref().filter(|place| !place.pseudo)?;
    let first = place.line?;
    let line = view.changed.touched(&place.file, first, place.end_line.unwrap_or(first))?;
    Some((&place.file, line))
}

fn remark(
    path: &str,
    line: u32,
    mut problems: Vec<&Problem>,
) -> ((Level, bool, Reverse<Severity>), Annotation) {
    problems.sort_by_key(|problem| (level(problem), Reverse(problem.severity)));
    let worst = problems.first().map_or(Severity::Unknown, |problem| problem.severity);
    let loudest = problems.first().map_or(Level::Notice, |problem| level(problem));
    let old = problems.iter().all(|problem| problem.novelty == Novelty::Existing);
    let mut said: Vec<String> = problems.iter().take(LISTED).map(|problem| told(problem)).collect();
    if problems.len() > LISTED {
        said.push(format!("and {} more on this line", problems.len() - LISTED));
    }
    let title = match problems.as_slice() {
        [one] => heading(one),
        several => format!("{}, the worst {worst}", counted(several.len() as u64, "finding", "findings")),
    };
    let annotation = Annotation {
        path: path.to_owned(),
        line,
        level: loudest,
        title: plain(&title),
        message: capped(&said.join("\n\n")),
    };
    ((loudest, old, Reverse(worst)), annotation)
}

/// Style is told at its own volume, however loud its tool is.
fn level(problem: &Problem) -> Level {
    let category = problem.finding.category;
    let style = matches!(category, Category::Lint | Category::Type);
    match problem.severity {
        _ if category == Category::Test => Level::Failure,
        Severity::Critical | Severity::High if !style => Level::Failure,
        Severity::Critical | Severity::High | Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info | Severity::Unknown => Level::Notice,
    }
}

fn heading(problem: &Problem) -> String {
    let rule = &problem.finding.rule;
    let about = if rule.title.is_empty() { &rule.id } else { &rule.title };
    format!("{}: {about}", problem.severity)
}

/// One finding: the tools, its name for a waiver, and what is wrong.
fn told(problem: &Problem) -> String {
    let tools: Vec<&str> = problem.said.iter().map(|said| &*said.tool).collect();
    let message = problem.finding.message.trim();
    let message = if message.is_empty() { problem.finding.rule.title.trim() } else { message };
    let words = one_line(&format!("{} {} ({}): {message}", problem.severity, problem.id, tools.join("+")));
    match words.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words,
    }
}

fn capped(text: &str) -> String {
    if text.len() <= LONGEST_MESSAGE {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST_MESSAGE - 3);
    format!("{}…", text.get(..end).unwrap_or_default())
}

fn sentence(annotated: usize, lines: usize, elsewhere: usize) -> Markdown {
    if lines == 0 {
        return Markdown::new();
    }
    let text = Markdown::from("\n*Beside the diff: ").with(annotated);
    let text = if annotated == lines { text } else { text.with(" of ").with(lines) };
    let line = if lines == 1 { " changed line" } else { " changed lines" };
    text.with(line).with(" with findings. On lines that did not change: ").with(elsewhere).with(".*\n")
}
