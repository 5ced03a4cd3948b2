//! What the bot writes: Markdown of our own words, in which everything from outside is data.
//!
//! A [`Markdown`] is made only of literals, numbers and pieces of [`Untrusted`] text that have been
//! rendered; a `&str` read from somewhere does not fit in. GitHub reads a text more than once: as
//! Markdown, and then again for mentions, references, bare addresses and emoji, by when entities are
//! characters again. So what could mean something is written as an entity against the first reading,
//! and is followed by a zero-width space against the second.

use std::fmt::{self, Write as _};

use url::Url;

use crate::clock::Timestamp;
use crate::command::misleads;
use crate::ids::PromotionNumber;

/// Breaks a reference without being seen. An entity, so that it can be seen in the source.
const BREAK: &str = "&#8203;";
/// GitHub links a word of this many hexadecimal digits as a commit.
const SHORTEST_SHA: usize = 7;

/// Markdown that is safe to send.
///
/// ```
/// # use countersign::markdown::{Markdown, Untrusted};
/// let text = Markdown::from("Promotion ").with(42).with(" to ").with(Untrusted::new("prod").code());
/// assert_eq!(text.as_str(), "Promotion 42 to `prod`");
/// ```
///
/// What was read at run time does not become Markdown by itself:
///
/// ```compile_fail,E0597
/// # use countersign::markdown::Markdown;
/// let read = String::from("@everyone");
/// let text = Markdown::from(read.as_str());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markdown(String);

impl Markdown {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// This, and then that.
    #[must_use]
    pub fn with(mut self, piece: impl Into<Self>) -> Self {
        self.push(piece);
        self
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, piece: impl Into<Self>) {
        let piece = piece.into();
        // Two code spans side by side would become one with other ends.
        if self.0.ends_with('`') && piece.0.starts_with('`') {
            self.0.push(' ');
        }
        self.0.push_str(&piece.0);
    }

    /// The pieces with `between` between each two.
    pub fn join(pieces: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut joined = Self::new();
        for (index, piece) in pieces.into_iter().enumerate() {
            if index > 0 {
                joined.push(between);
            }
            joined.push(piece);
        }
        joined
    }

    /// A table with blank lines around it; every row is one line, whatever its cells hold.
    pub fn table<const N: usize>(
        header: [&'static str; N],
        rows: impl IntoIterator<Item = [Self; N]>,
    ) -> Self {
        let mut table = String::from("\n\n");
        push_row(&mut table, header.map(Self::from));
        push_row(&mut table, [(); N].map(|()| Self::from("---")));
        for row in rows {
            push_row(&mut table, row);
        }
        table.push('\n');
        Self(table)
    }

    /// A link, if the address is one that a browser shows (http or https) and holds no user name that
    /// could pass for a host; else only its text.
    pub fn link(text: impl Into<Self>, url: &Url) -> Self {
        let text = text.into();
        let shown = matches!(url.scheme(), "http" | "https") && url.has_host();
        if !shown || !url.username().is_empty() || url.password().is_some() {
            return text;
        }
        let label = if text.is_empty() { Untrusted::new(url.as_str()).inline() } else { text };
        Self(format!("[{}](<{}>)", label.0, destination(url)))
    }

    /// The text as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&'static str> for Markdown {
    fn from(literal: &'static str) -> Self {
        Self(literal.to_owned())
    }
}

macro_rules! from_harmless {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Markdown {
            fn from(value: $kind) -> Self {
                Self(value.to_string())
            }
        }
    )*};
}

from_harmless!(i32, i64, u16, u32, u64, usize, PromotionNumber, Timestamp);

impl From<Markdown> for String {
    fn from(markdown: Markdown) -> Self {
        markdown.0
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that somebody else wrote, on its way into what the bot writes.
#[derive(Debug, Clone, Copy)]
pub struct Untrusted<'a> {
    text: &'a str,
    longest: usize,
}

impl<'a> Untrusted<'a> {
    /// The text; at most 1,000 characters of it will be shown.
    pub fn new(text: &'a str) -> Self {
        Self { text, longest: 1_000 }
    }

