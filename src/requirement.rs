//! A requirement: one thing that must hold before a promotion may deploy.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// One thing that must hold, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// What it is called in the table a reviewer reads, such as `approvals: 2 of team:acme/sre`.
    pub title: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// Why it does not hold, as a stable code; [`Code::Holds`] when it does.
    pub code: Code,
    /// One sentence for people: what is so, and what to do next. May quote untrusted text: escape it.
    pub sentence: String,
    /// Who can change it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// When it may hold by time alone (a soak that ends), so that somebody looks again then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How many votes it has and needs, when it is about votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<Votes>,
}

/// How many votes count, of how many that are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    /// Those that count.
    pub counted: u32,
    /// Those that are needed.
    pub required: u32,
}

/// How a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not hold yet, and may without anybody changing their mind.
    Pending,
    /// It does not hold, and somebody has to change something.
    Fails,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// Why something does not hold or was refused: stable words that scripts and people can search for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// Nothing is wrong.
    Holds = "holds",
    /// The head of the pull request is not, or may not be, the one that was asked for.
    HeadMoved = "head_moved",
    /// Nobody told us yet what the head was when the comment was written.
    HeadUnknown = "head_unknown",
    /// The policy is no longer the one the promotion was asked under.
    PolicyChanged = "policy_changed",
    /// The repository has no policy on its default branch.
    PolicyMissing = "policy_missing",
    /// The policy cannot be read.
    PolicyInvalid = "policy_invalid",
    /// The policy knows no such environment.
    UnknownEnvironment = "unknown_environment",
    /// The commit does not come from where the policy allows.
    SourceNotAllowed = "source_not_allowed",
    /// The pull request comes from a fork.
    Fork = "fork",
    /// The pull request was closed without being merged.
    PullClosed = "pull_closed",
    /// No such commit, branch or tag.
    CommitUnknown = "commit_unknown",
    /// The comment is on an issue and names no commit.
    CommitNeeded = "commit_needed",
    /// The person may not ask for this.
    RequesterNotAllowed = "requester_not_allowed",
    /// A parameter is unknown, missing or not one of the allowed values.
    ParameterNotAllowed = "parameter_not_allowed",
    /// A workflow did not run on this commit.
    WorkflowMissing = "workflow_missing",
    /// A workflow has not finished on this commit.
    WorkflowPending = "workflow_pending",
    /// A workflow did not succeed on this commit.
    WorkflowFailed = "workflow_failed",
    /// A check did not run on this commit.
    CheckMissing = "check_missing",
    /// A check has not finished on this commit.
    CheckPending = "check_pending",
    /// A check did not succeed on this commit.
    CheckFailed = "check_failed",
    /// The same commit has not succeeded in an earlier environment.
    NotYetDeployed = "not_yet_deployed",
    /// The same commit has not been live long enough in an earlier environment.
    Soaking = "soaking",
    /// Approvals are missing.
    ApprovalsMissing = "approvals_missing",
    /// Somebody who wrote part of the commits cannot be matched with a GitHub account.
    UnattributedCommit = "unattributed_commit",
    /// Another promotion is being deployed to the environment.
    EnvironmentBusy = "environment_busy",
    /// No branch or tag points at the commit, so no workflow can be dispatched on it.
    RefUnavailable = "ref_unavailable",
    /// The person may not vote on this promotion.
    NotAnApprover = "not_an_approver",
    /// The person took part in the change, and those do not count.
    SeparationOfDuties = "separation_of_duties",
    /// The promotion was rejected.
    Rejected = "rejected",
    /// Nobody finished it in time.
    Expired = "expired",
    /// Nothing here fits what was said, or more than one thing does.
    WhichPromotion = "which_promotion",
    /// Another promotion already asks for this.
    AlreadyRequested = "already_requested",
    /// The comment was delivered so long after it was written that its writer may not mean it any more.
    ArrivedLate = "arrived_late",
    /// It is too late for that.
    TooLate = "too_late",
    /// The person may not cancel this promotion.
    CancellerNotAllowed = "canceller_not_allowed",
    /// The person may not let findings through.
    WaiverNotAllowed = "waiver_not_allowed",
    /// There is no such waiver, or it cannot be for so long.
    WaiverInvalid = "waiver_invalid",
    /// The command cannot be understood.
    CommandUnclear = "command_unclear",
    /// The workflow ran on another commit than the promotion's.
    RunOnOtherCommit = "run_on_other_commit",
    /// The deployment workflow did not succeed.
    DeploymentFailed = "deployment_failed",
    /// GitHub refused what was asked of it.
    RefusedByGithub = "refused_by_github",
    /// It cannot be known whether GitHub did what was asked of it.
    OutcomeUnknown = "outcome_unknown",
    /// Somebody cancelled it.
    Cancelled = "cancelled",
    /// A scanner found something critical.
    FindingsCritical = "findings_critical",
    /// A scanner found something of high severity.
    FindingsHigh = "findings_high",
    /// A scanner found something of medium severity.
    FindingsMedium = "findings_medium",
    /// A scanner found something of low severity.
    FindingsLow = "findings_low",
    /// A scanner found something that is good to know, and the policy wants none of it.
    FindingsInfo = "findings_info",
    /// A scanner found something that is known to be exploited.
    FindingsExploited = "findings_exploited",
    /// A bill of materials or a statement is about another image than the one that was scanned.
    SubjectMismatch = "subject_mismatch",
    /// A report that must be there is not.
    ReportMissing = "report_missing",
    /// Reports are still being fetched or read.
    ReportPending = "report_pending",
    /// A workflow of the commit that may bring reports has been running for too long.
    ReportLate = "report_late",
    /// A report says that its tool looked at only a part.
    ReportPartial = "report_partial",
    /// A report says that its tool failed.
    ReportFailed = "report_failed",
    /// A report cannot be read.
    ReportUnreadable = "report_unreadable",
    /// What was scanned is no longer supported, so that nothing new is listed for it.
    EndOfLife = "end_of_life",
    /// A scanner names nothing that it looked at.
    NothingToLookAt = "nothing_to_look_at",
    /// Tests failed.
    TestsFailed = "tests_failed",
    /// Not one test ran.
    TestsNone = "tests_none",
    /// The tests run less of the code than the policy asks for.
    CoverageLow = "coverage_low",
    /// The tests run less of the code than they did, by more than the policy allows.
    CoverageDropped = "coverage_dropped",
    /// Nobody can tell how much of the code the tests run, or ran before.
    CoverageUnknown = "coverage_unknown",
    /// No scanner looked at the image of a platform.
    PlatformMissing = "platform_missing",
    /// A report carries no signature that was verified.
    SignatureMissing = "signature_missing",
    /// A report carries a signature that does not verify.
    SignatureInvalid = "signature_invalid",
}

