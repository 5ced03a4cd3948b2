use std::collections::HashMap;

use super::*;
use crate::audit::merkle::{Frontier, empty_root, leaf_hash};

/// A tree with every node it ever completed, and its root at every size.
struct Tree {
    nodes: HashMap<Subtree, Hash>,
    roots: Vec<Hash>,
    leaves: Vec<Hash>,
}

impl Tree {
    fn of(size: u64) -> Self {
        let mut frontier = Frontier::new();
        let mut tree = Self { nodes: HashMap::new(), roots: vec![empty_root()], leaves: Vec::new() };
        for index in 0..size {
            let leaf = leaf_hash(format!("leaf-{index}").as_bytes());
            tree.leaves.push(leaf);
            tree.nodes.insert(Subtree { level: 0, index }, leaf);
            for node in frontier.push(leaf) {
                tree.nodes.insert(Subtree { level: node.level, index: node.index }, node.hash);
            }
            tree.roots.push(frontier.root());
        }
        tree
    }

    fn root(&self, size: u64) -> Hash {
        self.roots[usize::try_from(size).unwrap()]
    }

    fn leaf(&self, index: u64) -> Hash {
        self.leaves[usize::try_from(index).unwrap()]
    }

    fn proof(&self, plan: Option<Plan>) -> Vec<Hash> {
        plan.unwrap().proof(|subtree| self.nodes.get(&subtree).copied()).unwrap()
    }
}

fn hashes(texts: &[&str]) -> Vec<Hash> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn the_golden_proofs_come_out_byte_for_byte() {
    let tree = Tree::of(5);
    let inclusion = hashes(&[
        "92g2MlrsVpnY1x+OQunUfFwpsIBZuiljhPfKQK06QK4=",
        "YKU+7Q3oepDI5ZQnxZxGJTwzp2oJUCpRgBMAknt+a9w=",
        "6p/BobbhkbRg0NYwbj6HDBc/OTMPE82htwz8cr3DmLo=",
    ]);
    assert_eq!(tree.proof(Plan::inclusion(2, 5)), inclusion);
    let consistency = hashes(&[
        "/KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc=",
        "92g2MlrsVpnY1x+OQunUfFwpsIBZuiljhPfKQK06QK4=",
        "YKU+7Q3oepDI5ZQnxZxGJTwzp2oJUCpRgBMAknt+a9w=",
        "6p/BobbhkbRg0NYwbj6HDBc/OTMPE82htwz8cr3DmLo=",
    ]);
    assert_eq!(tree.proof(Plan::consistency(3, 5)), consistency);
}

#[test]
fn every_entry_of_every_small_log_is_proven_and_no_other() {
    let tree = Tree::of(70);
    for size in 1..=70 {
        for index in 0..size {
            let path = tree.proof(Plan::inclusion(index, size));
            let check =
                |leaf, index, size, path: &[Hash]| check_inclusion(leaf, index, size, path, tree.root(size));
            assert_eq!(check(tree.leaf(index), index, size, &path), Ok(()));
            assert!(check(leaf_hash(b"another"), index, size, &path).is_err());
            assert!(check(tree.leaf(index), (index + 1) % size, size, &path).is_err() || size == 1);
            assert!(check(tree.leaf(index), size, size, &path).is_err());
            for (place, _) in path.iter().enumerate() {
                let mut changed = path.clone();
                changed[place] = leaf_hash(b"another");
                assert!(check(tree.leaf(index), index, size, &changed).is_err());
                changed.remove(place);
                assert!(check(tree.leaf(index), index, size, &changed).is_err());
            }
        }
    }
}

#[test]
fn every_small_log_is_the_beginning_of_every_larger_one_and_of_no_other() {
    let tree = Tree::of(70);
    for new in 0..=70 {
        for old in 0..=new {
            let path = tree.proof(Plan::consistency(old, new));
            let check =
                |old_root, new_root, path: &[Hash]| check_consistency((old, old_root), (new, new_root), path);
            assert_eq!(check(tree.root(old), tree.root(new), &path), Ok(()), "{old} {new}");
            assert!(check(leaf_hash(b"another"), tree.root(new), &path).is_err(), "{old} {new}");
            assert!(old == 0 || check(tree.root(old), leaf_hash(b"another"), &path).is_err(), "{old} {new}");
            let longer = [path.as_slice(), &[empty_root()]].concat();
            assert!(check(tree.root(old), tree.root(new), &longer).is_err());
            for (place, _) in path.iter().enumerate() {
                let mut changed = path.clone();
                changed[place] = leaf_hash(b"another");
                assert!(check(tree.root(old), tree.root(new), &changed).is_err(), "{old} {new} {place}");
            }
        }
        assert_eq!(Plan::consistency(new + 1, new), None);
    }
}

#[test]
fn nothing_of_a_largest_log_overflows() {
    let (size, root) = (u64::MAX, empty_root());
    for index in [0, 1, size / 2, size - 2, size - 1] {
        let path = Plan::inclusion(index, size).unwrap().proof(|_| Some(root)).unwrap();
        assert!(path.len() <= 64);
        assert!(check_inclusion(root, index, size, &path, root).is_err());
    }
    for old in [1, 2, 1 << 63, size - 1] {
        let path = Plan::consistency(old, size).unwrap().proof(|_| Some(root)).unwrap();
        assert!(check_consistency((old, root), (size, root), &path).is_err());
    }
    assert!(check_inclusion(root, 0, 0, &[], root).is_err());
    assert_eq!(Plan::inclusion(size, size), None);
}

#[test]
fn a_perfect_root_is_the_root_of_that_tree() {
    let tree = Tree::of(64);
    for level in 0..=6 {
        let count = 1_usize << level;
        assert_eq!(perfect_root(&tree.leaves[..count]), Some(tree.roots[count]));
    }
    assert_eq!((perfect_root(&[]), perfect_root(&tree.leaves[..3])), (None, None));
}