    /// Shows at most so many characters, and `…` if there were more.
    #[must_use]
    pub fn at_most(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// As words in a sentence, in a table's cell or in HTML: it reads as it was written, on one line,
    /// and does nothing.
    pub fn inline(self) -> Markdown {
        let mut sentence = Sentence::default();
        self.on_one_line().chars().for_each(|character| sentence.add(character));
        Markdown(sentence.written)
    }

    /// As code within a sentence or a table's cell, on one line.
    pub fn code(self) -> Markdown {
        let text = self.on_one_line();
        let fence = "`".repeat(longest_run(&text, '`') + 1);
        let space = if text.is_empty() || text.starts_with('`') || text.ends_with('`') { " " } else { "" };
        let end = if text.is_empty() { "" } else { space };
        Markdown(format!("{fence}{space}{text}{end}{fence}"))
    }

    /// As a block of code with its lines kept. It stands at the margin: not in a list, quote or cell.
    pub fn block(self) -> Markdown {
        let lines = self.text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = capped(lines.trim_end(), self.longest)
            .chars()
            .map(|c| if matches!(c, '\n' | '\t') { c } else { visible(c) })
            .collect();
        // Some bots obey a line that starts with a slash even within a code block.
        let text = format!("\n{text}").replace("\n/", "\n /");
        let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
        Markdown(format!("\n{fence}text{text}\n{fence}\n"))
    }

    fn on_one_line(self) -> String {
        let words: Vec<_> = self.text.split_whitespace().collect();
        capped(&words.join(" "), self.longest).chars().map(visible).collect()
    }
}

/// Cuts to so many bytes between two lines, never within a code block, and says how much is missing.
///
/// Sections that are open there are closed. Nothing is left if not even that sentence fits.
pub fn cut_to_bytes(markdown: Markdown, limit: usize) -> Markdown {
    if markdown.0.len() <= limit {
        return markdown;
    }
    let lines: Vec<&str> = markdown.0.split_inclusive('\n').collect();
    let mut cut = Cut::default();
    let mut best = None;
    for (index, line) in lines.iter().enumerate() {
        if cut.is_clean_before(line) {
            let ending = ending(cut.open_sections, lines.len() - index);
            best = (cut.kept + ending.len() <= limit).then_some((cut.kept, ending)).or(best);
        }
        if cut.kept > limit {
            break;
        }
        cut.take(line);
    }
    let Some((kept, ending)) = best else { return Markdown::new() };
    Markdown(format!("{}{ending}", markdown.0.get(..kept).unwrap_or_default()))
}

/// Where a cut could be made, while going down the lines.
#[derive(Default)]
struct Cut {
    kept: usize,
    open_fence: usize,
    open_sections: usize,
}

impl Cut {
    /// Not within a code block, nor between a table's header and the line under it.
    fn is_clean_before(&self, line: &str) -> bool {
        self.open_fence == 0 && !line.starts_with("| ---")
    }

