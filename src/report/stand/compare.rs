//! What is new, what was there before, and what is gone.

use std::collections::{HashMap, HashSet};

use super::merge::{Group, Told};
use crate::report::{Category, Fingerprint, Novelty};

/// How a commit's problems compare with those of its baselines.
#[derive(Debug)]
pub(super) struct Comparison {
    /// By problem: whether it is new.
    pub(super) novelties: Vec<Novelty>,
    /// The places of the baselines' problems that are gone.
    pub(super) fixed: Vec<usize>,
    /// By report: the places of the baselines it is compared with.
    pub(super) baselines: Vec<Vec<usize>>,
}

/// One problem in one baseline.
#[derive(Debug)]
struct Entry {
    baseline: usize,
    group: usize,
    taken: bool,
}

/// The problems of all baselines, each to be taken out once.
#[derive(Debug, Default)]
struct Stock {
    entries: Vec<Entry>,
    /// By where exactly they are, and by what they look like; the next one stands last.
    exactly: HashMap<(usize, Fingerprint, u64), Vec<usize>>,
    anywhere: HashMap<(usize, Fingerprint), Vec<usize>>,
}

/// Compares problems with those of the baselines.
///
/// Of problems that look the same, as many are old as the baseline has: first those that are exactly where
/// they were, then whichever come next.
pub(super) fn compare(
    told: &[Told<'_>],
    groups: &[Group<'_>],
    baselines: &[Told<'_>],
    before: &[Group<'_>],
) -> Comparison {
    let mut by_tool: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, baseline) in baselines.iter().enumerate() {
        by_tool.entry(&baseline.report.tool.name).or_default().push(index);
    }
    let of_tool = |it: &Told<'_>| by_tool.get(&*it.report.tool.name).map_or(&[][..], Vec::as_slice);
    let comparable = told.iter().map(|it| comparable(it, of_tool(it), baselines)).collect::<Vec<_>>();
    let mut stock = Stock::of(before);
    let mut found: Vec<HashSet<(usize, Fingerprint)>> = vec![HashSet::new(); groups.len()];
    for exactly in [true, false] {
        for (group, found) in groups.iter().zip(&mut found) {
            stock.take(group, &comparable, exactly, found);
        }
    }
    let novelties = groups.iter().zip(found).map(|(group, found)| novelty(group, &found, &comparable));
    let novelties = novelties.collect();
    Comparison { novelties, fixed: stock.fixed(told, &comparable, before.len()), baselines: comparable }
}

/// A vulnerability is old once any tool knew it. What else is told by several tools is as bad as the worst of
/// them says, so it is old only where each of them that can be compared found it before: the harmless finding
/// of one tool makes another tool's new one no older.
fn novelty(group: &Group<'_>, found: &HashSet<(usize, Fingerprint)>, comparable: &[Vec<usize>]) -> Novelty {
    let mut known: HashMap<&str, bool> = HashMap::new();
    for member in group {
        let Some(baselines) = comparable.get(member.report).filter(|them| !them.is_empty()) else { continue };
        let before = baselines.iter().any(|baseline| found.contains(&(*baseline, member.trace.same)));
        *known.entry(member.tool).or_default() |= before;
    }
    let vulnerable = group.iter().any(|member| member.finding.category == Category::Vulnerability);
    if known.is_empty() {
        return Novelty::Unknown;
    }
    let mut before = known.into_values();
    let old = if vulnerable { before.any(|it| it) } else { before.all(|it| it) };
    if old { Novelty::Existing } else { Novelty::New }
}

/// Of the baselines of its tool, those about the same; who does not say what it is about may be about anything.
fn comparable(told: &Told<'_>, of_tool: &[usize], baselines: &[Told<'_>]) -> Vec<usize> {
    let about_the_same = |index: &usize| {
        let subject = baselines.get(*index).map_or("", |it| &it.subject);
        subject == told.subject || subject.is_empty() || told.subject.is_empty()
    };
    of_tool.iter().copied().filter(about_the_same).collect()
}

impl Stock {
    fn of(before: &[Group<'_>]) -> Self {
        let mut stock = Self::default();
        // The first one is put on top.
        for (group, members) in before.iter().enumerate().rev() {
            let mut seen: HashSet<(usize, Fingerprint)> = HashSet::new();
            for member in members {
                let (baseline, same) = (member.report, member.trace.same);
                // What its tool let through then and does not let through now is new: it begins to count.
                if member.finding.suppressed.is_some() || !seen.insert((baseline, same)) {
                    continue;
                }
                let entry = stock.entries.len();
                stock.entries.push(Entry { baseline, group, taken: false });
                stock.exactly.entry((baseline, same, member.trace.exact)).or_default().push(entry);
                stock.anywhere.entry((baseline, same)).or_default().push(entry);
            }
        }
        stock
    }

    /// Takes one problem out of each baseline it is compared with that has it and where it was not found yet.
    fn take(
        &mut self,
        group: &Group<'_>,
        comparable: &[Vec<usize>],
        exactly: bool,
        found: &mut HashSet<(usize, Fingerprint)>,
    ) {
        for member in group {
            let same = member.trace.same;
            for baseline in comparable.get(member.report).into_iter().flatten().copied() {
                if found.contains(&(baseline, same)) {
                    continue;
                }
                let mut stack = if exactly {
                    self.exactly.get_mut(&(baseline, same, member.trace.exact))
                } else {
                    self.anywhere.get_mut(&(baseline, same))
                };
                while let Some(entry) = stack.as_deref_mut().and_then(Vec::pop) {
                    let Some(entry) = self.entries.get_mut(entry).filter(|entry| !entry.taken) else {
                        continue;
                    };
                    entry.taken = true;
                    found.insert((baseline, same));
                    break;
                }
            }
        }
    }

    /// What a baseline has and its tool, which looked at everything, does not find any more.
    fn fixed(&self, told: &[Told<'_>], comparable: &[Vec<usize>], groups: usize) -> Vec<usize> {
        let complete = told.iter().zip(comparable);
        let complete = complete.filter(|(it, _)| it.report.state.is_ok() && it.report.unkept.is_empty());
        let sure: HashSet<usize> = complete.flat_map(|(_, baselines)| baselines).copied().collect();
        let mut gone = vec![None; groups];
        for entry in &self.entries {
            let Some(gone) = gone.get_mut(entry.group) else { continue };
            match entry.taken {
                true => *gone = Some(false),
                false if sure.contains(&entry.baseline) => *gone = gone.or(Some(true)),
                false => {}
            }
        }
        gone.iter().enumerate().filter(|(_, gone)| **gone == Some(true)).map(|(index, _)| index).collect()
    }
}
