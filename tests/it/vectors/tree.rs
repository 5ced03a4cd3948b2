//! A whole tree in memory, made with our own core as the database makes it.

use std::collections::HashMap;

use countersign::audit::tile::{TILE_WIDTH, bundle};
use countersign::audit::{Frontier, Hash, Plan, Subtree, TileLevel, TilePath, empty_root, leaf_hash};

/// A tree with every node that it ever completed, and its root at every size.
pub struct Tree {
    entries: Vec<Vec<u8>>,
    nodes: HashMap<Subtree, Hash>,
    roots: Vec<Hash>,
}

impl Tree {
    pub fn of(entries: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut frontier = Frontier::new();
        let mut tree = Self { entries: Vec::new(), nodes: HashMap::new(), roots: vec![empty_root()] };
        for (index, entry) in (0..).zip(entries) {
            let leaf = leaf_hash(&entry);
            tree.nodes.insert(Subtree { level: 0, index }, leaf);
            for node in frontier.push(leaf) {
                tree.nodes.insert(Subtree { level: node.level, index: node.index }, node.hash);
            }
            tree.roots.push(frontier.root());
            tree.entries.push(entry);
        }
        tree
    }

    /// The tree that the published vectors are about: `leaf-0`, `leaf-1` and so on.
    pub fn of_leaves(size: u64) -> Self {
        Self::of((0..size).map(|index| format!("leaf-{index}").into_bytes()))
    }

    pub fn size(&self) -> u64 {
        self.entries.len().try_into().unwrap()
    }

    pub fn entry(&self, index: u64) -> &[u8] {
        &self.entries[usize::try_from(index).unwrap()]
    }

    pub fn leaf(&self, index: u64) -> Hash {
        leaf_hash(self.entry(index))
    }

    pub fn root(&self, size: u64) -> Hash {
        self.roots[usize::try_from(size).unwrap()]
    }

    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        self.proof(Plan::inclusion(index, size))
    }

    pub fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        self.proof(Plan::consistency(old, new))
    }

    fn proof(&self, plan: Option<Plan>) -> Vec<Hash> {
        plan.unwrap().proof(|subtree| self.nodes.get(&subtree).copied()).unwrap()
    }

    pub fn tile(&self, path: TilePath) -> Vec<u8> {
        let first = path.index * TILE_WIDTH;
        let places = first..first + u64::from(path.width);
        match path.level {
            TileLevel::Entries => bundle(places.map(|index| self.entry(index))).unwrap(),
            TileLevel::Hashes(level) => {
                let level = 8 * u32::from(level);
                places.flat_map(|index| *self.nodes[&Subtree { level, index }].as_bytes()).collect()
            }
        }
    }
}
