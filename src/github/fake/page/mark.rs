//! How something stands, as an icon: checks, runs, deployments and commits alike.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use crate::github::fake::checks::CheckRun;

/// How something stands, for all kinds of things that run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// It was left out, cancelled or says neither yes nor no.
    Neutral,
    /// It ended well.
    Passed,
    /// It has not started.
    Queued,
    /// It runs.
    Running,
    /// Somebody must act.
    Waiting,
    /// It ended badly.
    Failed,
}

impl Mark {
    /// From a status and a conclusion, as checks and workflow runs have them.
    pub(super) fn of(status: &str, conclusion: Option<&str>) -> Self {
        match (status, conclusion) {
            ("completed", Some("success")) => Self::Passed,
            ("completed", Some("action_required")) => Self::Waiting,
            ("completed", Some("failure" | "timed_out" | "startup_failure")) => Self::Failed,
            ("completed", _) => Self::Neutral,
            ("in_progress", _) => Self::Running,
            (_, _) => Self::Queued,
        }
    }

    /// How a check run stands.
    pub(super) fn of_check(check: &CheckRun) -> Self {
        Self::of(&check.status, check.conclusion.as_deref())
    }

    /// How a deployment or a commit status stands, from the word for it.
    pub(super) fn of_deployment(state: &str) -> Self {
        match state {
            "success" => Self::Passed,
            "failure" | "error" => Self::Failed,
            "in_progress" => Self::Running,
            "queued" | "pending" => Self::Queued,
            _ => Self::Neutral,
        }
    }

    /// The icon, with its meaning for those who do not see it.
    pub(super) fn draw(self) -> Markup {
        let drawing = match self {
            Self::Neutral => Icon::Dash,
            Self::Passed => Icon::Check,
            Self::Queued => Icon::Dot,
            Self::Running => Icon::Spinner,
            Self::Waiting => Icon::Hand,
            Self::Failed => Icon::Cross,
        };
        let said = self.said();
        html! { span class={ "mark " (said) } title=(said) { (icon(drawing)) span.hidden { (said) } } }
    }

    /// The word for it.
    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Passed => "passed",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }
}
