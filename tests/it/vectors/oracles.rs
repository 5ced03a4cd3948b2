//! Three other implementations, asked the same questions: on every tree up to 300 entries, and on larger ones by chance.

use std::cell::RefCell;

use countersign::audit::proof::{check_consistency, check_inclusion};
use countersign::audit::{Checkpoint, Hash, LogKey, TileLevel, TilePath};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;
use signed_note::{StandardVerifier, VerifierList};
use tlog_tiles::{HashReader, TileHashReader, TileReader};

use super::tree::Tree;

const EVERY_SIZE_UP_TO: u64 = 300;

/// One tree, as each implementation holds it.
struct Oracles {
    ours: Tree,
    ct_merkle: MemoryBackedTree<Sha256, Vec<u8>>,
    doubleentry: doubleentry::store::Tree,
    tlog_tiles: StoredHashes,
}

impl Oracles {
    fn of(entries: Vec<Vec<u8>>) -> Self {
        let mut ct_merkle = MemoryBackedTree::new();
        let mut doubleentry = doubleentry::store::Tree::new();
        let tlog_tiles = StoredHashes::default();
        for (index, entry) in (0..).zip(&entries) {
            ct_merkle.push(entry.clone());
            doubleentry.push(doubleentry::log::leaf_hash(entry)).unwrap();
            let more = tlog_tiles::stored_hashes(index, entry, &tlog_tiles).unwrap();
            tlog_tiles.0.borrow_mut().extend(more);
        }
        Self { ours: Tree::of(entries), ct_merkle, doubleentry, tlog_tiles }
    }

    fn ct_root(&self, size: u64) -> RootHash<Sha256> {
        RootHash::new((*self.ours.root(size).as_bytes()).into(), size)
    }

    fn agree_on_root(&self, size: u64) {
        let root = self.ours.root(size);
        assert_eq!(self.doubleentry.head_at(size).unwrap().root.as_bytes(), root.as_bytes(), "{size}");
        assert_eq!(tlog_tiles::tree_hash(size, &self.tlog_tiles).unwrap().0, *root.as_bytes(), "{size}");
        if size == self.ours.size() {
            assert_eq!(self.ct_merkle.root(), self.ct_root(size));
        }
    }

    /// Each makes the same proof, and takes ours.
    fn agree_on_inclusion(&self, index: u64, size: u64) {
        let (path, root) = (self.ours.inclusion(index, size), self.ours.root(size));
        assert_eq!(check_inclusion(self.ours.leaf(index), index, size, &path, root), Ok(()));
        let theirs = self.doubleentry.inclusion_proof(index, size).unwrap().path;
        assert_eq!(bytes(&path), theirs.iter().flat_map(|hash| *hash.as_bytes()).collect::<Vec<_>>());
        let theirs = tlog_tiles::prove_record(size, index, &self.tlog_tiles).unwrap();
        assert_eq!(bytes(&path), theirs.iter().flat_map(|hash| hash.0).collect::<Vec<_>>());
        let proof = InclusionProof::<Sha256>::try_from_bytes(bytes(&path)).unwrap();
        let entry = self.ours.entry(index).to_vec();
        self.ct_root(size).verify_inclusion(&entry, index, &proof).unwrap();
    }

    fn agree_on_consistency(&self, old: u64, new: u64) {
        let path = self.ours.consistency(old, new);
        assert_eq!(check_consistency((old, self.ours.root(old)), (new, self.ours.root(new)), &path), Ok(()));
        let theirs = self.doubleentry.consistency_proof(old, new).unwrap().path;
        assert_eq!(bytes(&path), theirs.iter().flat_map(|hash| *hash.as_bytes()).collect::<Vec<_>>());
        let theirs = tlog_tiles::prove_tree(new, old, &self.tlog_tiles).unwrap();
        assert_eq!(bytes(&path), theirs.iter().flat_map(|hash| hash.0).collect::<Vec<_>>());
        let proof = ConsistencyProof::<Sha256>::try_from_bytes(bytes(&path)).unwrap();
        self.ct_root(new).verify_consistency(&self.ct_root(old), &proof).unwrap();
    }