    fn take(&mut self, line: &str) {
        self.kept += line.len();
        let text = line.trim();
        let ticks = text.len() - text.trim_start_matches('`').len();
        let after = text.trim_start_matches('`');
        if self.open_fence > 0 {
            let closes = ticks >= self.open_fence && after.is_empty();
            self.open_fence = if closes { 0 } else { self.open_fence };
        } else if ticks >= 3 && !after.contains('`') {
            self.open_fence = ticks;
        } else if text.starts_with("<details") && !text.ends_with("</details>") {
            self.open_sections += 1;
        } else if text.starts_with("</details>") {
            self.open_sections = self.open_sections.saturating_sub(1);
        }
    }
}

fn ending(open_sections: usize, left_out: usize) -> String {
    let lines = if left_out == 1 { "line" } else { "lines" };
    let closing = "\n\n</details>".repeat(open_sections);
    format!("\n*… {left_out} more {lines}, left out because GitHub takes no longer text.*{closing}\n")
}

/// One row; a cell's line ends become spaces and its bare pipes are escaped, also those in code.
fn push_row<const N: usize>(table: &mut String, cells: [Markdown; N]) {
    for cell in cells {
        table.push_str("| ");
        let mut before = ' ';
        for character in cell.0.trim().chars() {
            match character {
                '\n' | '\r' => table.push(' '),
                // `\\|` is read as a backslash and an end of the cell by some: keep the two apart.
                '|' if before == '\\' => table.push_str("\u{200b}\\|"),
                '|' => table.push_str("\\|"),
                other => table.push(other),
            }
            before = character;
        }
        table.push(' ');
    }
    table.push_str("|\n");
}

/// The address with everything percent-encoded that could end it or start something in Markdown.
fn destination(url: &Url) -> String {
    let mut written = String::new();
    for character in url.as_str().chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' | '>' | '(' | ')' | '[' | ']' | '|' | '\\' | '`' | '"' | '*' | '{' | '}' | '^' | ' ' => {
                let _ = write!(written, "%{:02X}", u32::from(character));
            }
            other => written.push(other),
        }
    }
    written
}

/// Words on their way into a sentence, with what is needed to see where a reference would start.
#[derive(Default)]
struct Sentence {
    written: String,
    /// The letters and digits right before the next character.
    word: String,
    /// How many hexadecimal digits stand unbroken at the end.
    digits: usize,
}

impl Sentence {
    fn add(&mut self, character: char) {
        self.break_sha(character);
        if self.means_something(character) {
            let _ = write!(self.written, "&#{};", u32::from(character));
        } else {
            self.written.push(character);
        }
        if self.is_reference(character) {
            self.written.push_str(BREAK);
        }
        if character.is_alphanumeric() {
            self.word.push(character);
        } else {
            self.word.clear();
        }
    }

    /// Keeps runs of hexadecimal digits shorter than what is taken for a commit.
    fn break_sha(&mut self, character: char) {
        if !character.is_ascii_hexdigit() {
            self.digits = 0;
            return;
        }
        if self.digits + 1 == SHORTEST_SHA {
            self.written.push_str(BREAK);
            self.digits = 0;
        }
        self.digits += 1;
    }

    /// Whether Markdown, HTML or another bot could take the character for more than itself here.
    fn means_something(&self, character: char) -> bool {
        match character {
            // A list's number, or an address that starts with www.
            '.' => self.word.ends_with(|c: char| c.is_ascii_digit() || matches!(c, 'w' | 'W')),
            // A list, a line, a heading's underline; or a command that another bot would obey.
            '-' | '/' => self.word.is_empty() || self.is_reference(character),
            ',' | ';' | '\'' | '?' | '%' => false,
            other => other.is_ascii_punctuation(),
        }
    }

    /// Whether GitHub could read a mention, a reference, an address or an emoji across it.
    fn is_reference(&self, character: char) -> bool {
        let after = |word: &str| self.word.to_ascii_lowercase().ends_with(word);
        match character {
            '@' | '#' | ':' => true,
            '.' => after("www"),
            '-' => after("gh") || after("ghsa"),
            _ => false,
        }
    }
}

/// The character, or a sign for it if it cannot be seen or turns what is around it.
fn visible(character: char) -> char {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        other if misleads(other) => '\u{fffd}',
        other => other,
    }
}

fn capped(text: &str, longest: usize) -> String {
    if text.chars().nth(longest).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|c| c != wanted).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

    use super::*;

    fn events(markdown: &Markdown) -> Vec<Event<'_>> {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_GFM
            | Options::ENABLE_MATH;
        Parser::new_ext(markdown.as_str(), options).collect()
    }

    /// The text of one paragraph that holds nothing but text, as a browser would be given it.
    fn only_text(markdown: &Markdown) -> String {
        let events = events(markdown);
        let [Event::Start(Tag::Paragraph), inner @ .., Event::End(TagEnd::Paragraph)] = events.as_slice()
        else {
            panic!("{markdown:?}: {events:?}");
        };
        inner
            .iter()
            .map(|event| match event {
                Event::Text(text) => text.as_ref(),
                other => panic!("{markdown:?}: {other:?}"),
            })
            .collect()
    }

    fn only_code(markdown: &Markdown) -> String {
        let events = events(markdown);
        match events.as_slice() {
            [Event::Start(Tag::Paragraph), Event::Code(code), Event::End(TagEnd::Paragraph)] => {
                code.to_string()
            }
            _ => panic!("{markdown:?}: {events:?}"),
        }
    }

    /// What GitHub's second reading would make something of.
    fn references(text: &str) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        let mut found = Vec::new();
        for (index, window) in characters.windows(2).enumerate() {
            match window {
                ['@' | '#', next] if next.is_alphanumeric() => found.push(format!("{window:?} at {index}")),
                [':', next] if next.is_alphanumeric() || "+-_/".contains(*next) => {
                    found.push(format!("{window:?} at {index}"));
                }
                _ => {}
            }
        }
        let lowercase = text.to_lowercase();
        for start in ["www.", "gh-", "ghsa-"] {
            let mut after = lowercase.split(start).skip(1);
            found.extend(after.any(|rest| rest.starts_with(char::is_alphanumeric)).then(|| start.to_owned()));
        }
        let long = lowercase.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 7);
        found.extend(long.map(str::to_owned));
        found
    }

    fn on_one_line(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().map(visible).collect()
    }

    const HOSTILE: [&str; 52] = [
        "@alice",
        "@acme/sre",
        "&#64;alice",
        "#123",
        "acme/shop#1",
        "GH-1",
        "gh-22",
        "GHSA-aaaa-bbbb-cccc",
        "3f2a9c1d3f2a9c1d3f2a9c1d3f2a9c1d3f2a9c1d",
        "alice@3f2a9c1",
        "https://evil.example/x",
        "www.evil.example",
        "alice@evil.example",
        "mailto:a@b.example",
        ":tada:",
        "<!-- countersign -->",
        "<img src=x onerror=y>",
        "</details>",
        "[a](https://evil.example)",
        "![a](https://evil.example/x.png)",
        "[a]: https://evil.example",
        "[^1]",
        "[^1]: note",
        "<https://evil.example>",
        "# head",
        "head\n===",
        "head\n---",
        "===",
        "---",
        "***",
        "- item",
        "+ item",
        "* item",
        "1. item",
        "12) item",
        "- [ ] task",
        "> quote",
        "> [!NOTE]",
        "    code",
        "\tcode",
        "```\ncode\n```",
        "~~~",
        "`a`",
        "``a`",
        "*a* **b** _c_ __d__",
        "~~a~~ ~b~",
        "a | b\n--|--",
        "a\\|b \\",
        "$x^2$ $$y$$",
        "a  \nb\\\nc",
        "&amp; &lt;b&gt; &copy;",
        "{{ x }}",
    ];

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            3 => prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
            2 => "[ -~\n\t]{0,8}",
            1 => "[`|\\\\@#:<>&\\[\\]()*_~!$=+.0-9 \n-]{0,8}",
            1 => "[0-9a-fA-FgGhHwW.@-]{0,12}",
            1 => "\\PC{0,4}",
            1 => any::<String>().prop_map(|text| text.chars().take(6).collect()),
        ];
        prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
    }

    fn check_inline(text: &str) {
        let seen = on_one_line(text);
        let rendered = Markdown::from("x ").with(Untrusted::new(text).inline()).with(" y");
        let shown = only_text(&rendered).replace("\u{200b}", "");
        assert_eq!(shown.replace("  ", " "), format!("x {seen} y").replace("  ", " "), "{text:?}");
        if seen.is_empty() {
            return;
        }
        let rendered = Untrusted::new(text).inline();
        let shown = only_text(&rendered);
        assert_eq!(references(&shown), Vec::<String>::new(), "{text:?} as {rendered}");
        assert_eq!(shown.replace("\u{200b}", ""), seen, "{text:?}");
        assert!(!rendered.as_str().starts_with('/'), "{rendered}");
    }

    #[test]
    fn pitfall_22_untrusted_words_do_nothing() {
        for text in HOSTILE {
            check_inline(text);
            assert_eq!(only_code(&Untrusted::new(text).code()), on_one_line(text), "{text:?}");
        }
        let shown = Untrusted::new("hi @bob, see #1").inline();
        assert_eq!(shown.as_str(), "hi &#64;&#8203;bob, see &#35;&#8203;1");
        assert_eq!(Untrusted::new("us-east-1 v1 it's 50%").inline().as_str(), "us-east-1 v1 it's 50%");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        let text = "a\u{1b}[31m\u{202e}b\0c\u{feff}\u{7f}";
        assert_eq!(
            only_code(&Untrusted::new(text).code()),
            "a\u{241b}[31m\u{fffd}b\u{2400}c\u{fffd}\u{2421}"
        );
        assert_eq!(Untrusted::new("\n \t").inline(), Markdown::new());
        assert_eq!(Untrusted::new("").code().as_str(), "` `");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(Untrusted::new("äöü").at_most(3).code().as_str(), "`äöü`");
        assert_eq!(Untrusted::new("äöüß").at_most(3).code().as_str(), "`äö…`");
        assert_eq!(Untrusted::new("ab").at_most(0).inline().as_str(), "…");
    }

    #[test]
    fn links_go_to_web_pages_only() {
        let link = |url: &str| Markdown::link(Untrusted::new("a](b)").inline(), &Url::parse(url).unwrap());
        assert_eq!(
            link("https://example.test/a(b)?c=<d>&copy;=|\\`x`").as_str(),
            "[a&#93;&#40;b&#41;](<https://example.test/a%28b%29?c=%3Cd%3E&amp;copy;=%7C%5C%60x%60>)"
        );
        for url in ["javascript:alert(1)", "data:text/html,x", "ftp://x/", "https://github.com@evil.example/"]
        {
            assert_eq!(link(url).as_str(), "a&#93;&#40;b&#41;", "{url}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_lines() {
        let row = |n: usize| [Markdown::from(n), Untrusted::new("a|b").code()];
        let table = Markdown::from("<details>\n").with(Markdown::table(["n", "what"], (0..100).map(row)));
        let whole = table.with(Untrusted::new("x\n\ny").block()).with("</details>\n");
        assert_eq!(cut_to_bytes(whole.clone(), whole.as_str().len()), whole);
        for limit in 0..whole.as_str().len() {
            let cut = cut_to_bytes(whole.clone(), limit);
            let text = cut.as_str();
            assert!(text.len() <= limit);
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{text}");
            assert_eq!(text.matches("```").count() % 2, 0, "{text}");
            assert_eq!(text.matches("| n |").count(), text.matches("| --- |").count(), "{text}");
            assert!(
                text.lines().filter(|line| line.starts_with('|')).all(|line| line.ends_with(" |")),
                "{text}"
            );
            assert!(text.is_empty() || text.contains("left out"), "{text}");
        }
        let cut = cut_to_bytes(whole.clone(), 400);
        let (kept, note) = cut.as_str().split_once("\n*… ").unwrap();
        let left_out: usize = note.split_once(' ').unwrap().0.parse().unwrap();
        assert!(kept.ends_with("`a\\|b` |\n"), "{kept}");
        assert_eq!(kept.lines().count() + left_out, whole.as_str().lines().count());
    }

    proptest! {
        #[test]
        fn inline_text_is_only_text(text in hostile()) {
            check_inline(&text);
        }

        #[test]
        fn code_is_only_code_also_beside_other_code(text in hostile(), other in hostile()) {
            let seen = on_one_line(&text);
            prop_assume!(!seen.is_empty());
            let code = Untrusted::new(&text).code();
            prop_assert_eq!(only_code(&code), seen);
            let both = code.with(Untrusted::new(&other).code());
            let harmless = events(&both).iter().all(|event| matches!(event,
                Event::Code(_) | Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph))
                || matches!(event, Event::Text(text) if text.trim().is_empty()));
            prop_assert!(harmless, "{}", both);
        }

        #[test]
        fn a_block_is_one_block(text in hostile()) {
            let block = Markdown::from("before").with(Untrusted::new(&text).block()).with("after");
            let events = events(&block);
            let starts: Vec<_> = events.iter().filter_map(|event| match event {
                Event::Start(tag) => Some(tag.clone()),
                Event::Text(_) | Event::End(_) => None,
                other => panic!("{block}: {other:?}"),
            }).collect();
            let fenced = Tag::CodeBlock(CodeBlockKind::Fenced("text".into()));
            prop_assert_eq!(starts, vec![Tag::Paragraph, fenced, Tag::Paragraph]);
            prop_assert!(!block.as_str().contains("\n/"));
        }

        #[test]
        fn a_table_keeps_its_shape(rows in prop::collection::vec((hostile(), hostile()), 1..4)) {
            let cells = rows.iter().map(|(a, b)| [Untrusted::new(a).inline(), Untrusted::new(b).code()]);
            let table = Markdown::table(["a", "b"], cells);
            let events = events(&table);
            let count = |end: TagEnd| events.iter().filter(|event| **event == Event::End(end)).count();
            prop_assert_eq!((count(TagEnd::TableRow), count(TagEnd::TableCell)), (rows.len(), 2 * rows.len() + 2));
            let codes: Vec<_> = events.iter().filter_map(|event| match event {
                Event::Code(code) => Some(code.replace('\u{200b}', "")),
                Event::Text(_) | Event::End(_)
                | Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell) => None,
                other => panic!("{table}: {other:?}"),
            }).collect();
            let seen = |text: &str| if on_one_line(text).is_empty() { " ".to_owned() } else { on_one_line(text) };
            prop_assert_eq!(codes, rows.iter().map(|(_, b)| seen(b)).collect::<Vec<_>>());
        }
    }
}
