//! The frame around every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Page;
use super::icon::{Icon, icon};

/// A page's content, before it is put into the frame.
pub(super) struct Frame {
    /// What stands in the browser's tab.
    pub(super) title: String,
    /// The repository it is about, as `owner/name`.
    pub(super) repo: Option<String>,
    /// What stands in `<main>`.
    pub(super) body: Markup,
}

/// A countersigned C, for the browser's tab.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect width='16' height='16' rx='4' fill='%231f6feb'/%3E%3Cpath d='M4 8.4l2.6 2.6L12 5.4' fill='none' \
    stroke='white' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/// The whole document.
pub(super) fn document(page: &Page, frame: &Frame, revision: u64) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (frame.title) " · Countersign sandbox" }
                link rel="icon" href=(PreEscaped(FAVICON));
                link rel="stylesheet" href="/_sandbox/page.css";
                script src="/_sandbox/page.js" defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (top_bar(page, frame))
                main #main data-revision=(revision) { (frame.body) }
                div #toast role="status" aria-live="polite" {}
            }
        }
    }
}

fn top_bar(page: &Page, frame: &Frame) -> Markup {
    html! {
        header.top {
            nav.top-inner aria-label="Sandbox" {
                a.brand href="/" { span.seal aria-hidden="true" { (icon(Icon::Check)) } "Countersign" }
                span.tag { "sandbox" }
                span.top-note { "A make-believe GitHub on your machine. Nothing leaves it." }
                span.top-links {
                    @if let Some(repo) = &frame.repo { a href={ "/" (repo) } { (repo) } }
                    @if let Some(address) = &page.countersign {
                        a href={ (address) "/log/checkpoint" } rel="noopener" { "Signed log" }
                    }
                }
            }
        }
    }
}
