//! What is said to somebody who let a finding through, took that back, or wants reports read again.

use crate::command::{FindingId, Waive};
use crate::ids::CommitSha;
use crate::markdown::{Markdown, Untrusted};

/// A finding is let through, until when, and how to take that back.
pub fn waived(wish: &Waive) -> Markdown {
    let only = wish.only.as_deref().map(|only| Markdown::from(", only in ").with(code(only)));
    Markdown::from("**")
        .with(code(wish.finding.as_str()))
        .with("** is let through in this repository until the end of ")
        .with(Markdown::stored(wish.until.to_string()))
        .with(" (UTC)")
        .with(only.unwrap_or_default())
        .with(". What waits for it is judged again. Take it back with ")
        .with(code(&format!("/unwaive {}", wish.finding)))
        .with(".")
}

/// A finding is let through no longer.
pub fn unwaived(finding: &FindingId) -> Markdown {
    Markdown::from("**").with(code(finding.as_str())).with("** counts again. What waits is judged again.")
}

/// So many runs of a commit are read again.
pub fn scanning(commit: &CommitSha, runs: usize) -> Markdown {
    let about = Markdown::from(" of ").with(code(commit.short()));
    match runs {
        0 => Markdown::from("No workflow run")
            .with(about)
            .with(" has finished yet: its reports are read when one has."),
        1 => Markdown::from("The reports of the one finished workflow run")
            .with(about)
            .with(" are read again."),
        _ => Markdown::from("The reports of the ")
            .with(Markdown::stored(runs.to_string()))
            .with(" finished workflow runs")
            .with(about)
            .with(" are read again."),
    }
}

fn code(text: &str) -> Markdown {
    Untrusted::new(text).at_most(200).code()
}
