//! Proofs over the tree (RFC 6962 sections 2.1.1 and 2.1.2): that an entry is in a log, and that a log is the
//! beginning of another.
//!
//! Which hashes a proof needs follows from sizes alone: a [`Plan`] says which, whoever holds the tree looks them
//! up, and the checks below need nothing but the proof.

use super::merkle::{Hash, node_hash};

/// A perfect subtree: the one over the entries `index << level` up to, and without, `(index + 1) << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subtree {
    /// How many levels above the entries its top is.
    pub level: u32,
    /// Which one of its level, from the left, starting with 0.
    pub index: u64,
}

/// What a proof is made of: each of its hashes is the root over neighbouring perfect subtrees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    parts: Vec<Vec<Subtree>>,
}

/// A proof that does not prove what it is said to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// There is no such entry in a log of that size.
    #[error("entry {index} is not in a log of {size} entries")]
    OutOfRange {
        /// The entry.
        index: u64,
        /// The size.
        size: u64,
    },
    /// The log that is said to be the beginning is the larger one.
    #[error("a log of {old} entries is not the beginning of one of {new}")]
    Shrunk {
        /// The size of the beginning.
        old: u64,
        /// The size of the whole.
        new: u64,
    },
    /// A proof for these numbers has another length.
    #[error("the proof has {found} hashes, and {expected} are needed")]
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The hashes lead elsewhere.
    #[error("the proof leads to the root {computed}, and {signed} was signed")]
    Root {
        /// Where they lead.
        computed: Hash,
        /// Where they should.
        signed: Hash,
    },
    /// The smaller log is not what it was said to be.
    #[error("the proof says that the smaller log had the root {computed}, and {signed} was signed")]
    OldRoot {
        /// What the proof says.
        computed: Hash,
        /// What was signed.
        signed: Hash,
    },
}

impl Plan {
    /// For the proof that entry `index` is in a log of `size` entries; none if it cannot be.
    pub fn inclusion(index: u64, size: u64) -> Option<Self> {
        if index >= size {
            return None;
        }
        let mut parts = Vec::new();
        let (mut start, mut end) = (0, size);
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                parts.push(perfect_subtrees(middle, end));
                end = middle;
            } else {
                parts.push(perfect_subtrees(start, middle));
                start = middle;
            }
        }
        parts.reverse();
        Some(Self { parts })
    }

    /// For the proof that a log of `old` entries is the beginning of one of `new`; none if it cannot be.
    ///
    /// Nothing has to be proven of an empty beginning, nor of two logs of one size.
    pub fn consistency(old: u64, new: u64) -> Option<Self> {
        if old > new {
            return None;
        }
        if old == 0 || old == new {
            return Some(Self::default());
        }
        let mut parts = Vec::new();
        let (mut start, mut end) = (0, new);
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                parts.push(perfect_subtrees(middle, end));
                end = middle;
            } else {
                parts.push(perfect_subtrees(start, middle));
                start = middle;
            }
        }
        // Whoever checks knows the old root already: it is not told once more when it is a node of the new tree.
        if start != 0 {
            parts.push(perfect_subtrees(start, end));
        }
        parts.reverse();
        Some(Self { parts })
    }

    /// The tops of the subtrees that have to be looked up.
    pub fn needs(&self) -> impl Iterator<Item = Subtree> {
        self.parts.iter().flatten().copied()
    }

    /// The proof, from what `look` knows; none if it does not know one of them.
    pub fn proof(&self, mut look: impl FnMut(Subtree) -> Option<Hash>) -> Option<Vec<Hash>> {
        self.parts
            .iter()
            .map(|subtrees| {
                let tops = subtrees.iter().map(|subtree| look(*subtree)).collect::<Option<Vec<_>>>()?;
                tops.into_iter().rev().reduce(|right, left| node_hash(left, right))
            })
            .collect()
    }
}

