//! One run of a workflow.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};

use super::Page;
use super::layout::Frame;
use super::mark;
use super::people::Wish;
use super::view::View;
use crate::actions::Run;

/// `GET /{owner}/{repo}/actions/runs/{id}`.
pub(super) async fn show(
    State(page): State<Page>,
    Path((owner, name, id)): Path<(String, String, i64)>,
    Query(wish): Query<Wish>,
) -> Response {
    page.render(|state, page| {
        let view = View::new(state, page, &owner, &name)?;
        let run = view.repo.run(id)?;
        Ok(Frame { title: view.run_name(run), repo: Some(view.full_name()), body: body(&view, run, &wish) })
    })
}

fn body(view: &View<'_>, run: &Run, wish: &Wish) -> Markup {
    html! {
        (view.form_start(&view.path(&format!("actions/runs/{}", run.id))))
        header.headline {
            h1 { (run.display_title) " " span.number { (view.run_name(run)) } }
            p.standing {
                (mark::of(&run.status, run.conclusion.as_deref()).draw())
                span { (view.name(run.actor)) " started it by " code { (run.event) } " " (view.ago(run.created_at)) }
            }
        }
        div.strip { (view.switch(&view.cast(None), wish.person.as_deref())) }
        section.box.panel aria-label="The run" {
            ul.rows { (view.run_row(run)) }
            p.pad { "Commit " (view.sha(&run.head_sha)) " on " code.branch { (run.head_branch) } }
            @if !run.inputs.is_empty() {
                h3 { "Inputs" }
                dl.pad { @for (name, value) in &run.inputs { dt { code { (name) } } dd { (value) } } }
            }
        }
    }
}
