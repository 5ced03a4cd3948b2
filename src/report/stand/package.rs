//! Which package is meant, however a tool writes it, and which of two that say less means the one that says
//! more.

use std::collections::HashMap;

use super::fingerprint::{Mix, Trace};
use crate::report::{Fingerprint, Package};

/// A package, as far as a finding tells. Everything is in one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Identity {
    /// The package URL without version, qualifiers and subpath: `pkg:npm/@babel/core`.
    pub(super) purl: Option<String>,
    /// The last part of its name, the same with and without a package URL.
    pub(super) name: String,
    /// Its version; empty where the tool does not tell.
    pub(super) version: String,
}

impl Identity {
    /// Of a package; of none where the tool names none.
    pub(super) fn of(package: Option<&Package>) -> Self {
        let Some(package) = package else { return Self::default() };
        let written = package.purl.as_deref().filter(|purl| purl.starts_with("pkg:"));
        let (purl, in_purl) = written.map(split).unzip();
        let name = purl.as_deref().unwrap_or(&package.name);
        let version = Some(&*package.version).filter(|version| !version.is_empty());
        let version = version.or(in_purl.as_deref()).unwrap_or_default();
        Self { name: last(name), version: plain_version(version), purl }
    }

    /// How much it tells: less is more.
    fn rank(&self) -> u8 {
        match (&self.purl, &*self.name, &*self.version) {
            (Some(_), _, version) => u8::from(version.is_empty()),
            (None, "", _) => 4,
            (None, _, version) => 2 + u8::from(version.is_empty()),
        }
    }
}

/// A vulnerability in a package, to be told apart from others.
#[derive(Debug)]
pub(super) struct Affected {
    /// The name of the vulnerability that all scanners' names lead to.
    pub(super) canonical: String,
    /// The package.
    pub(super) package: Identity,
}

/// Finds for each vulnerability what it is the same as.
///
/// A scanner that names no version, no ecosystem or no package at all means what another one names in full:
/// so those that tell more are placed first, and those that tell less join the first of them that fits.
pub(super) fn place(affected: &[Affected]) -> Vec<Trace> {
    let mut ranks: [Vec<usize>; 5] = Default::default();
    for (index, it) in affected.iter().enumerate() {
        if let Some(rank) = ranks.get_mut(usize::from(it.package.rank())) {
            rank.push(index);
        }
    }
    let mut traces = vec![Trace::default(); affected.len()];
    let mut known: HashMap<Fingerprint, Fingerprint> = HashMap::new();
    for (rank, members) in (0..).zip(ranks) {
        let mut found: HashMap<Fingerprint, Fingerprint> = HashMap::new();
        for index in members {
            let (Some(it), Some(slot)) = (affected.get(index), traces.get_mut(index)) else { continue };
            let joined = it.seen_at(rank).and_then(|view| known.get(&view)).copied();
            *slot = it.trace(joined);
            for view in (rank + 1..=4).filter_map(|lesser| it.seen_at(lesser)) {
                let first = found.entry(view).or_insert(slot.own);
                *first = slot.own.min(*first);
            }
        }
        for (view, own) in found {
            known.entry(view).or_insert(own);
        }
    }
    traces
}

impl Affected {
    fn trace(&self, joined: Option<Fingerprint>) -> Trace {
        let Identity { purl, name, version } = &self.package;
        let purl = purl.as_deref().unwrap_or_default();
        let vulnerability = Mix::of("vulnerability").part(&self.canonical);
        let exactly = Mix::of("exactly").part(purl).part(version).end();
        Trace {
            own: joined.unwrap_or_else(|| vulnerability.clone().part(purl).part(name).part(version).end()),
            same: vulnerability.part(name).end(),
            exact: u64::from_le_bytes(exactly.0.first_chunk().copied().unwrap_or_default()),
        }
    }

    /// How it looks to a tool that tells as little as this rank does; nothing where it tells less itself.
    fn seen_at(&self, rank: u8) -> Option<Fingerprint> {
        let Identity { purl, name, version } = &self.package;
        let view = Mix::of("view").number(rank.into()).part(&self.canonical);
        Some(match rank {
            1 => view.part(purl.as_deref()?).end(),
            2 if !version.is_empty() => view.part(name).part(version).end(),
            3 if !name.is_empty() => view.part(name).end(),
            4 => view.end(),
            _ => return None,
        })
    }
}

/// A package URL (ECMA-427) without what follows the name, and its version. A scope's `@` may be written as
/// it is, so only an `@` in the last part begins a version.
fn split(purl: &str) -> (String, String) {
    let bare = purl.split(['?', '#']).next().unwrap_or(purl);
    let after_slash = bare.rfind('/').map_or(0, |slash| slash + 1);
    let last = bare.get(after_slash..).unwrap_or_default();
    let version = last.find('@').filter(|at| *at > 0);
    let name = version.and_then(|at| bare.get(..after_slash + at)).unwrap_or(bare);
    let version = version.and_then(|at| last.get(at + 1..)).unwrap_or_default();
    let name = name.replace("%40", "@").to_lowercase();
    (if name.starts_with("pkg:pypi/") { dashed(&name) } else { name }, decoded(version))
}

/// The last part of a name: `log4j-core` of `org.apache.logging.log4j:log4j-core`.
fn last(name: &str) -> String {
    let name = name.trim_end_matches('/');
    dashed(&name.rsplit(['/', ':']).next().unwrap_or(name).to_lowercase())
}

/// Python's packages are the same with `-`, `_` and `.` (PEP 503); nobody means different ones by them.
fn dashed(name: &str) -> String {
    name.replace(['_', '.'], "-")
}

/// Go's tools disagree about the `v`.
fn plain_version(version: &str) -> String {
    let bare =
        version.strip_prefix('v').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    bare.unwrap_or(version).to_owned()
}

/// `%2B` and its like, which versions of distributions are full of.
fn decoded(version: &str) -> String {
    [("%2B", "+"), ("%2b", "+"), ("%3A", ":"), ("%3a", ":"), ("%7E", "~"), ("%7e", "~")]
        .iter()
        .fold(version.to_owned(), |text, (code, letter)| text.replace(code, letter))
}
