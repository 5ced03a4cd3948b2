//! Where findings of different tools meet: at the same line, about the same weakness.

use std::collections::HashMap;

use super::fingerprint::Mix;
use crate::report::Fingerprint;

/// At a line where more than this meet, nobody can tell who means what: all of them stay apart.
const CROWD: usize = 64;

/// What may be the same as something that another tool found.
#[derive(Debug)]
pub(super) struct Meeting {
    /// The line and the weakness.
    at: Fingerprint,
    /// What it is in the eyes of its own tool, to have an order.
    own: Fingerprint,
    /// Who tells of it. What one and the same tells apart is apart.
    by: Vec<String>,
}

impl Meeting {
    /// At this line of this file.
    pub(super) fn new(
        kind: &str,
        file: &str,
        line: u64,
        weakness: u64,
        own: Fingerprint,
        by: impl Iterator<Item = String>,
    ) -> Self {
        let mut by: Vec<String> = by.collect();
        by.sort_unstable();
        by.dedup();
        Self { at: Mix::of(kind).part(file).number(line).number(weakness).end(), own, by }
    }
}

/// For each the place of the one it is the same as; that of itself where there is none.
///
/// Where one tool tells of two weaknesses at a line and another one of three, these are three: each is put to
/// the first of those that its own tool does not tell of. So no tool's problems ever become fewer.
pub(super) fn meet(meetings: &[Option<Meeting>]) -> Vec<usize> {
    let mut same: Vec<usize> = (0..meetings.len()).collect();
    let mut spots: HashMap<Fingerprint, Vec<(usize, &Meeting)>> = HashMap::new();
    for (index, meeting) in meetings.iter().enumerate() {
        if let Some(meeting) = meeting {
            spots.entry(meeting.at).or_default().push((index, meeting));
        }
    }
    for mut spot in spots.into_values().filter(|spot| (2..=CROWD).contains(&spot.len())) {
        spot.sort_by(|(_, one), (_, other)| (other.by.len(), one.own).cmp(&(one.by.len(), other.own)));
        for (index, first) in columns(&spot) {
            if let Some(slot) = same.get_mut(index) {
                *slot = first;
            }
        }
    }
    same
}

fn columns(spot: &[(usize, &Meeting)]) -> Vec<(usize, usize)> {
    let mut columns: Vec<(usize, Vec<&String>)> = Vec::new();
    let mut same = Vec::new();
    for (index, meeting) in spot {
        let free = columns.iter_mut().find(|(_, by)| !meeting.by.iter().any(|who| by.contains(&who)));
        match free {
            Some((first, by)) => {
                by.extend(&meeting.by);
                same.push((*index, *first));
            }
            None => columns.push((*index, meeting.by.iter().collect())),
        }
    }
    same
}
