//! The tree over the log's entries (RFC 6962 section 2.1, with SHA-256).
//!
//! Leaves and inner nodes are hashed with different first bytes, so that neither can pass for the
//! other. An odd subtree is never doubled: the left one is always the largest power of two that fits.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A hash in the tree: of a leaf, of an inner node, or the root. Written in base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

/// What was given cannot be part of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTree {
    /// A hash is 32 bytes, or their canonical base64 with padding.
    #[error("a hash is 32 bytes, or 44 characters of canonical base64")]
    Hash,
    /// A frontier holds one hash for each bit that is set in the tree's size.
    #[error("the frontier of a tree of {size} leaves is {expected} bytes, not {found}")]
    Frontier {
        /// How many leaves the tree has.
        size: u64,
        /// How many bytes its frontier must have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// No log grows this large.
    #[error("a tree of {0} leaves is larger than any log may be")]
    Size(u64),
}

/// The hash of an entry's exact bytes.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new_with_prefix([0x00]).chain_update(entry).finalize().into())
}

/// The hash of the node above `left` and `right`.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    Hash(Sha256::new_with_prefix([0x01]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root of a tree without leaves: the hash of nothing.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// A perfect subtree that is complete and will never change.
///
/// It stands over the leaves `index << level` up to, and without, `(index + 1) << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// How many levels above the leaves its top is.
    pub level: u32,
    /// Which one of its level, from the left, starting with 0.
    pub index: u64,
    /// Its top.
    pub hash: Hash,
}

/// What must be remembered of a tree to make it grow and to know its root.
///
/// It keeps the tops of the perfect subtrees the tree consists of, the largest first: one for each
/// bit set in the size, so never more than 63. Cloning one is cheap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Sizes are stored as signed 64-bit integers, so this is where a log ends.
    const MAX_SIZE: u64 = i64::MAX as u64;

    /// The frontier of a tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf on the right. Gives the inner nodes this completes, lowest first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Node> {
        let mut completed = Vec::new();
        let mut hash = leaf;
        for level in 1..=self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(left, hash);
            completed.push(Node { level, index: self.size >> level, hash });
        }
        self.peaks.push(hash);
        self.size += 1;
        completed
    }

    /// The root of the tree as it is now.
    pub fn root(&self) -> Hash {
        let from_the_right = self.peaks.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(left, right)).unwrap_or_else(empty_root)
    }

    /// The hashes, one after the other, for storing. The size is stored beside them.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|hash| hash.0).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote for a tree of `size` leaves.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, InvalidTree> {
        if size > Self::MAX_SIZE {
            return Err(InvalidTree::Size(size));
        }
        let expected = size.count_ones() as usize * 32;
        if bytes.len() != expected {
            return Err(InvalidTree::Frontier { size, expected, found: bytes.len() });
        }
        let peaks = bytes.chunks(32).map(Hash::from_slice).collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }
}

impl Hash {
    /// Takes over 32 bytes that are a hash already.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidTree> {
        bytes.try_into().map(Self).map_err(|_| InvalidTree::Hash)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = InvalidTree;
    fn from_str(text: &str) -> Result<Self, InvalidTree> {
        if text.len() != 44 {
            return Err(InvalidTree::Hash);
        }
        Self::from_slice(&STANDARD.decode(text).map_err(|_| InvalidTree::Hash)?)
    }
}

impl TryFrom<String> for Hash {
    type Error = InvalidTree;
    fn try_from(text: String) -> Result<Self, InvalidTree> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962 section 2.1, word for word.
    fn tree_hash(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            more => {
                let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
                node_hash(tree_hash(left), tree_hash(right))
            }
        }
    }

    fn numbered(count: u64) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    fn frontier(leaves: &[Hash]) -> Frontier {
        let mut frontier = Frontier::new();
        for leaf in leaves {
            frontier.push(*leaf);
        }
        frontier
    }

    #[test]
    fn the_empty_tree_has_the_published_root() {
        assert_eq!(Frontier::new().root().to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn roots_are_those_of_the_reference_vector() {
        let leaves = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
            (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        let leaves: Vec<_> = leaves.iter().map(|hex| leaf_hash(&hex::decode(hex).unwrap())).collect();
        for (size, root) in roots {
            assert_eq!(hex::encode(frontier(&leaves[..size]).root()), root, "size {size}");
        }
    }

    #[test]
    fn the_golden_log_of_five_leaves_has_its_root() {
        let leaves: Vec<_> = (0..5).map(|number| leaf_hash(format!("leaf-{number}").as_bytes())).collect();
        assert_eq!(frontier(&leaves).root().to_string(), "ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=");
    }

    #[test]
    fn every_size_has_the_root_of_the_definition_and_survives_storing() {
        let leaves = numbered(300);
        let mut growing = Frontier::new();
        for size in 0..=300 {
            assert_eq!(growing.root(), tree_hash(&leaves[..size]), "size {size}");
            let stored = growing.to_bytes();
            assert_eq!(Frontier::from_bytes(size as u64, &stored).as_ref(), Ok(&growing), "size {size}");
            if let Some(leaf) = leaves.get(size) {
                growing.push(*leaf);
            }
        }
    }

    #[test]
    fn completed_nodes_are_the_roots_of_the_leaves_under_them() {
        let leaves = numbered(300);
        let mut growing = Frontier::new();
        let nodes: Vec<Node> = leaves.iter().flat_map(|leaf| growing.push(*leaf)).collect();
        for node in &nodes {
            let index = usize::try_from(node.index).unwrap();
            let range = index << node.level..(index + 1) << node.level;
            assert_eq!(node.hash, tree_hash(&leaves[range]), "{node:?}");
        }
        let at = |level| nodes.iter().filter(|node| node.level == level).count();
        assert_eq!((at(1), at(2), at(7), at(8), at(9)), (150, 75, 2, 1, 0));
    }

    #[test]
    fn a_frontier_of_another_length_is_refused() {
        for (size, length) in [(0, 32), (1, 0), (1, 31), (1, 33), (3, 32), (3, 96), (4, 64)] {
            assert!(Frontier::from_bytes(size, &vec![0; length]).is_err(), "{size} {length}");
        }
        assert_eq!(Frontier::from_bytes(u64::MAX, &[0; 2048]), Err(InvalidTree::Size(u64::MAX)));
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let text = "ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=";
        assert_eq!(text.parse::<Hash>().unwrap().to_string(), text);
        for wrong in ["", "AAAA", &text[..43], &text.replace("oY=", "oZ="), &text.replace('+', "-")] {
            assert_eq!(wrong.parse::<Hash>(), Err(InvalidTree::Hash), "{wrong}");
        }
    }
}
