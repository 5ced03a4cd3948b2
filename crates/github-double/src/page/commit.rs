//! One commit: who, what, and which files differ from its parent.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::Page;
use super::layout::Frame;
use super::view::View;
use crate::git::{Commit, Tree};
use crate::refused::Refused;

/// `GET /{owner}/{repo}/commit/{sha}`.
pub(super) async fn show(
    State(page): State<Page>,
    Path((owner, name, sha)): Path<(String, String, String)>,
) -> Response {
    page.render(|state, page| {
        let view = View::new(state, page, &owner, &name)?;
        let commit = view.commit(&sha).ok_or_else(Refused::not_found)?;
        Ok(Frame {
            title: commit.headline().to_owned(),
            repo: Some(view.full_name()),
            body: body(&view, commit),
        })
    })
}

fn body(view: &View<'_>, commit: &Commit) -> Markup {
    let message = commit.message.split_once('\n').map_or("", |(_, rest)| rest.trim());
    html! {
        header.headline {
            h1 { (commit.headline()) }
            p.standing {
                @if let Some(mark) = view.commit_mark(&commit.sha) { (mark.draw()) }
                @match commit.author.user {
                    Some(id) => { (view.avatar(id)) (view.name(id)) }
                    None => { strong { (commit.author.name) } }
                }
                span { "committed " (view.ago(commit.committer.date)) }
            }
        }
        section.box.panel {
            @if !message.is_empty() { pre.pad { (message) } }
            p.pad { "Commit " code { (commit.sha) } br; "Parents: "
                @for parent in &commit.parents { (view.sha(parent)) " " }
                @if commit.parents.is_empty() { span.quiet { "none" } }
            }
        }
        (files(view, commit))
    }
}

fn files(view: &View<'_>, commit: &Commit) -> Markup {
    let nothing = Tree::new();
    let parent = commit.parents.first().and_then(|sha| view.state.objects.commits.get(sha));
    let before = parent.map_or(&nothing, |parent| &parent.tree);
    let paths: BTreeSet<&String> = before.keys().chain(commit.tree.keys()).collect();
    let changed = paths.into_iter().filter(|path| before.get(*path) != commit.tree.get(*path));
    html! {
        section.box.panel aria-label="Changed files" {
            header { h2 { "Changed files" } }
            ul.rows {
                @for path in changed {
                    li.row { span.what {
                        @if commit.tree.contains_key(path) {
                            a href=(view.path(&format!("blob/{}/{path}", commit.sha))) { (path) }
                        } @else { del { (path) } }
                    } span.quiet { (verb(before, &commit.tree, path)) } }
                }
            }
        }
    }
}

fn verb(before: &Tree, after: &Tree, path: &str) -> &'static str {
    match (before.contains_key(path), after.contains_key(path)) {
        (false, _) => "added",
        (true, false) => "removed",
        (true, true) => "changed",
    }
}
