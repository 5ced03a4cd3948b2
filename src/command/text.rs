//! A command line as text: which characters it may hold, and its words.

use std::iter::Peekable;
use std::str::Chars;

use countersign_kernel::text::misleads;

use super::error::CommandError;

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 8_000;

/// One word of a command line, with its quotes taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// It started with a quote, so whatever it holds is meant as text.
    quoted: bool,
}

impl Word {
    /// Whether it names an option.
    pub(super) fn is_option(&self) -> bool {
        !self.quoted && self.text.starts_with('-')
    }
}

/// Refuses a line that is too long or holds what a reader cannot see.
pub(super) fn check(line: &str) -> Result<(), CommandError> {
    if line.len() > LONGEST_LINE {
        let message = format!("The line is longer than {LONGEST_LINE} bytes. Write a shorter one.");
        return Err(CommandError::new("line_too_long", message));
    }
    let Some(hidden) = line.chars().find(|c| misleads(*c) && *c != '\t') else { return Ok(()) };
    let message = format!(
        "The line holds a character that cannot be seen (U+{:04X}). Type the command again instead of pasting it.",
        u32::from(hidden)
    );
    Err(CommandError::new("hidden_character", message))
}

/// Splits a line at white space; double quotes, straight or typographic, keep words together.
///
/// `\"` is a quote that means itself; there are no other escapes. A dash in front that a phone made
/// out of two is two again.
pub(super) fn words(line: &str) -> Result<Vec<Word>, CommandError> {
    let mut words = Vec::new();
    let mut rest = line.trim().chars().peekable();
    while rest.peek().is_some() {
        words.push(word(&mut rest)?);
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
    }
    Ok(words)
}

fn word(rest: &mut Peekable<Chars<'_>>) -> Result<Word, CommandError> {
    let quoted = rest.peek().is_some_and(|first| closing_quotes(*first).is_some());
    let mut text = String::new();
    if rest.next_if(|first| matches!(first, '—' | '–')).is_some() {
        text.push_str("--");
    }
    while let Some(character) = rest.next_if(|c| !c.is_whitespace()) {
        match closing_quotes(character) {
            Some(closing) => quoted_part(rest, closing, &mut text)?,
            None => text.push(unescaped(character, rest)),
        }
    }
    Ok(Word { text, quoted })
}

fn quoted_part(
    rest: &mut Peekable<Chars<'_>>,
    closing: &[char],
    text: &mut String,
) -> Result<(), CommandError> {
    while let Some(character) = rest.next() {
        if closing.contains(&character) {
            return Ok(());
        }
        text.push(unescaped(character, rest));
    }
    let message = "A quote is opened but not closed on the same line. Close it, or write \\\" for a quote that is part of the text.";
    Err(CommandError::new("unclosed_quote", message))
}

fn unescaped(character: char, rest: &mut Peekable<Chars<'_>>) -> char {
    let escaped = if character == '\\' { rest.next_if_eq(&'"') } else { None };
    escaped.unwrap_or(character)
}

/// What closes a quote that this character opens. Phones write “so”, and „so“ in German.
fn closing_quotes(opening: char) -> Option<&'static [char]> {
    match opening {
        '"' => Some(&['"']),
        '“' | '”' | '„' => Some(&['“', '”']),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<String> {
        words(line).unwrap().into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_split_as_people_expect() {
        for (line, expected) in [
            ("", vec![]),
            ("  a \t b  ", vec!["a", "b"]),
            (r#"a "b c" d"#, vec!["a", "b c", "d"]),
            (r#"--reason="b c""#, vec!["--reason=b c"]),
            (r#"a"b"c"#, vec!["abc"]),
            (r#""""#, vec![""]),
            ("“b c” d", vec!["b c", "d"]),
            ("„b c“ d", vec!["b c", "d"]),
            ("\"say “hi” now\"", vec!["say “hi” now"]),
            ("“say \"hi\" now”", vec!["say \"hi\" now"]),
            (r#""say \"hi\"""#, vec![r#"say "hi""#]),
            (r"C:\new \n", vec![r"C:\new", r"\n"]),
            ("—reason it's", vec!["--reason", "it's"]),
            ("$(id) `id` ;rm *", vec!["$(id)", "`id`", ";rm", "*"]),
        ] {
            assert_eq!(split(line), expected, "{line}");
        }
        assert_eq!(words("a \"b").unwrap_err().code, "unclosed_quote");
        assert_eq!(words("“b\"").unwrap_err().code, "unclosed_quote");
        assert!(!words("\"--sha\"").unwrap()[0].is_option());
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for hidden in ['\0', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{feff}', '\u{e0041}', '\r'] {
            assert_eq!(check(&format!("/why {hidden}")).unwrap_err().code, "hidden_character", "{hidden:?}");
        }
        assert!(check("/why\tp1 👩‍🔧 größe").is_ok());
        assert!(check(&"x".repeat(8_000)).is_ok());
        assert_eq!(check(&"x".repeat(8_001)).unwrap_err().code, "line_too_long");
    }
}
