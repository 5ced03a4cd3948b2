//! `disclosures.jsonl`: what the commitments in the entries stand for, in the order of the entries.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};

use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::{Error, Result};
use crate::audit::{Commitment, Disclosure, ReadEntry};

/// The file's name.
pub(super) const FILE: &str = "disclosures.jsonl";
/// No disclosure is larger; with the JSON around it, in bytes.
const LONGEST_LINE: u64 = 1_100_000;

/// No entry commits to more: it has no room for them.
const MOST_OF_ONE: usize = 400;

/// One line of the file; it has one spelling.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) index: u64,
    pub(super) disclosure: String,
}

/// The file, read line by line beside the entries.
#[derive(Debug)]
pub(super) struct Disclosures {
    file: BufReader<fs::File>,
    next: Option<(u64, Disclosure)>,
    last: Option<(u64, Commitment)>,
    seen: u64,
}

impl Disclosures {
    /// None if there is no such file.
    pub(super) fn open(folder: &mut Folder) -> Result<Option<Self>> {
        let Some(file) = folder.open_file(FILE)? else { return Ok(None) };
        let mut opened = Self { file: BufReader::new(file), next: None, last: None, seen: 0 };
        opened.advance()?;
        Ok(Some(opened))
    }

    /// The entry that the next line is about.
    pub(super) fn next_index(&self) -> Option<u64> {
        self.next.as_ref().map(|(index, _)| *index)
    }

    /// How many were taken.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Those of one entry, if no line before it is left.
    pub(super) fn of(&mut self, index: u64) -> Result<Vec<Disclosure>> {
        let mut found = Vec::new();
        while let Some((_, disclosure)) = self.next.take_if(|(next, _)| *next == index) {
            found.push(disclosure);
            if found.len() > MOST_OF_ONE {
                return Err(strange("longer for one entry than that can commit to"));
            }
            self.seen += 1;
            self.advance()?;
        }
        Ok(found)
    }

    fn advance(&mut self) -> Result<()> {
        let mut text = String::new();
        let read = self.file.by_ref().take(LONGEST_LINE).read_line(&mut text);
        read.map_err(|_| strange("not text"))?;
        if text.is_empty() {
            return Ok(());
        }
        let (index, disclosure) = line(&text).ok_or_else(|| strange("not as an export writes it"))?;
        let place = (index, disclosure.commitment());
        if self.last.as_ref().is_some_and(|last| *last >= place) {
            return Err(strange("not in the order of the entries"));
        }
        self.last = Some(place);
        self.next = Some((index, disclosure));
        Ok(())
    }
}

fn line(text: &str) -> Option<(u64, Disclosure)> {
    let line: Line = serde_json::from_str(text).ok()?;
    let disclosure = line.disclosure.parse().ok()?;
    (written(&line).ok()? == text).then_some((line.index, disclosure))
}

/// The line with its line feed.
pub(super) fn written(line: &Line) -> serde_json::Result<String> {
    Ok(serde_json::to_string(line)? + "\n")
}

fn strange(what: &'static str) -> Error {
    Error::Strange { path: FILE.to_owned(), what }
}

/// The commitments that an entry holds in fields that this version knows.
pub(super) fn commitments(entry: &ReadEntry) -> impl Iterator<Item = &Commitment> {
    let actors = entry.actors.iter().map(|actor| &actor.commitment);
    actors.chain(&entry.reason).chain(&entry.parameters)
}

/// Whether an entry's bytes hold a commitment to each of these, as a text in whatever field: a newer version may commit
/// to more than this one knows, and no hash stands there unless whoever made the entry put it there.
pub(super) fn belong_to(disclosures: &[Disclosure], entry: &[u8]) -> bool {
    disclosures.iter().all(|disclosure| {
        let text = format!("\"{}\"", disclosure.commitment());
        entry.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_commitment_is_found_in_a_field_of_tomorrow_and_nowhere_but_in_a_text_of_its_own() {
        let claim = Disclosure::new([1; 16], "onCall", &"dave".into());
        let commitment = claim.commitment();
        let held = |entry: String| belong_to(std::slice::from_ref(&claim), entry.as_bytes());
        assert!(held(format!(r#"{{"predicate":{{"kind":"page.sent","to":[{{"who":"{commitment}"}}]}}}}"#)));
        assert!(!held(format!(r#"{{"predicate":{{"kind":"page.sent","to":"about {commitment}"}}}}"#)));
        assert!(!held(format!(r#"{{"predicate":{{"kind":"page.sent","to":"x{commitment}"}}}}"#)));
        assert!(!held("{}".to_owned()));
    }

    #[test]
    fn a_file_for_one_entry_does_not_fill_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let claims = (0..=MOST_OF_ONE).map(|number| Disclosure::new([0; 16], "actor", &number.into()));
        let mut claims: Vec<Disclosure> = claims.collect();
        claims.sort_by_key(Disclosure::commitment);
        let text = claims.iter().fold(String::new(), |mut text, claim| {
            let _ = writeln!(text, r#"{{"index":0,"disclosure":"{}"}}"#, claim.as_str());
            text
        });
        fs::write(folder.path().join(FILE), text).unwrap();
        let mut file = Disclosures::open(&mut Folder::open(folder.path()).unwrap()).unwrap().unwrap();
        assert!(matches!(file.of(0), Err(Error::Strange { .. })));
        assert_eq!(file.seen(), MOST_OF_ONE as u64);
    }
}
