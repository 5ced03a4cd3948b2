//! Waivers applied to problems.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::package::Identity;
use super::pattern::matches;
use super::problem::Merged;
use crate::report::{Finding, Package, Waiver, WaiverNews};

/// All waivers, by the ids that they let through.
#[derive(Debug)]
pub(super) struct Waivers<'a> {
    all: &'a [Waiver],
    by_id: HashMap<String, Vec<usize>>,
    today: Date,
    /// By waiver: whether it fits anything, and whether that is open for want of another one.
    fits: Vec<bool>,
    missed: Vec<bool>,
}

impl<'a> Waivers<'a> {
    /// As they stand on this day.
    pub(super) fn new(all: &'a [Waiver], today: Date) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, waiver) in all.iter().enumerate() {
            by_id.entry(waiver.id.to_lowercase()).or_default().push(index);
        }
        let none = vec![false; all.len()];
        Self { all, by_id, today, fits: none.clone(), missed: none }
    }

    /// Who lets this problem through: each of its findings has to be let through by somebody.
    ///
    /// A finding that does not say where it is (in SARIF a package often has no package URL) goes the way of
    /// the others, if there is one that says so. Of several waivers, the first to end is named.
    pub(super) fn apply(&mut self, merged: &Merged<'_>) -> Option<Waiver> {
        let fitting = self.fitting(merged);
        let mut ends: Vec<&Waiver> = Vec::new();
        for of_member in &fitting {
            let holding = of_member.iter().filter_map(|index| self.all.get(*index));
            let holding = holding.filter(|waiver| waiver.holds_on(self.today));
            ends.extend(holding.max_by_key(|waiver| (waiver.until, &waiver.by, &waiver.reason)));
        }
        let through = !ends.is_empty() && ends.len() == fitting.len();
        for index in fitting.into_iter().flatten() {
            if let (Some(fits), Some(missed)) = (self.fits.get_mut(index), self.missed.get_mut(index)) {
                *fits = true;
                *missed |= !through;
            }
        }
        ends.into_iter()
            .min_by_key(|waiver| (waiver.until, &waiver.by, &waiver.reason))
            .filter(|_| through)
            .cloned()
    }

    /// Who lets a report through that cannot be relied on.
    pub(super) fn apply_to_report(&mut self, id: &str) -> Option<Waiver> {
        let fitting = self.by_id.get(id).cloned().unwrap_or_default();
        let holding = fitting.iter().filter_map(|index| self.all.get(*index));
        let waiver = holding
            .filter(|waiver| waiver.only.is_none() && waiver.holds_on(self.today))
            .max_by_key(|waiver| (waiver.until, &waiver.by, &waiver.reason))
            .cloned();
        for index in fitting {
            if let (Some(fits), Some(missed)) = (self.fits.get_mut(index), self.missed.get_mut(index)) {
                *fits = true;
                *missed |= waiver.is_none();
            }
        }
        waiver
    }

    /// What to tell of them, once they were applied to everything.
    pub(super) fn news(&self) -> WaiverNews {
        let which = |wanted: &dyn Fn(&Waiver, bool, bool) -> bool| -> Vec<Waiver> {
            let known = self.all.iter().zip(&self.fits).zip(&self.missed);
            known
                .filter(|((it, fits), missed)| wanted(it, **fits, **missed))
                .map(|((it, ..), _)| it.clone())
                .collect()
        };
        WaiverNews {
            expired: which(&|it, _, missed| missed && !it.holds_on(self.today)),
            expiring: which(&|it, fits, _| fits && it.ends_soon(self.today)),
            unmatched: which(&|_, fits, _| !fits),
        }
    }

    /// By member: the waivers that fit it, whether or not they still hold.
    fn fitting(&self, merged: &Merged<'_>) -> Vec<Vec<usize>> {
        let covered =
            |index: usize, finding: &Finding| self.all.get(index).and_then(|it| covers(it, finding));
        let mut found: Vec<(Arc<[usize]>, &Finding)> = Vec::new();
        let mut sure: HashSet<usize> = HashSet::new();
        let mut last: Option<Named<'_>> = None;
        for (member, names) in merged.members.iter().zip(&merged.names) {
            // All members of a vulnerability share their names, which may be many.
            let shared = last.take().filter(|(known, _)| Arc::ptr_eq(known, names));
            let candidates = shared.map_or_else(|| self.named(names), |(_, candidates)| candidates);
            last = Some((names, candidates.clone()));
            sure.extend(candidates.iter().filter(|index| covered(**index, member.finding) == Some(true)));
            found.push((candidates, member.finding));
        }
        let fits = |index: &usize, finding: &Finding| {
            sure.contains(index) && covered(*index, finding) != Some(false)
        };
        found
            .into_iter()
            .map(|(candidates, finding)| candidates.iter().copied().filter(|it| fits(it, finding)).collect())
            .collect()
    }

    fn named(&self, names: &[String]) -> Arc<[usize]> {
        let found = names.iter().filter_map(|name| self.by_id.get(&name.to_lowercase()));
        found.flatten().copied().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Whether a waiver is about what is found there; none where that does not say enough to tell.
fn covers(waiver: &Waiver, finding: &Finding) -> Option<bool> {
    let Some(only) = waiver.only.as_deref() else { return Some(true) };
    if only.starts_with("pkg:") {
        let package = finding.package.as_deref()?;
        return Some(means_package(only, package));
    }
    let place = finding.place.as_ref().map(|place| &*place.file);
    Some(means_path(only, place.or(finding.target.as_deref())?))
}

/// Names, and the waivers of any of them.
type Named<'n> = (&'n Arc<[String]>, Arc<[usize]>);

fn means_package(only: &str, package: &Package) -> bool {
    let wanted = Identity::of(Some(&Package { purl: Some(only.into()), ..Package::default() }));
    let told = Identity::of(Some(package));
    let same = match &told.purl {
        Some(_) => told.purl == wanted.purl,
        None => told.name == wanted.name,
    };
    same && (wanted.version.is_empty() || wanted.version == told.version)
}

fn means_path(only: &str, path: &str) -> bool {
    let only = only.strip_prefix("./").unwrap_or(only).trim_matches('/');
    let path = path.trim_start_matches('/');
    if only.is_empty() {
        return false;
    }
    if only.contains(['*', '?']) {
        return matches(only, path);
    }
    path.strip_prefix(only).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
