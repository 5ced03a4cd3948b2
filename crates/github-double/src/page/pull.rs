//! A pull request or an issue: the page everything is about.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use countersign_page::{Icon, icon};
use maud::{Markup, html};

use super::Page;
use super::layout::Frame;
use super::people::Wish;
use super::timeline;
use super::view::{FORM, View};
use crate::comments::Issue;
use crate::pull::Pull;

/// A conversation and the pull request behind it, if there is one.
#[derive(Clone, Copy)]
pub(super) struct Thread<'s> {
    pub(super) issue: &'s Issue,
    pub(super) pull: Option<&'s Pull>,
}

/// `GET /{owner}/{repo}/pull/{number}` and `…/issues/{number}`.
pub(super) async fn show(
    State(page): State<Page>,
    Path((owner, name, number)): Path<(String, String, i64)>,
    Query(wish): Query<Wish>,
) -> Response {
    page.render(|state, page| {
        let view = View::new(state, page, &owner, &name)?;
        let issue = view.repo.issue(number)?;
        let thread = Thread { issue, pull: view.repo.pulls.get(&number) };
        let title = format!("{} · #{number}", issue.title);
        Ok(Frame { title, repo: Some(view.full_name()), body: body(&view, thread, wish.person.as_deref()) })
    })
}

fn body(view: &View<'_>, thread: Thread<'_>, chosen: Option<&str>) -> Markup {
    let cast = view.cast(Some(thread.issue));
    html! {
        (view.form_start(&view.thread_path(thread.issue)))
        (header(view, thread))
        div.strip { (view.switch(&cast, chosen)) }
        div.columns {
            section.conversation aria-label="Conversation" {
                (timeline::draw(view, thread))
                (view.next_step(thread))
                (view.composer(thread, &cast))
            }
            aside aria-label="Checks, environments and controls" {
                @if let Some(pull) = thread.pull { (view.checks(pull)) }
                (view.environments(thread.pull))
                (view.controls(thread))
            }
        }
    }
}

impl View<'_> {
    fn thread_path(&self, issue: &Issue) -> String {
        let kind = if self.repo.pulls.contains_key(&issue.number) { "pull" } else { "issues" };
        self.path(&format!("{kind}/{}", issue.number))
    }

    /// The form that all buttons of a page belong to.
    ///
    /// `back` is the page to show afterwards. The first button is disabled, so that the Enter key
    /// alone presses none of the others.
    pub(super) fn form_start(&self, back: &str) -> Markup {
        html! {
            form id=(FORM) method="post" action="/_sandbox/nothing" {
                button type="submit" disabled hidden {}
                input type="hidden" name="token" value=(self.page.token);
                input type="hidden" name="back" value=(back);
            }
        }
    }
}

fn header(view: &View<'_>, Thread { issue, pull }: Thread<'_>) -> Markup {
    let (class, word, mark) = standing(issue, pull);
    html! {
        header.headline {
            h1 { (issue.title) " " span.number { "#" (issue.number) } }
            p.standing {
                span class={ "state " (class) } { (icon(mark)) (word) }
                @match pull {
                    Some(pull) => { span { (wish(view, issue, pull)) } }
                    None => { span { (view.name(issue.user)) " opened this issue " (view.ago(issue.created_at)) } }
                }
            }
        }
    }
}

fn wish(view: &View<'_>, issue: &Issue, pull: &Pull) -> Markup {
    let count = view.state.pull_commits(pull).len();
    let commits = if count == 1 { "commit" } else { "commits" };
    let (who, verb) = match &pull.merged {
        Some(merged) => (merged.by, "merged"),
        None => (issue.user, "wants to merge"),
    };
    html! {
        (view.name(who)) " " (verb) " " (count) " " (commits) " into " code.branch { (pull.base) }
        " from " code.branch { (pull.head) }
    }
}

fn standing(issue: &Issue, pull: Option<&Pull>) -> (&'static str, &'static str, Icon) {
    match (pull, issue.is_open()) {
        (Some(pull), _) if pull.merged.is_some() => ("merged", "Merged", Icon::Merge),
        (Some(pull), true) if pull.draft => ("draft", "Draft", Icon::Pull),
        (Some(_), true) => ("open", "Open", Icon::Pull),
        (None, true) => ("open", "Open", Icon::Issue),
        (Some(_) | None, false) => ("closed", "Closed", Icon::Cross),
    }
}
