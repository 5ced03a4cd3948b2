//! One file: to read, and on a branch to edit.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::Page;
use super::layout::Frame;
use super::people::chosen_name;
use super::view::{FORM, View};
use crate::refused::{Act, Refused};

/// A file as of some branch, tag or commit.
struct File {
    reference: String,
    path: String,
    content: String,
}

/// `GET /{owner}/{repo}/blob/{reference}/{path}`.
pub(super) async fn show(State(page): State<Page>, Path(place): Path<(String, String, String)>) -> Response {
    let (owner, name, rest) = place;
    page.render(|state, page| {
        let view = View::new(state, page, &owner, &name)?;
        let file = find(&view, &rest)?;
        Ok(Frame { title: file.path.clone(), repo: Some(view.full_name()), body: body(&view, &file) })
    })
}

/// `GET /{owner}/{repo}/edit/{branch}/{path}`.
pub(super) async fn edit(State(page): State<Page>, Path(place): Path<(String, String, String)>) -> Response {
    let (owner, name, rest) = place;
    page.render(|state, page| {
        let view = View::new(state, page, &owner, &name)?;
        let file = find(&view, &rest)?;
        let title = format!("Editing {}", file.path);
        Ok(Frame { title, repo: Some(view.full_name()), body: editor(&view, &file) })
    })
}

/// A branch may have slashes in its name, so every cut is tried.
fn find(view: &View<'_>, place: &str) -> Act<File> {
    let cuts = place.match_indices('/').filter_map(|(at, _)| Some((place.get(..at)?, place.get(at + 1..)?)));
    let mut found = cuts.filter_map(|(reference, path)| {
        let sha = view.repo.branches.get(reference).map(|branch| &branch.sha);
        let sha = sha.or_else(|| view.repo.tags.get(reference)).map_or(reference, String::as_str);
        let (_, content) = view.state.objects.file(view.commit(sha)?, path)?;
        let content = String::from_utf8_lossy(content).into_owned();
        Some(File { reference: reference.to_owned(), path: path.to_owned(), content })
    });
    found.next().ok_or_else(Refused::not_found)
}

fn body(view: &View<'_>, file: &File) -> Markup {
    let File { reference, path, content } = file;
    html! {
        header.headline {
            h1 { (path) }
            p.standing { "on " code.branch { (reference) }
                @if view.repo.branches.contains_key(reference) {
                    a href=(view.path(&format!("edit/{reference}/{path}"))) { "Edit" }
                }
            }
        }
        section.box.panel aria-label="Content" { pre.file tabindex="0" { code { (content) } } }
    }
}

fn editor(view: &View<'_>, file: &File) -> Markup {
    let File { reference, path, content } = file;
    let cast = view.cast(None);
    html! {
        (view.form_start(&view.path(&format!("blob/{reference}/{path}"))))
        header.headline { h1 { "Editing " (path) } p.standing { "on " code.branch { (reference) } } }
        div.strip { (view.switch(&cast, None)) }
        section.box.panel.editor {
            input type="hidden" name="branch" value=(reference) form=(FORM);
            input type="hidden" name="path" value=(path) form=(FORM);
            label.hidden for="content" { "Content of " (path) }
            textarea #content name="body" form=(FORM) rows="28" spellcheck="false" data-own { (content) }
            div.send {
                a href=(view.path(&format!("blob/{reference}/{path}"))) { "Cancel" }
                button.primary type="submit" form=(FORM) formaction=(view.action("file")) {
                    "Commit as " (chosen_name(&cast))
                }
            }
        }
    }
}
