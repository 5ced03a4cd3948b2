//! What the bot writes: Markdown of our own words, in which everything from outside is data.
//!
//! A [`Markdown`] is made only of literals, numbers and pieces of [`Untrusted`] text that have been
//! rendered; a `&str` read from somewhere does not fit in. GitHub reads a text more than once: as
//! Markdown, and then again for mentions, references, bare addresses and emoji, by when entities are
//! characters again. So what could mean something is written as an entity against the first reading,
//! and is followed by a zero-width space against the second.

mod untrusted;
mod cut;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use url::Url;

use crate::clock::Timestamp;
use crate::ids::PromotionNumber;

pub use cut::cut_to_bytes;
pub use untrusted::Untrusted;

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

    /// What was rendered here earlier and kept since. Never anything that somebody else wrote.
    pub fn stored(text: String) -> Self {
        Self(text)
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

    /// As much of a table as fits into so many bytes: whole rows from the first on. Says how many they are.
    pub fn table_within<const N: usize>(
        header: [&'static str; N],
        rows: impl IntoIterator<Item = [Self; N]>,
        limit: usize,
    ) -> (Self, usize) {
        let mut table = Self::table(header, []).0;
        let mut shown = 0;
        for row in rows {
            let before = table.len();
            // The line end after the last row is there already, and stays the last.
            table.pop();
            push_row(&mut table, row);
            table.push('\n');
            if table.len() > limit {
                table.truncate(before - 1);
                table.push('\n');
                break;
            }
            shown += 1;
        }
        (Self(table), shown)
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

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.len()
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
