//! The document around every page: its head, the bar on top, and the content.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::icon::{Icon, icon};

/// A countersigned C, for the browser's tab.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect width='16' height='16' rx='4' fill='%231f6feb'/%3E%3Cpath d='M4 8.4l2.6 2.6L12 5.4' fill='none' \
    stroke='white' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/// A page's content, and what is around it.
#[derive(Debug)]
pub struct Frame<'p> {
    /// What stands in the browser's tab.
    pub title: &'p str,
    /// Where its stylesheet is.
    pub style: &'p str,
    /// Where the brand in the bar leads.
    pub home: &'p str,
    /// What stands in the bar beside the brand.
    pub bar: Markup,
    /// What stands in `<main>`.
    pub body: Markup,
    /// How it follows changes; none has no script.
    pub live: Option<Live<'p>>,
}

/// How a page follows changes.
#[derive(Debug, Clone, Copy)]
pub struct Live<'p> {
    /// Where its script is.
    pub script: &'p str,
    /// Where it hears of changes: server-sent events, each with the number of the newest.
    pub events: &'p str,
    /// The number of the change that the page shows.
    pub revision: u64,
}

impl Frame<'_> {
    /// The whole document.
    pub fn document(&self) -> Markup {
        let events = self.live.map(|live| live.events);
        let revision = self.live.map(|live| live.revision);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    link rel="icon" href=(PreEscaped(FAVICON));
                    link rel="stylesheet" href=(self.style);
                    @if let Some(live) = self.live { script src=(live.script) defer {} }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.top_bar())
                    main #main data-revision=[revision] data-events=[events] { (self.body) }
                    @if self.live.is_some() { div #toast role="status" aria-live="polite" {} }
                }
            }
        }
    }

    fn top_bar(&self) -> Markup {
        html! {
            header.top {
                nav.top-inner aria-label="Countersign" {
                    a.brand href=(self.home) { span.seal aria-hidden="true" { (icon(Icon::Check)) } "Countersign" }
                    (self.bar)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(live: Option<Live<'_>>) -> String {
        let body = html! { h1 { "A <page>" } };
        let frame = Frame { title: "A & B", style: "/x.css", home: "/", bar: html! {}, body, live };
        frame.document().into_string()
    }

    #[test]
    fn a_page_that_follows_nothing_has_no_script_and_nothing_inline() {
        let still = document(None);
        for part in [
            "<title>A &amp; B</title>",
            "href=\"/x.css\"",
            "<main id=\"main\"><h1>A &lt;page&gt;</h1></main>",
        ] {
            assert!(still.contains(part), "{part} in {still}");
        }
        for bad in ["<script", "<style", " style=", "data-revision", "toast"] {
            assert!(!still.contains(bad), "{bad} in {still}");
        }
    }

    #[test]
    fn a_page_that_follows_changes_says_where_it_hears_of_them() {
        let live = document(Some(Live { script: "/x.js", events: "/x/events", revision: 7 }));
        for part in [
            "<script src=\"/x.js\" defer></script>",
            "<main id=\"main\" data-revision=\"7\" data-events=\"/x/events\">",
            "aria-live=\"polite\"",
        ] {
            assert!(live.contains(part), "{part} in {live}");
        }
    }
}