impl Requirement {
    /// One that holds.
    pub fn holds(title: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self::new(title, Verdict::Holds, Code::Holds, sentence)
    }

    /// One that does not hold yet.
    pub fn pending(title: impl Into<String>, code: Code, sentence: impl Into<String>) -> Self {
        Self::new(title, Verdict::Pending, code, sentence)
    }

    /// One that fails.
    pub fn fails(title: impl Into<String>, code: Code, sentence: impl Into<String>) -> Self {
        Self::new(title, Verdict::Fails, code, sentence)
    }

    /// Says who can change it.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.who = Some(who.into());
        self
    }

    /// Says how many votes it has and needs.
    #[must_use]
    pub fn votes(mut self, counted: usize, required: usize) -> Self {
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        self.votes = Some(Votes { counted: number(counted), required: number(required) });
        self
    }

    /// Says when to look again.
    #[must_use]
    pub fn until(mut self, moment: Timestamp) -> Self {
        self.until = Some(moment);
        self
    }

    fn new(title: impl Into<String>, verdict: Verdict, code: Code, sentence: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            verdict,
            code,
            sentence: sentence.into(),
            who: None,
            until: None,
            votes: None,
        }
    }
}

/// A no to a person: why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable.
    pub code: Code,
    /// One or two sentences. May quote untrusted text: escape it.
    pub sentence: String,
}

impl Refusal {
    /// A no for this reason.
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }
}
