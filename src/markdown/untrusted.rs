//! Text from outside, made harmless.

use std::fmt::Write as _;

use super::Markdown;
use crate::command::misleads;

/// Breaks a reference without being seen. An entity, so that it can be seen in the source.
const BREAK: &str = "&#8203;";
/// GitHub links a word of this many hexadecimal digits as a commit.
const SHORTEST_SHA: usize = 7;

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
pub(super) fn visible(character: char) -> char {
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
