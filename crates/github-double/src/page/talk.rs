//! What people and bots said: the description and the comments, with reactions.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::view::View;
use crate::comments::{Comment, Issue, REACTIONS, Reaction};

impl View<'_> {
    /// The first text of an issue or pull request.
    pub(super) fn description(&self, issue: &Issue) -> Markup {
        html! {
            (self.avatar(issue.user))
            article.box.comment aria-label={ "Description by " (self.state.account_login(issue.user)) } {
                header {
                    (self.name(issue.user)) " opened this " (self.ago(issue.created_at))
                    span.labels { (self.badge(issue.user, issue)) }
                }
                @if issue.body.trim().is_empty() {
                    div.markdown { p.quiet { em { "No description provided." } } }
                } @else { (self.markdown(&issue.body)) }
            }
        }
    }

    /// A comment.
    pub(super) fn comment(&self, comment: &Comment, issue: &Issue) -> Markup {
        let login = self.state.account_login(comment.user);
        let class = if comment.app.is_some() { "box comment by-app" } else { "box comment" };
        let anchor = format!("issuecomment-{}", comment.id);
        html! {
            li id=(anchor) {
                (self.avatar(comment.user))
                article class=(class) aria-label={ "Comment by " (login) } {
                    header {
                        (self.name(comment.user)) " commented "
                        a.quiet href={ "#" (anchor) } { (self.ago(comment.created_at)) }
                        @if comment.updated_at > comment.created_at {
                            span.quiet { " · edited " (self.ago(comment.updated_at)) }
                        }
                        span.labels { (self.badge(comment.user, issue)) }
                    }
                    (self.markdown(&comment.body))
                    (self.reactions(&comment.reactions))
                }
            }
        }
    }

    fn reactions(&self, reactions: &[Reaction]) -> Markup {
        let mut by_content: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for reaction in reactions {
            if let Some(place) = REACTIONS.iter().position(|known| *known == reaction.content) {
                by_content.entry(place).or_default().push(self.state.account_login(reaction.user));
            }
        }
        html! {
            @if !by_content.is_empty() {
                ul.reactions aria-label="Reactions" {
                    @for (place, who) in &by_content {
                        li title={ (who.join(", ")) } {
                            span role="img" aria-label=(REACTIONS.get(*place).unwrap_or(&"")) { (emoji(*place)) }
                            " " (who.len())
                        }
                    }
                }
            }
        }
    }
}

/// The picture of the reaction at this place of [`REACTIONS`].
fn emoji(place: usize) -> &'static str {
    ["👍", "👎", "😄", "😕", "❤️", "🎉", "🚀", "👀"].get(place).unwrap_or(&"")
}
