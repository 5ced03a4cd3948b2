//! Small drawings, in the colour of the text around them.

use maud::{Markup, html};

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A tick.
    Check,
    /// A cross.
    Cross,
    /// A hand that says stop: somebody must act.
    Hand,
    /// A filled dot.
    Dot,
    /// A ring that turns.
    Spinner,
    /// A line through: it did not matter.
    Dash,
    /// A commit on its line.
    Commit,
    /// A branch that wants to be merged.
    Pull,
    /// A branch that was merged.
    Merge,
    /// A rocket's path upwards.
    Rocket,
    /// An eye.
    Eye,
    /// An issue: a ring with a dot.
    Issue,
}

/// Draws it; hidden from screen readers, so say the same in words.
pub fn icon(which: Icon) -> Markup {
    let class = if which == Icon::Spinner { "icon spin" } else { "icon" };
    html! {
        svg class=(class) viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" {
            @for path in paths(which) { path d=(path) {} }
        }
    }
}

fn paths(which: Icon) -> &'static [&'static str] {
    const RING: &str = "M8 2.2a5.8 5.8 0 1 0 0 11.6a5.8 5.8 0 1 0 0-11.6";
    match which {
        Icon::Check => &["M3 8.6l3.2 3.2L13 5"],
        Icon::Cross => &["M4 4l8 8", "M12 4l-8 8"],
        Icon::Hand => &[RING, "M8 5v3.6", "M8 11v.1"],
        Icon::Dot => &["M8 6.6a1.4 1.4 0 1 0 0 2.8a1.4 1.4 0 1 0 0-2.8"],
        Icon::Spinner => &["M8 2.2a5.8 5.8 0 1 1-5.8 5.8"],
        Icon::Dash => &[RING, "M5 8h6"],
        Icon::Commit => &["M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6", "M1 8h4.2", "M10.8 8H15"],
        Icon::Pull => &[
            "M4 2a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2",
            "M4 10.8a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2",
            "M4 5.2v5.6",
            "M12 10.8a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2",
            "M12 10.8V6a2 2 0 0 0-2-2H8",
            "M9.6 2.2L7.8 4l1.8 1.8",
        ],
        Icon::Merge => &[
            "M4 2a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2",
            "M4 10.8a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2",
            "M4 5.2v5.6",
            "M12 7.4a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2",
            "M4 5.4c.4 2.4 2.6 3.6 6.4 3.6",
        ],
        Icon::Rocket => &["M8 13.5V4", "M3.8 7.6L8 3.2l4.2 4.4"],
        Icon::Eye => &[
            "M1.5 8S4 3.6 8 3.6S14.5 8 14.5 8S12 12.4 8 12.4S1.5 8 1.5 8",
            "M8 6.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6",
        ],
        Icon::Issue => &[RING, "M8 7.2a.8.8 0 1 0 0 1.6a.8.8 0 1 0 0-1.6"],
    }
}
