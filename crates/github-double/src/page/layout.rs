//! What is around every page: the shared frame, with the sandbox's own words in the bar.

use countersign_page::Live;
use maud::{Markup, html};

use super::Page;

/// A page's content, before it is put into the frame.
pub(super) struct Frame {
    /// What stands in the browser's tab.
    pub(super) title: String,
    /// The repository it is about, as `owner/name`.
    pub(super) repo: Option<String>,
    /// What stands in `<main>`.
    pub(super) body: Markup,
}

/// The whole document.
pub(super) fn document(page: &Page, frame: Frame, revision: u64) -> Markup {
    let title = format!("{} · Countersign sandbox", frame.title);
    let live = Live { script: "/_sandbox/page.js", events: "/_sandbox/events", revision };
    let framed = countersign_page::Frame {
        title: &title,
        style: "/_sandbox/page.css",
        home: "/",
        bar: bar(page, frame.repo.as_deref()),
        body: frame.body,
        live: Some(live),
    };
    framed.document()
}

fn bar(page: &Page, repo: Option<&str>) -> Markup {
    html! {
        span.tag { "sandbox" }
        span.top-note { "A make-believe GitHub on your machine. Nothing leaves it." }
        span.top-links {
            @if let Some(repo) = repo { a href={ "/" (repo) } { (repo) } }
            @if let Some(address) = &page.countersign {
                a href={ (address) "/log/checkpoint" } rel="noopener" { "Signed log" }
            }
        }
    }
}