/// Where the tree over `count` entries is divided: the largest power of two below `count`, which is more than 1.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The perfect subtrees that the tree over the entries from `start` to `end` consists of, from the left.
///
/// `start` is where a subtree of a tree begins, so the largest ones stand first.
fn perfect_subtrees(start: u64, end: u64) -> Vec<Subtree> {
    let mut subtrees = Vec::new();
    let mut next = start;
    while next < end {
        let level = (end - next).ilog2();
        subtrees.push(Subtree { level, index: next >> level });
        next += 1 << level;
    }
    subtrees
}

/// The root over perfectly many hashes: none unless they are a power of two.
pub fn perfect_root(hashes: &[Hash]) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level.chunks_exact(2).filter_map(pair).collect();
    }
    level.first().copied()
}

fn pair(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [left, right] => Some(node_hash(*left, *right)),
        _ => None,
    }
}

/// Checks that the entry with this leaf hash is entry `index` of the log of `size` entries with this `root`.
pub fn check_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: Hash,
) -> Result<(), InvalidProof> {
    let plan = Plan::inclusion(index, size).ok_or(InvalidProof::OutOfRange { index, size })?;
    check_length(&plan, path)?;
    let (mut node, mut last) = (index, size - 1);
    let mut hashes = path.iter();
    let mut computed = leaf;
    while last > 0 {
        // A node that is the last of an odd level has no sibling there: it moves up as it is.
        if node % 2 == 1 || node < last {
            let Some(sibling) = hashes.next() else { break };
            computed =
                if node % 2 == 1 { node_hash(*sibling, computed) } else { node_hash(computed, *sibling) };
        }
        (node, last) = (node / 2, last / 2);
    }
    if computed == root { Ok(()) } else { Err(InvalidProof::Root { computed, signed: root }) }
}

/// Checks that the log of the first size and root is the beginning of the log of the second.
pub fn check_consistency(old: (u64, Hash), new: (u64, Hash), path: &[Hash]) -> Result<(), InvalidProof> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    let plan =
        Plan::consistency(old_size, new_size).ok_or(InvalidProof::Shrunk { old: old_size, new: new_size })?;
    check_length(&plan, path)?;
    let [first, rest @ ..] = path else {
        return check_without_proof(old, new);
    };
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    // Up to the top of the perfect subtree with which the old log ends.
    while node % 2 == 1 {
        (node, last) = (node / 2, last / 2);
    }
    let (start, mut hashes) = if node == 0 { (old_root, path.iter()) } else { (*first, rest.iter()) };
    let (mut old_computed, mut new_computed) = (start, start);
    while last > 0 {
        if node % 2 == 1 || node < last {
            let Some(sibling) = hashes.next() else { break };
            if node % 2 == 1 {
                old_computed = node_hash(*sibling, old_computed);
                new_computed = node_hash(*sibling, new_computed);
            } else {
                new_computed = node_hash(new_computed, *sibling);
            }
        }
        (node, last) = (node / 2, last / 2);
    }
    same_old_root(old_computed, old_root)?;
    if new_computed == new_root {
        Ok(())
    } else {
        Err(InvalidProof::Root { computed: new_computed, signed: new_root })
    }
}

/// An empty log is the beginning of every other, and a log of itself.
fn check_without_proof(old: (u64, Hash), new: (u64, Hash)) -> Result<(), InvalidProof> {
    if old.0 == 0 { same_old_root(super::merkle::empty_root(), old.1) } else { same_old_root(new.1, old.1) }
}

fn same_old_root(computed: Hash, signed: Hash) -> Result<(), InvalidProof> {
    if computed == signed { Ok(()) } else { Err(InvalidProof::OldRoot { computed, signed }) }
}

fn check_length(plan: &Plan, path: &[Hash]) -> Result<(), InvalidProof> {
    let (expected, found) = (plan.parts.len(), path.len());
    if expected == found { Ok(()) } else { Err(InvalidProof::Length { expected, found }) }
}

#[cfg(test)]
mod tests;
