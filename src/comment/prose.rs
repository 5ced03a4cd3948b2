//! Sentences that may quote what others wrote, as readable Markdown.
//!
//! Whatever a word is, it stays data: it becomes plain text or code. Which of the two is only a
//! matter of looks: a commit, a command or a team reads and copies better as code than as text
//! with its references broken.

use crate::clock::Timestamp;
use crate::command::help;
use crate::ids::Login;
use crate::markdown::{Markdown, Untrusted};

const LONGEST_SENTENCE: usize = 600;
const OPENING: [char; 6] = ['(', '“', '„', '"', '\'', '<'];
const CLOSING: [char; 12] = [')', '”', '“', '"', '\'', '>', '.', ',', ';', ':', '!', '?'];

/// A sentence in which commits, commands, teams, files and keys stand as code and times as people read them.
pub(crate) fn prose(sentence: &str) -> Markdown {
    let sentence = capped(sentence);
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let mut pieces = Vec::new();
    let mut rest = words.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let taken = quoted(rest).or_else(|| command(first, after)).unwrap_or(1);
        let (now, later) = rest.split_at(taken.clamp(1, rest.len()));
        pieces.push(word(&now.join(" ")));
        rest = later;
    }
    Markdown::join(pieces, " ")
}

/// A moment as people read it: `2026-11-22 09:15 UTC`.
pub(crate) fn time(moment: Timestamp) -> Markdown {
    let written = moment.to_string();
    match (written.get(..10), written.get(11..16)) {
        (Some(day), Some(minute)) => Markdown::stored(format!("{day} {minute} UTC")),
        _ => Markdown::from(moment),
    }
}

/// A person's login, which calls nobody.
pub(crate) fn login(login: &Login) -> Markdown {
    Untrusted::new(login.as_str()).inline()
}

/// How many words stand between backticks here.
fn quoted(words: &[&str]) -> Option<usize> {
    let first = words.first()?.trim_start_matches(OPENING);
    let inner = first.strip_prefix('`')?;
    if inner.contains('`') {
        return Some(1);
    }
    words.iter().skip(1).position(|word| word.contains('`')).map(|index| index + 2)
}

/// How many words a command of ours has here: its own, and what it is about if that ends the clause.
fn command(first: &str, after: &[&str]) -> Option<usize> {
    let name = first.trim_start_matches(OPENING).strip_prefix('/')?;
    help().iter().find(|row| row.word == name)?;
    let (argument, rest) = after.split_first()?;
    let placeholder = matches!(argument.trim_end_matches(CLOSING), "ENV" | "pN");
    let ends = rest.is_empty() || argument.ends_with(CLOSING);
    (placeholder || ends).then_some(2)
}

fn word(word: &str) -> Markdown {
    let (before, core, after) = split(word);
    match shown(core) {
        Some(core) => punctuation(before).with(core).with(punctuation(after)),
        None => Untrusted::new(word).inline(),
    }
}

/// A word that needs no escapes; none when it does.
fn shown(core: &str) -> Option<Markdown> {
    if let Ok(moment) = Timestamp::parse(core) {
        return Some(time(moment));
    }
    let quoted = core.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    let literal = quoted.filter(|inner| !inner.trim().is_empty());
    if let Some(literal) = literal.or_else(|| is_code(core).then_some(core)) {
        return Some(Untrusted::new(literal).code());
    }
    // Letters alone mean nothing to anybody but a reader.
    let letters = !core.is_empty() && core.bytes().all(|letter| letter.is_ascii_alphabetic());
    letters.then(|| Markdown::stored(core.to_owned()))
}

/// What stands right before or after such a word. Brackets and angles could become structure, these cannot.
fn punctuation(text: &str) -> Markdown {
    if text.chars().all(|sign| !matches!(sign, '<' | '>')) {
        return Markdown::stored(text.to_owned());
    }
    Untrusted::new(text).inline()
}

/// What a word is, without the punctuation around it.
fn split(word: &str) -> (&str, &str, &str) {
    let core = word.trim_start_matches(OPENING);
    let (before, _) = word.split_at(word.len() - core.len());
    let bare = core.trim_end_matches(CLOSING);
    let (bare, after) = core.split_at(bare.len());
    (before, bare, after)
}

fn is_code(word: &str) -> bool {
    let named = word.contains(['/', ':', '_', '@', '#', '=']) && word.contains(char::is_alphanumeric);
    let commit = word.len() >= 7 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let lowercase = word.to_ascii_lowercase();
    let file = [".yml", ".yaml", ".md", ".json"].iter().any(|ending| lowercase.ends_with(ending));
    named || commit || file || word.starts_with("--")
}

fn capped(sentence: &str) -> String {
    match sentence.char_indices().nth(LONGEST_SENTENCE) {
        Some((end, _)) => format!("{}…", sentence.get(..end).unwrap_or_default()),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_something_stand_as_code() {
        for (sentence, expected) in [
            ("3f2a9c1 is the head of pull request 7.", "`3f2a9c1` is the head of pull request 7&#46;"),
            ("do that first: /promote staging", "do that first: `/promote staging`"),
            ("Ask anew with /promote production.", "Ask anew with `/promote production`."),
            (
                "Ask with /promote ENV first, or see /status.",
                "Ask with `/promote ENV` first, or see `/status`.",
            ),
            ("Write /help to see them all.", "Write `/help` to see them all."),
            ("live enough at 2026-11-22T09:15:07Z.", "live enough at 2026-11-22 09:15 UTC."),
            ("the policy says `approvals: none`.", "the policy says `approvals: none`."),
            ("known_authors names “ci.yml”", "`known_authors` names “`ci.yml`”"),
            ("any 2 of team:acme/sre, not bob", "any 2 of `team:acme/sre`, not bob"),
            ("Eve <eve@example.org>", "Eve &#60;`eve@example.org`&#62;"),
            ("a ` b", "a &#96; b"),
            ("it succeeded (at last)!", "it succeeded (at last)!"),
            ("1. one", "1&#46; one"),
            ("", ""),
        ] {
            assert_eq!(prose(sentence).as_str(), expected);
        }
    }
}
