//! Roots and proofs of RFC 6962.

use countersign::audit::Hash;
use countersign::audit::proof::{check_consistency, check_inclusion};

use super::c2sp::Vector;
use super::tree::Tree;

/// A line `number number hash hash …`.
fn numbers_and_hashes(line: &str) -> (u64, u64, Vec<Hash>) {
    let mut words = line.split(' ');
    let mut number = || words.next().unwrap().parse().unwrap();
    let (one, two) = (number(), number());
    (one, two, words.map(|hash| hash.parse().unwrap()).collect())
}

/// The entries of `transparency-dev/merkle`, which most implementations are tested with.
#[test]
fn the_reference_tree_has_its_published_roots() {
    let entries =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let tree = Tree::of(entries.map(|entry| hex::decode(entry).unwrap()));
    for (size, root) in [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ] {
        assert_eq!(hex::encode(tree.root(size)), root, "{size}");
    }
}

#[test]
fn roots_and_proofs_are_those_of_the_reference_code() {
    let tree = Tree::of_leaves(70_000);
    let mut count = 0;
    for line in Vector::read("trees/roots.txt").each("root") {
        let (size, root) = line.split_once(' ').unwrap();
        assert_eq!(tree.root(size.parse().unwrap()).to_string(), root, "{size}");
        count += 1;
    }
    for line in Vector::read("trees/inclusion.txt").each("proof") {
        let (index, size, path) = numbers_and_hashes(line);
        assert_eq!(tree.inclusion(index, size), path, "{index} in {size}");
        assert_eq!(check_inclusion(tree.leaf(index), index, size, &path, tree.root(size)), Ok(()));
        count += 1;
    }
    for line in Vector::read("trees/consistency.txt").each("proof") {
        let (old, new, path) = numbers_and_hashes(line);
        assert_eq!(tree.consistency(old, new), path, "{old} to {new}");
        assert_eq!(check_consistency((old, tree.root(old)), (new, tree.root(new)), &path), Ok(()));
        count += 1;
    }
    assert_eq!(count, 66 + (64 * 65 / 2 + 4) + (64 * 65 / 2 + 3));
}

/// A proof with one bit changed, in a hash, an index or a size, proves nothing.
#[test]
fn no_proof_survives_the_change_of_a_bit() {
    let tree = Tree::of_leaves(64);
    for line in Vector::read("trees/inclusion.txt").each("proof") {
        let (index, size, path) = numbers_and_hashes(line);
        if size > 64 {
            continue;
        }
        let holds = |index, size, path: &[Hash], root| {
            check_inclusion(tree.leaf(index % 64), index, size, path, root).is_ok()
        };
        let root = tree.root(size);
        for bit in 0..64 {
            assert!(!holds(index ^ (1 << bit), size, &path, root), "{index} in {size}, bit {bit}");
            // A proof says nothing about entries right of its own: another size may have one of the same form.
            let other = size ^ (1 << bit);
            assert!(
                !holds(index, other, &path, if other <= 64 { tree.root(other) } else { root })
                    || other == size
            );
        }
        each_bit_changed(&path, |changed| assert!(!holds(index, size, changed, root), "{index} in {size}"));
    }
    for line in Vector::read("trees/consistency.txt").each("proof") {
        let (old, new, path) = numbers_and_hashes(line);
        if new > 64 {
            continue;
        }
        let holds =
            |path: &[Hash]| check_consistency((old, tree.root(old)), (new, tree.root(new)), path).is_ok();
        each_bit_changed(&path, |changed| assert!(!holds(changed), "{old} to {new}"));
    }
}

/// One bit of each byte of each hash, changing with the byte.
fn each_bit_changed(path: &[Hash], check: impl Fn(&[Hash])) {
    for place in 0..path.len() {
        for byte in 0..32 {
            let mut changed = path.to_vec();
            let mut bytes = *changed[place].as_bytes();
            bytes[byte] ^= 1 << (byte % 8);
            changed[place] = Hash::from(bytes);
            check(&changed);
        }
    }
}
