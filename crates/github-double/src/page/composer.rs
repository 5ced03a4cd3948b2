//! The box in which one writes a comment.

use maud::{Markup, html};

use super::people::{Person, chosen_name};
use super::pull::Thread;
use super::view::{FORM, View};

/// The commands one wants most often.
const COMMANDS: [&str; 5] = ["/promote staging", "/promote production", "/approve", "/status", "/help"];

impl View<'_> {
    /// The comment box, with what one would like to write ready to be put in.
    pub(super) fn composer(&self, thread: Thread<'_>, cast: &[Person<'_>]) -> Markup {
        let action = self.action(&format!("pulls/{}/comment", thread.issue.number));
        html! {
            section.composer.box aria-label="Add a comment" {
                div.chips {
                    @for command in COMMANDS { (fill(&action, command, None)) }
                }
                label.hidden for="comment" { "Comment" }
                textarea #comment name="body" form=(FORM) rows="3" maxlength="65536"
                    placeholder="Leave a comment, or a command such as /promote staging" {}
                div.send {
                    span.quiet.keys { kbd { "Ctrl" } " " kbd { "Enter" } " sends it" }
                    button.primary type="submit" form=(FORM) formaction=(action) {
                        "Comment as " (chosen_name(cast))
                    }
                }
            }
        }
    }
}

/// A button that puts a command into the box; without the script it sends it at once.
pub(super) fn fill(action: &str, command: &str, person: Option<&str>) -> Markup {
    html! {
        button.chip type="submit" form=(FORM) formaction=(action) name="quick" value=(command)
            data-fill=(command) data-as=[person] {
            code { (command) }
            @if let Some(person) = person { " as " (person) }
        }
    }
}
