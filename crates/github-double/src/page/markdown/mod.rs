//! Markdown as GitHub renders it in comments, safe whatever it says.
//!
//! What the bot writes and what people write go through the same door, so that a text which is
//! escaped badly shows it: it mentions, links or breaks the table here as it would on GitHub.

mod raw_html;
mod references;

use maud::{Markup, PreEscaped};
use pulldown_cmark::{Alignment, CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream, html};

pub(super) use references::References;
use references::{Piece, pieces};

/// The most of a text that is rendered, in bytes; GitHub takes 65 536 characters.
const LIMIT: usize = 262_144;

/// Renders a text as GitHub renders a comment.
pub(super) fn render(source: &str, references: &dyn References) -> Markup {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let source = source.get(..source.floor_char_boundary(LIMIT)).unwrap_or_default();
    let mut safe = Safe::new(references);
    TextMergeStream::new(Parser::new_ext(source, options)).for_each(|event| safe.take(event));
    safe.close_raw();
    let mut output = String::with_capacity(source.len() * 2);
    html::push_html(&mut output, safe.events.into_iter());
    PreEscaped(output)
}

/// What was opened and must be closed, so that no text can close what it did not open.
enum Open {
    /// An element of Markdown.
    Markdown,
    /// A raw tag that is allowed.
    Raw(&'static str),
}

/// Turns the parser's events into events that are safe to write.
struct Safe<'t> {
    references: &'t dyn References,
    events: Vec<Event<'t>>,
    open: Vec<Open>,
    /// The text of a raw HTML block while it is being collected.
    block: Option<String>,
    /// How many elements surround us in which nothing is linked: links, images, code.
    literal: usize,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl<'t> Safe<'t> {
    fn new(references: &'t dyn References) -> Self {
        Self {
            references,
            events: Vec::new(),
            open: Vec::new(),
            block: None,
            literal: 0,
            columns: Vec::new(),
            column: 0,
            in_head: false,
        }
    }

    fn take(&mut self, event: Event<'t>) {
        match event {
            Event::Start(Tag::HtmlBlock) => self.block = Some(String::new()),
            Event::End(TagEnd::HtmlBlock) => {
                let block = self.block.take().unwrap_or_default();
                self.raw(&block);
            }
            Event::Start(tag) => {
                self.open.push(Open::Markdown);
                self.start(tag);
            }
            Event::End(tag) => {
                self.close_raw();
                self.open.pop();
                self.end(tag);
            }
            Event::Text(text) | Event::Html(text) if self.block.is_some() => {
                self.block.get_or_insert_default().push_str(&text);
            }
            Event::Html(text) | Event::InlineHtml(text) => self.raw(&text),
            Event::Text(text) if self.literal == 0 => self.text(&text),
            Event::SoftBreak => self.events.push(Event::HardBreak),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.events.push(Event::Text(text));
            }
            Event::Text(_) | Event::Code(_) | Event::HardBreak | Event::Rule | Event::TaskListMarker(_) => {
                self.events.push(event);
            }
        }
    }

    fn start(&mut self, tag: Tag<'t>) {
        match tag {
            Tag::Link { dest_url, .. } => {
                self.literal += 1;
                self.write(link_start(&dest_url));
            }
            Tag::Image { .. } => {
                self.literal += 1;
                self.write("<span class=\"no-image\">".to_owned());
            }
            Tag::CodeBlock(_) => {
                self.literal += 1;
                self.events.push(Event::Start(tag));
            }
            Tag::Table(columns) => {
                self.columns = columns;
                self.write("<div class=\"table\"><table>".to_owned());
            }
            Tag::TableHead => {
                (self.in_head, self.column) = (true, 0);
                self.write("<thead><tr>".to_owned());
            }
            Tag::TableRow => {
                self.column = 0;
                self.write("<tr>".to_owned());
            }
            Tag::TableCell => self.start_cell(),
            other => self.events.push(Event::Start(other)),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => {
                self.literal = self.literal.saturating_sub(1);
                self.write("</a>".to_owned());
            }
            TagEnd::Image => {
                self.literal = self.literal.saturating_sub(1);
                self.write("</span>".to_owned());
            }
            TagEnd::CodeBlock => {
                self.literal = self.literal.saturating_sub(1);
                self.events.push(Event::End(tag));
            }
            TagEnd::Table => self.write("</tbody></table></div>".to_owned()),
            TagEnd::TableHead => {
                self.in_head = false;
                self.write("</tr></thead><tbody>".to_owned());
            }
            TagEnd::TableRow => self.write("</tr>".to_owned()),
            TagEnd::TableCell => self.write(if self.in_head { "</th>" } else { "</td>" }.to_owned()),
            other => self.events.push(Event::End(other)),
        }
    }

    /// The library would write an inline style here, which our content security policy forbids.
    fn start_cell(&mut self) {
        let element = if self.in_head { "th" } else { "td" };
        let class = match self.columns.get(self.column) {
            Some(Alignment::Right) => " class=\"right\"",
            Some(Alignment::Center) => " class=\"center\"",
            Some(Alignment::Left | Alignment::None) | None => "",
        };
        self.column += 1;
        self.write(format!("<{element}{class}>"));
    }

    fn text(&mut self, text: &str) {
        for piece in pieces(text, self.references) {
            match piece {
                Piece::Plain(text) => self.plain(text),
                Piece::Mention(name) => {
                    self.write("<strong class=\"mention\">".to_owned());
                    self.plain(name);
                    self.write("</strong>".to_owned());
                }
                Piece::Link { text, address } => {
                    self.write(link_start(&address));
                    self.plain(text);
                    self.write("</a>".to_owned());
                }
            }
        }
    }

    fn plain(&mut self, text: &str) {
        self.events.push(Event::Text(CowStr::from(text.to_owned())));
    }

    fn write(&mut self, markup: String) {
        self.events.push(Event::InlineHtml(CowStr::from(markup)));
    }
}

/// An `<a>`; without an address unless it leads to the web or to a page of this host.
fn link_start(address: &str) -> String {
    let lower = address.to_ascii_lowercase();
    let leaves = lower.starts_with("http://") || lower.starts_with("https://");
    let stays = address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
    if !leaves && !stays {
        return "<a>".to_owned();
    }
    maud::html! { (PreEscaped("<a href=\"")) (address) (PreEscaped("\" rel=\"nofollow noopener\">")) }.0
}

#[cfg(test)]
mod tests;
