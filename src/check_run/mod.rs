//! A promotion as a check run: what a reviewer decides from, with the buttons to decide.

mod proof;
pub mod scans;
#[cfg(test)]
mod tests;

use crate::command::misleads;
use crate::comment::{Pages, facts, missing, next, table};
use crate::ids::{PromotionId, PromotionNumber, RepoId};
use crate::markdown::{Markdown, cut_to_bytes};
use crate::promotion::{Promotion, State};

pub use proof::Proof;

/// The identifier of the button that votes for a promotion.
pub const APPROVE: &str = "approve";
/// The identifier of the button that votes against a promotion.
pub const REJECT: &str = "reject";

/// GitHub takes 255 characters.
const LONGEST_TITLE: usize = 255;
/// GitHub takes 65,535 characters; this many bytes are always fewer.
const LONGEST_SUMMARY: usize = 60_000;
const LONGEST_TABLE: usize = 38_000;
const LONGEST_PROOF: usize = 2_000;

/// What a check run says about one promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// `countersign/<environment>`, which branch protection may require.
    pub name: String,
    /// `<repository id>:pN`; what the buttons' events bring back.
    pub external_id: String,
    /// Where it stands.
    pub status: CheckStatus,
    /// One line of plain text, at most 255 bytes.
    pub title: String,
    /// Markdown, at most 60,000 bytes.
    pub summary: String,
    /// What people can press.
    pub buttons: Vec<Button>,
}

/// How a check run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Well.
    Success,
    /// Badly.
    Failure,
    /// Neither.
    Neutral,
    /// It was cancelled.
    Cancelled,
    /// There was nothing to do.
    Skipped,
    /// It took too long.
    TimedOut,
    /// Somebody has to do something.
    ActionRequired,
}

/// A button on a check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says; 20 bytes at most.
    pub label: String,
    /// What it does; 40 bytes at most.
    pub description: String,
    /// What its event is known by; 20 bytes at most.
    pub identifier: String,
}

/// Where a check run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckStatus {
    /// Nobody is asked to decide: it is blocked, or being deployed.
    InProgress,
    /// It ended so, or waits for a decision (`action_required`, which brings the buttons).
    Completed(Conclusion),
}

/// The check run of a promotion as it stands, and where the log says so.
pub fn of_promotion(promotion: &Promotion, proof: Option<&Proof>) -> CheckRun {
    CheckRun {
        name: format!("countersign/{}", promotion.tuple.environment),
        external_id: promotion.id().to_string(),
        status: status(&promotion.state),
        title: plain(&title(promotion)),
        summary: summary(promotion, proof),
        buttons: buttons(promotion),
    }
}

/// The promotion that a check run of ours is about.
pub fn parse_external_id(text: &str) -> Option<PromotionId> {
    let (repo, number) = text.split_once(':')?;
    let id =
        PromotionId { repo: RepoId(repo.parse().ok()?), number: number.parse::<PromotionNumber>().ok()? };
    (id.to_string() == text).then_some(id)
}

/// What is void counts as cancelled, not as neutral: where branch protection requires the check,
/// neutral would let the pull request through although nobody agreed.
fn status(state: &State) -> CheckStatus {
    match state {
        State::Blocked | State::Approved { .. } | State::Deploying { .. } => CheckStatus::InProgress,
        State::AwaitingApproval => CheckStatus::Completed(Conclusion::ActionRequired),
        State::Succeeded { .. } => CheckStatus::Completed(Conclusion::Success),
        State::Failed { .. } | State::Rejected { .. } => CheckStatus::Completed(Conclusion::Failure),
        State::Cancelled { .. } | State::Superseded { .. } | State::Expired { .. } => {
            CheckStatus::Completed(Conclusion::Cancelled)
        }
    }
}

fn title(promotion: &Promotion) -> String {
    let (short, environment) = (promotion.tuple.commit.short(), &promotion.tuple.environment);
    let missing = || missing(&promotion.requirements).unwrap_or_else(|| "not evaluated yet".to_owned());
    match &promotion.state {
        State::Blocked => format!("Blocked: {}", missing()),
        State::AwaitingApproval => format!("Waiting for {}", missing()),
        State::Approved { .. } => format!("Approved: asking GitHub to deploy {short} to {environment}"),
        State::Deploying { cancelling: Some(by), .. } => format!("Stopping: cancelled by {}", by.login),
        State::Deploying { .. } => format!("Deploying {short} to {environment}"),
        State::Succeeded { .. } => format!("Deployed {short} to {environment}"),
        State::Failed { sentence, .. } => format!("Failed: {sentence}"),
        State::Rejected { by, .. } => format!("Rejected by {}", by.login),
        State::Cancelled { by, .. } => format!("Cancelled by {}", by.login),
        State::Superseded { sentence, .. } => format!("Superseded: {sentence}"),
        State::Expired { .. } => "Expired: nobody finished it in time".to_owned(),
    }
}

fn summary(promotion: &Promotion, proof: Option<&Proof>) -> String {
    let pages = Pages { repo: &promotion.repo, site: None };
    let summary = next(promotion, &pages)
        .with(buttons_too(promotion))
        .with(cut_to_bytes(table(&promotion.requirements), LONGEST_TABLE))
        .with("\n**")
        .with(promotion.id().number)
        .with(" is exactly this**, and an approval counts for nothing else:")
        .with(facts(promotion));
    let proof = proof.map(Proof::markdown).unwrap_or_default();
    cut_to_bytes(summary, LONGEST_SUMMARY - LONGEST_PROOF).with(cut_to_bytes(proof, LONGEST_PROOF)).into()
}

fn buttons_too(promotion: &Promotion) -> Markdown {
    if promotion.state == State::AwaitingApproval {
        return Markdown::from(" The buttons of this check do the same.");
    }
    Markdown::new()
}

fn buttons(promotion: &Promotion) -> Vec<Button> {
    if promotion.state != State::AwaitingApproval {
        return Vec::new();
    }
    let number = promotion.id().number;
    vec![
        button("Approve", format!("Vote for {number}"), APPROVE),
        button("Reject", format!("Vote against {number}"), REJECT),
    ]
}

fn button(label: &str, description: String, identifier: &str) -> Button {
    Button { label: label.to_owned(), description, identifier: identifier.to_owned() }
}

/// One line of plain text that fits, in which nothing is hidden and nobody is mentioned.
fn plain(text: &str) -> String {
    let line = one_line(text);
    if line.len() > LONGEST_TITLE { cut(&line) } else { line }
}

/// The same of any length.
fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = String::with_capacity(words.len());
    for character in words.chars() {
        match character {
            '@' => line.push_str("@\u{200b}"),
            hidden if misleads(hidden) => line.push('\u{fffd}'),
            other => line.push(other),
        }
    }
    line
}

fn cut(line: &str) -> String {
    const MORE: &str = "…";
    let fits =
        line.char_indices().map(|(start, _)| start).take_while(|start| *start <= LONGEST_TITLE - MORE.len());
    format!("{}{MORE}", line.get(..fits.last().unwrap_or(0)).unwrap_or_default())
}