    /// Our tiles, read through another's reader, which checks them against the root.
    fn agree_on_tiles(&self, size: u64) {
        let tiles = OurTiles { tree: &self.ours, read: RefCell::default() };
        let reader = TileHashReader::new(size, tlog_tiles::Hash(*self.ours.root(size).as_bytes()), &tiles);
        for index in 0..size {
            let stored = tlog_tiles::stored_hash_index(0, index);
            let hashes = reader.read_hashes(&[stored]).unwrap();
            assert_eq!(hashes[0].0, *self.ours.leaf(index).as_bytes());
        }
        let hashes = |tile: &TilePath| tile.level != TileLevel::Entries;
        let all = TilePath::all(size).filter(hashes).count();
        assert_eq!(tiles.read.into_inner().len(), all, "{size}");
    }
}

fn bytes(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Every hash of a tree in the order in which Go's tlog stores them.
#[derive(Default)]
struct StoredHashes(RefCell<Vec<tlog_tiles::Hash>>);

impl HashReader for StoredHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let stored = self.0.borrow();
        Ok(indexes.iter().map(|index| stored[usize::try_from(*index).unwrap()]).collect())
    }
}

/// The tiles that we would serve, and which of them were asked for.
struct OurTiles<'t> {
    tree: &'t Tree,
    read: RefCell<std::collections::BTreeSet<TilePath>>,
}

impl TileReader for OurTiles<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let ours = tiles.iter().map(|tile| {
            // Go's tlog writes the height of a tile into its path, C2SP's tlog-tiles does not.
            let path: TilePath = tile.path().replacen("tile/8/", "tile/", 1).parse().unwrap();
            self.read.borrow_mut().insert(path);
            self.tree.tile(path)
        });
        Ok(ours.collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn they_agree_on_every_tree_up_to_300_entries() {
    let leaves = |size| (0..size).map(|index: u64| format!("leaf-{index}").into_bytes()).collect();
    let largest = Oracles::of(leaves(EVERY_SIZE_UP_TO));
    for size in 1..=EVERY_SIZE_UP_TO {
        Oracles::of(leaves(size)).agree_on_root(size);
        largest.agree_on_root(size);
        for index in 0..size {
            largest.agree_on_inclusion(index, size);
            largest.agree_on_consistency(index + 1, size);
        }
    }
    for size in [1, 2, 3, 255, 256, 257, 300] {
        largest.agree_on_tiles(size);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn they_agree_on_larger_trees(
        entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 300..3000),
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 20),
    ) {
        let oracles = Oracles::of(entries);
        oracles.agree_on_root(oracles.ours.size());
        for (one, other) in places {
            let size = one.index(oracles.ct_merkle.items().len()) + 1;
            let index = u64::try_from(other.index(size)).unwrap();
            let size = u64::try_from(size).unwrap();
            oracles.agree_on_root(size);
            oracles.agree_on_inclusion(index, size);
            oracles.agree_on_consistency(index + 1, size);
        }
    }

    #[test]
    fn a_checkpoint_of_ours_is_a_note_to_others(seed: [u8; 32], size: u64, root: [u8; 32]) {
        let key = LogKey::from_seed("example.com/log".parse().unwrap(), seed);
        let checkpoint = Checkpoint { origin: "example.com/log".parse().unwrap(), size, root: Hash::from(root) };
        let note = checkpoint.sign(&key).unwrap();
        let opened = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
        let verifier = StandardVerifier::new(&key.verifier().to_string()).unwrap();
        let (good, unknown) = opened.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        prop_assert_eq!((good.len(), unknown.len()), (1, 0));
        let theirs = tlog_tiles::Checkpoint::from_bytes(opened.text()).unwrap();
        prop_assert_eq!((theirs.size(), theirs.hash().0), (size, root));
    }
}
