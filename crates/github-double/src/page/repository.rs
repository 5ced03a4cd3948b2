//! A repository at a glance.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_page::{Icon, icon};
use maud::{Markup, html};

use super::Page;
use super::controls::POLICY;
use super::layout::Frame;
use super::people::Wish;
use super::view::View;
use crate::comments::Issue;
use crate::refused::Refused;
use crate::repo::Repo;

/// How many runs are listed.
const RUNS: usize = 12;

/// `GET /`: leads to the first open pull request, or to the first repository.
pub(super) async fn home(State(page): State<Page>) -> Response {
    let address = page.fake.with_state(|state| {
        let open = |repo: &&Repo| !repo.pulls.is_empty();
        let repo = state.repos.values().find(open).or_else(|| state.repos.values().next())?;
        let is_open = |number: &&i64| repo.issues.get(number).is_some_and(Issue::is_open);
        let number = repo.pulls.keys().find(is_open).or_else(|| repo.pulls.keys().next());
        let rest = number.map(|number| format!("/pull/{number}")).unwrap_or_default();
        Some(format!("/{}{rest}", repo.full_name(state)))
    });
    match address {
        Some(address) => Redirect::to(&address).into_response(),
        None => page.refuse(&Refused::new(404, "This GitHub has no repository yet.")),
    }
}

/// `GET /{owner}/{repo}`.
pub(super) async fn show(
    State(page): State<Page>,
    Path((owner, name)): Path<(String, String)>,
    Query(wish): Query<Wish>,
) -> Response {
    page.render(|state, page| {
        let view = View::new(state, page, &owner, &name)?;
        Ok(Frame { title: view.full_name(), repo: Some(view.full_name()), body: body(&view, &wish) })
    })
}

/// `GET /{owner}/{repo}/tree/{reference}`: the repository; files are found from its list.
pub(super) async fn show_tree(
    state: State<Page>,
    Path((owner, name, _)): Path<(String, String, String)>,
    wish: Query<Wish>,
) -> Response {
    show(state, Path((owner, name)), wish).await
}

fn body(view: &View<'_>, wish: &Wish) -> Markup {
    html! {
        (view.form_start(&format!("/{}", view.full_name())))
        header.headline {
            h1 { (view.full_name()) }
            p.standing { (if view.repo.private { "Private repository" } else { "Public repository" }) }
        }
        div.strip { (view.switch(&view.cast(None), wish.person.as_deref())) }
        div.columns {
            div {
                (issues(view, true))
                (issues(view, false))
                (runs(view))
            }
            aside aria-label="Environments and files" { (view.environments(None)) (files(view)) }
        }
    }
}

fn issues(view: &View<'_>, pulls: bool) -> Markup {
    let wanted =
        view.repo.issues.values().filter(|issue| view.repo.pulls.contains_key(&issue.number) == pulls);
    let found: Vec<_> = wanted.collect();
    let (title, kind, mark) =
        if pulls { ("Pull requests", "pull", Icon::Pull) } else { ("Issues", "issues", Icon::Issue) };
    html! {
        section.box.panel aria-label=(title) {
            header { h2 { (title) } }
            @if found.is_empty() { p.quiet.pad { "There are none." } }
            ul.rows {
                @for issue in found {
                    @let class = if issue.is_open() { "mark passed" } else { "mark neutral" };
                    li.row { span class=(class) { (icon(mark)) } span.what {
                        a href=(view.path(&format!("{kind}/{}", issue.number))) { strong { (issue.title) } }
                        span.quiet.title {
                            "#" (issue.number) " by " (view.state.account_login(issue.user)) " "
                            (view.ago(issue.created_at))
                            @if !issue.is_open() { " · closed" }
                        }
                    } }
                }
            }
        }
    }
}

fn runs(view: &View<'_>) -> Markup {
    html! {
        section.box.panel aria-label="Workflow runs" {
            header { h2 { "Workflow runs" } }
            @if view.repo.runs.is_empty() { p.quiet.pad { "Nothing has run yet." } }
            ul.rows { @for run in view.repo.runs.values().rev().take(RUNS) { (view.run_row(run)) } }
        }
    }
}

fn files(view: &View<'_>) -> Markup {
    let branch = &view.repo.default_branch;
    let commit = view.repo.tip(branch).ok().and_then(|tip| view.state.objects.get(tip).ok());
    html! {
        section.box.panel aria-label="Files" {
            header { h2 { "Files" } span.quiet { "on " code { (branch) } } }
            ul.rows {
                @for path in commit.iter().flat_map(|commit| commit.tree.keys()) {
                    li.row { span.what {
                        a href=(view.path(&format!("blob/{branch}/{path}"))) { (path) }
                        @if path == POLICY { " " span.label { "the policy" } }
                    } }
                }
            }
        }
    }
}
