//! The kinds of a log that this version does not know: how many entries there are of each, and which rules it lacks.

use std::collections::BTreeMap;

use crate::audit::kind::{Kind, RuleSet};
use crate::audit::open_enum::{OpenEnum, UnknownWord};

/// So many kinds are told apart; no later version has more that an earlier one does not know.
const TOLD_APART: usize = 64;

/// The kinds of a log that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnknownKinds {
    kinds: BTreeMap<UnknownWord, u64>,
    entries: u64,
    lacks: BTreeMap<RuleSet, (UnknownWord, u64)>,
}

impl UnknownKinds {
    /// How many entries are of such a kind.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How many entries there are of each; of 64 kinds at most.
    pub fn kinds(&self) -> &BTreeMap<UnknownWord, u64> {
        &self.kinds
    }

    /// The first entry of each set of rules that this version does not know all of, with its kind.
    pub fn lacks(&self) -> impl Iterator<Item = (&UnknownWord, u64)> {
        self.lacks.values().map(|(kind, index)| (kind, *index))
    }

    /// Whether an entry so far may have added to these rules, or changed what they say of later entries.
    pub fn may_change(&self, rules: RuleSet) -> bool {
        self.lacks.contains_key(&rules)
    }

    /// Takes the entry at `index` in.
    pub(super) fn count(&mut self, kind: &OpenEnum<Kind>, index: u64) {
        let Some(name) = kind.unknown() else { return };
        self.entries += 1;
        if let Some(count) = self.kinds.get_mut(name) {
            *count += 1;
        } else if self.kinds.len() < TOLD_APART {
            self.kinds.insert(name.clone(), 1);
        }
        if let Some((name, rules)) = kind.lacks() {
            self.lacks.entry(rules).or_insert_with(|| (name.clone(), index));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_many_kinds_fills_no_memory_and_hides_no_rule() {
        let mut unknown = UnknownKinds::default();
        let names = (0..1000).map(|number| format!("region.moved{number}")).chain(["key.revoked".to_owned()]);
        for (index, name) in (0..).zip(names) {
            unknown.count(&OpenEnum::read(&name).unwrap(), index);
        }
        assert_eq!((unknown.entries(), unknown.kinds().len()), (1001, TOLD_APART));
        assert!(unknown.may_change(RuleSet::Keys) && !unknown.may_change(RuleSet::Effects));
        let lacks: Vec<_> = unknown.lacks().map(|(kind, index)| (kind.as_str(), index)).collect();
        assert_eq!(lacks, [("key.revoked", 1000)]);
    }
}
