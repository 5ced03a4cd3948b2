//! Tiles and bundles of entries (c2sp.org/tlog-tiles).

use std::collections::BTreeSet;

use countersign::audit::TilePath;
use sha2::{Digest as _, Sha256};

use super::c2sp::Vector;
use super::tree::Tree;

#[test]
fn tiles_are_those_of_the_reference_code() {
    let tree = Tree::of_leaves(70_000);
    let vectors = Vector::all("tiles");
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let size: u64 = vector.get("size").parse().unwrap();
        let mut expected = BTreeSet::new();
        for line in vector.each("tile").chain(vector.each("entries")) {
            let (path, digest) = line.split_once(' ').unwrap();
            let tile: TilePath = path.parse().unwrap();
            assert!(tile.fits(size), "{path}");
            assert_eq!(hex::encode(Sha256::digest(tree.tile(tile))), digest, "{path} of {size}");
            expected.insert(path.to_owned());
        }
        let ours: BTreeSet<_> = TilePath::all(size).map(|tile| tile.to_string()).collect();
        assert_eq!(ours, expected, "{size}");
    }
}
