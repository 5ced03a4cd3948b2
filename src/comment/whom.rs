//! On whom something waits, when the requirement itself does not say.

use crate::requirement::{Code, Requirement, Verdict};

const ITSELF: &str = "nobody, it goes on by itself";
const PUSHERS: &str = "anybody who can push or run it again";
const REQUESTER: &str = "the requester, by asking again";

/// Who can act, in words.
pub(super) fn whom(requirement: &Requirement) -> &str {
    if requirement.verdict == Verdict::Holds {
        return "";
    }
    requirement.who.as_deref().unwrap_or_else(|| by_code(requirement.code))
}

fn by_code(code: Code) -> &'static str {
    match code {
        Code::Holds => "",
        Code::WorkflowPending
        | Code::CheckPending
        | Code::Soaking
        | Code::EnvironmentBusy
        | Code::ReportPending => ITSELF,
        Code::WorkflowMissing
        | Code::WorkflowFailed
        | Code::CheckMissing
        | Code::CheckFailed
        | Code::RefUnavailable
        | Code::ReportMissing
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
        | Code::SignatureInvalid => PUSHERS,
        Code::FindingsCritical
        | Code::FindingsHigh
        | Code::FindingsMedium
        | Code::FindingsLow
        | Code::FindingsInfo
        | Code::FindingsExploited => "anybody who can push, or who may waive it",
        Code::NotYetDeployed => "anybody who may promote there",
        Code::ApprovalsMissing => "those who may approve",
        Code::UnattributedCommit => "the authors, or who keeps the policy",
        Code::PolicyMissing | Code::PolicyInvalid => "who keeps the policy",
        Code::RequesterNotAllowed
        | Code::CancellerNotAllowed
        | Code::NotAnApprover
        | Code::WaiverNotAllowed => "somebody the policy names",
        Code::SeparationOfDuties => "somebody who took no part",
        Code::HeadMoved
        | Code::HeadUnknown
        | Code::PolicyChanged
        | Code::UnknownEnvironment
        | Code::SourceNotAllowed
        | Code::Fork
        | Code::PullClosed
        | Code::CommitUnknown
        | Code::CommitNeeded
        | Code::ParameterNotAllowed
        | Code::Rejected
        | Code::Expired
        | Code::WhichPromotion
        | Code::AlreadyRequested
        | Code::TooLate
        | Code::ArrivedLate
        | Code::CommandUnclear
        | Code::WaiverInvalid
        | Code::RunOnOtherCommit
        | Code::DeploymentFailed
        | Code::RefusedByGithub
        | Code::OutcomeUnknown
        | Code::Cancelled => REQUESTER,
    }
}
