//! What is said to somebody who wrote a command.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::command::CommandError;
use crate::comment::pages::Pages;
use crate::comment::prose::prose;
use crate::comment::requirements::{missing, table};
use crate::comment::standing::{badge, next, subject};
use crate::ids::{CommitSha, EnvironmentName, Login};
use crate::markdown::{Markdown, Untrusted};
use crate::policy::facts::Choice;
use crate::policy::{Decision, Denial, Outcome, WaitFor};
use crate::promotion::Promotion;
use crate::requirement::{Code, Refusal, Requirement};

/// What was said to somebody who asked for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who asked.
    pub asker: Login,
    /// What they wrote: untrusted.
    pub asked: String,
    /// What we say: Markdown of our own making, as the functions here made it.
    pub markdown: String,
    /// When.
    pub at: Timestamp,
}

/// A no: why, its stable code, and what to do next.
pub fn refused(refusal: &Refusal) -> Markdown {
    let no = Markdown::from("❌ **Refused**: ")
        .with(prose(&refusal.sentence))
        .with(" ")
        .with(in_code(refusal.code));
    match advice(refusal.code) {
        Some(advice) => no.with("\n\n").with(advice),
        None => no,
    }
}

/// A command that was meant for us and not understood, with what to write instead.
pub fn unclear(error: &CommandError) -> Markdown {
    let told = Markdown::from("❔ **Not understood**, so nothing was done: ")
        .with(prose(&error.message))
        .with(" (")
        .with(Untrusted::new(error.code).code())
        .with(")");
    match &error.suggestion {
        Some(suggestion) => told.with("\n\nTry ").with(Untrusted::new(suggestion).at_most(300).code()),
        None => told.with("\n\n`/help` shows how each command is written."),
    }
}

/// A promotion was asked for: which, and what it waits for or that it is on its way.
pub fn opened(promotion: &Promotion) -> Markdown {
    told("Asked for as **", promotion)
}

/// What would come of asking, without asking.
pub fn dry_run(environment: &EnvironmentName, commit: &CommitSha, decision: &Decision) -> Markdown {
    Markdown::from("**Dry run**, nothing was asked for: ")
        .with(Untrusted::new(commit.short()).code())
        .with(" → ")
        .with(Untrusted::new(environment.as_str()).code())
        .with(" ")
        .with(foreseen(decision))
        .with(table(&decision.requirements))
        .with("\nTo ask for it, write the command again without `--dry-run`.")
}

/// A vote was counted, and what came of it.
pub fn voted(promotion: &Promotion, choice: Choice) -> Markdown {
    match choice {
        Choice::Approve => told("👍 Approval recorded for **", promotion),
        Choice::Reject => told("👎 Rejection recorded for **", promotion),
    }
}

/// A promotion was withdrawn.
pub fn cancelled(promotion: &Promotion) -> Markdown {
    told("Withdrawn: **", promotion)
}

/// Every requirement of a promotion: its verdict, its code, and who can act.
pub fn why(promotion: &Promotion) -> Markdown {
    let pages = Pages { repo: &promotion.repo, site: None };
    Markdown::from("**")
        .with(subject(promotion, &pages))
        .with("** is ")
        .with(badge(&promotion.state))
        .with(".\n\n")
        .with(next(promotion, &pages))
        .with(table(&promotion.requirements))
}

/// `what` opens bold type, which the promotion's name closes.
fn told(what: &'static str, promotion: &Promotion) -> Markdown {
    let pages = Pages { repo: &promotion.repo, site: None };
    Markdown::from(what).with(subject(promotion, &pages)).with("**. ").with(next(promotion, &pages))
}

fn foreseen(decision: &Decision) -> Markdown {
    match &decision.verdict {
        Outcome::Allow(_) => Markdown::from("**would be deployed now**: every requirement holds."),
        Outcome::Wait(WaitFor::Approvals) => {
            Markdown::from("**would wait for approval**: ").with(wanted(&decision.requirements)).with(".")
        }
        Outcome::Wait(WaitFor::Requirements) => {
            Markdown::from("**would be blocked**: ").with(wanted(&decision.requirements)).with(".")
        }
        Outcome::Deny(denial) => refusal_of(denial),
    }
}

fn wanted(requirements: &[Requirement]) -> Markdown {
    prose(&missing(requirements).unwrap_or_else(|| "something that no requirement names".to_owned()))
}

fn refusal_of(denial: &Denial) -> Markdown {
    Markdown::from("**would be refused**: ")
        .with(prose(&denial.sentence()))
        .with(" ")
        .with(in_code(denial.code()))
}

fn in_code(code: Code) -> Markdown {
    Markdown::from("(").with(Untrusted::new(code.as_str()).code()).with(")")
}

/// What to do next, where the reason itself does not say.
fn advice(code: Code) -> Option<&'static str> {
    match code {
        Code::RequesterNotAllowed | Code::CancellerNotAllowed | Code::WaiverNotAllowed => {
            Some("Ask one of them to write the command, or ask who keeps the policy to name you in it.")
        }
        Code::NotAnApprover => Some("Ask one of them to look at it and to vote."),
        Code::UnknownEnvironment => Some("Write the command again with one of these names."),
        Code::PolicyInvalid => Some("Mend it on the default branch, then write the command again."),
        Code::PolicyMissing => Some("Once it is merged, write the command again."),
        Code::CommandUnclear => Some("`/help` shows how each command is written."),
        Code::Holds
        | Code::HeadMoved
        | Code::HeadUnknown
        | Code::PolicyChanged
        | Code::SourceNotAllowed
        | Code::Fork
        | Code::PullClosed
        | Code::CommitUnknown
        | Code::CommitNeeded
        | Code::ParameterNotAllowed
        | Code::WorkflowMissing
        | Code::WorkflowPending
        | Code::WorkflowFailed
        | Code::CheckMissing
        | Code::CheckPending
        | Code::CheckFailed
        | Code::NotYetDeployed
        | Code::Soaking
        | Code::ApprovalsMissing
        | Code::UnattributedCommit
        | Code::EnvironmentBusy
        | Code::RefUnavailable
        | Code::SeparationOfDuties
        | Code::WaiverInvalid
        | Code::Rejected
        | Code::Expired
        | Code::WhichPromotion
        | Code::AlreadyRequested
        | Code::TooLate
        | Code::ArrivedLate
        | Code::RunOnOtherCommit
        | Code::DeploymentFailed
        | Code::RefusedByGithub
        | Code::OutcomeUnknown
        | Code::Cancelled
        | Code::FindingsCritical
        | Code::FindingsHigh
        | Code::FindingsMedium
        | Code::FindingsLow
        | Code::FindingsInfo
        | Code::FindingsExploited
        | Code::ReportMissing
        | Code::ReportPending
        | Code::ReportLate
        | Code::ReportPartial
        | Code::ReportFailed
        | Code::ReportUnreadable
        | Code::EndOfLife
        | Code::NothingToLookAt
        | Code::TestsFailed
        | Code::TestsNone
        | Code::CoverageLow
        | Code::CoverageDropped
        | Code::CoverageUnknown
        | Code::PlatformMissing
        | Code::SubjectMismatch
        | Code::SignatureMissing
        | Code::SignatureInvalid => None,
    }
}
