//! How something stands, as sign, word and colour: the same for everything on every page.

use maud::{Markup, html};

use crate::icon::{Icon, icon};

/// How something stands, for all kinds of things that run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
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
    /// The icon, with its meaning for those who do not see it.
    pub fn draw(self) -> Markup {
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
    pub fn said(self) -> &'static str {
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
