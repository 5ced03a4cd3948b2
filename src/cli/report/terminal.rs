//! Markdown of ours as plain text for a terminal: the same words, tables with straight columns, no marks.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Text after text, as a terminal shows it. What cannot be seen is left out.
pub(super) fn plain(markdown: &str) -> String {
    let mut page = Page::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.end_block();
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    /// The words of the paragraph, item or cell that is open.
    line: String,
    /// The rows of the table that is open.
    rows: Vec<Vec<String>>,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(words) | Event::Code(words) => self.line.push_str(&words.replace('\u{200b}', "")),
            Event::SoftBreak | Event::HardBreak => self.line.push(' '),
            Event::Start(Tag::Item) => self.line.push_str("- "),
            Event::Start(Tag::TableHead | Tag::TableRow) => self.rows.push(Vec::new()),
            Event::End(TagEnd::TableCell) => {
                let cell = std::mem::take(&mut self.line);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell.trim().to_owned());
                }
            }
            Event::End(TagEnd::Table) => self.end_table(),
            Event::End(TagEnd::Heading(_)) => self.end_heading(),
            Event::End(TagEnd::Item) => self.end_line(),
            Event::End(TagEnd::Paragraph | TagEnd::List(_)) => self.end_block(),
            Event::Html(html) | Event::InlineHtml(html) => self.section(&html),
            _ => {}
        }
    }

    /// `<details><summary>Fixed: 1</summary>` is a heading where nothing can be folded up.
    fn section(&mut self, html: &str) {
        let summary = html.split_once("<summary>").and_then(|(_, rest)| rest.split_once("</summary>"));
        if let Some((words, _)) = summary {
            self.end_block();
            self.line.push_str(words);
            self.end_heading();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    fn end_block(&mut self) {
        self.end_line();
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn end_heading(&mut self) {
        let underline = "-".repeat(self.line.trim().chars().count());
        self.end_line();
        self.text.push_str(&underline);
        self.text.push_str("\n\n");
    }

    /// Columns are as wide as their widest cell, up to where a line would be lost on the screen.
    fn end_table(&mut self) {
        const WIDEST: usize = 60;
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(WIDEST)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in rows.iter().filter(|row| row.iter().any(|cell| !cell.is_empty())) {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            self.line = cells.collect::<Vec<_>>().join("  ");
            self.end_line();
        }
        self.end_block();
    }
}
