//! What CI and Apps say about a commit: check runs with their buttons, and commit statuses.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use countersign_page::Mark;
use maud::{Markup, html};

use super::Page;
use super::layout::Frame;
use super::mark;
use super::people::{Wish, chosen_name};
use super::view::{FORM, View};
use crate::checks::{CheckRun, CommitStatus};
use crate::pull::Pull;

/// `GET /{owner}/{repo}/runs/{id}`: one check run.
pub(super) async fn show(
    State(page): State<Page>,
    Path((owner, name, id)): Path<(String, String, i64)>,
    Query(wish): Query<Wish>,
) -> Response {
    page.render(|state, page| {
        let view = View::new(state, page, &owner, &name)?;
        let check = view.repo.check(id)?;
        let cast = view.cast(None);
        let body = html! {
            (view.form_start(&view.path(&format!("runs/{id}"))))
            div.strip { (view.switch(&cast, wish.person.as_deref())) }
            header.headline {
                h1 { (check.name) }
                p.standing { (mark::of_check(check).draw()) " at " (view.sha(&check.head_sha)) }
            }
            section.box.panel { (view.check_body(check)) }
        };
        Ok(Frame { title: check.name.clone(), repo: Some(view.full_name()), body })
    })
}

impl<'s> View<'s> {
    /// The latest check run of each App and name on a commit.
    pub(super) fn latest_checks(&self, sha: &str) -> Vec<&'s CheckRun> {
        let mut latest: BTreeMap<(bool, &str, i64), &CheckRun> = BTreeMap::new();
        let ours = self.state.our_app().map_or(0, |app| app.id);
        for check in self.repo.checks.values().filter(|check| check.head_sha == sha) {
            latest.insert((check.app != ours, check.name.as_str(), check.app), check);
        }
        latest.into_values().collect()
    }

    fn latest_statuses(&self, sha: &str) -> Vec<&'s CommitStatus> {
        let here = self.repo.statuses.iter().filter(|status| status.sha == sha);
        let latest: BTreeMap<&str, &CommitStatus> =
            here.map(|status| (status.context.as_str(), status)).collect();
        latest.into_values().collect()
    }

    /// How a commit stands, over all its checks; none if nobody said anything.
    pub(super) fn commit_mark(&self, sha: &str) -> Option<Mark> {
        let checks = self.latest_checks(sha).into_iter().map(mark::of_check);
        let statuses = self.latest_statuses(sha).into_iter().map(|status| mark::of_deployment(&status.state));
        checks.chain(statuses).max()
    }

    /// The checks of a pull request's head.
    pub(super) fn checks(&self, pull: &Pull) -> Markup {
        let (checks, statuses) = (self.latest_checks(&pull.head_sha), self.latest_statuses(&pull.head_sha));
        html! {
            section.box.panel #checks aria-label="Checks" {
                header { h2 { "Checks" } span.quiet { "on " (self.sha(&pull.head_sha)) } }
                @if checks.is_empty() && statuses.is_empty() {
                    p.quiet.pad { "No checks on this commit yet." }
                }
                ul.rows {
                    @for check in checks { (self.check(check)) }
                    @for status in statuses {
                        li.row { (mark::of_deployment(&status.state).draw()) span.what {
                            strong { (status.context) }
                            @if let Some(text) = &status.description { span.quiet { " " (text) } }
                        } }
                    }
                }
            }
        }
    }

    fn check(&self, check: &CheckRun) -> Markup {
        let mark = mark::of_check(check);
        let title = check.title.as_deref().unwrap_or(match mark {
            Mark::Neutral => "Nothing to say",
            Mark::Passed => "Successful",
            Mark::Queued => "Queued",
            Mark::Running => "In progress",
            Mark::Waiting => "Action required",
            Mark::Failed => "Failed",
        });
        let about = html! {
            (mark.draw())
            span.what { strong { (check.name) } span.quiet.title { (title) } }
        };
        let says_more = check.summary.is_some() || check.text.is_some();
        html! {
            li.check id={ "check-" (check.id) } {
                @if says_more {
                    details open[mark == Mark::Waiting] data-mark=(mark.said()) {
                        summary.row { (about) }
                        (self.check_body(check))
                    }
                } @else {
                    div.row { (about) }
                    (self.buttons(check))
                }
            }
        }
    }

    /// What a check run says, and its buttons.
    fn check_body(&self, check: &CheckRun) -> Markup {
        html! {
            div.check-body {
                @for text in [&check.summary, &check.text].into_iter().flatten() { (self.markdown(text)) }
                (self.buttons(check))
                p.quiet.source {
                    "by " (self.state.apps.get(&check.app).map_or("an App", |app| app.name.as_str()))
                    @if let Some(run) = check.run {
                        " · " a href=(self.path(&format!("actions/runs/{run}"))) { "workflow run" }
                    }
                }
            }
        }
    }

    fn buttons(&self, check: &CheckRun) -> Markup {
        let action = self.action(&format!("checks/{}/press", check.id));
        html! {
            @if check.status == "completed" && !check.buttons.is_empty() {
                div.buttons {
                    @for button in &check.buttons {
                        button type="submit" form=(FORM) formaction=(action) formnovalidate name="button"
                            value=(button.identifier) title=(button.description) { (button.label) }
                    }
                    span.quiet { "as " (chosen_name(&self.cast(None))) }
                }
            }
        }
    }
}
