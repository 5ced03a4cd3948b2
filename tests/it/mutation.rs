//! Whatever is changed in an export is noticed: every byte, every entry, every file.
//!
//! The exhaustive part for entries and their hashes goes through [`LogVerifier`] from the state just before the
//! change, which is all that the front door would do up to there; everything else, and a sample of those, goes
//! through the front door itself.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign::audit::tile::{bundle, unbundle};
use countersign::audit::{Checkpoint, Entry, Frontier, Hash, Kind, LogVerifier, Node, Source, leaf_hash};
use countersign::trail::Verdict;

use crate::export::{NOW, append, checkpoint, copy, exported, verified, walk};
use crate::harness::database::{key, open};

const ENTRIES: usize = 300;

/// An export, and the state of a verifier before each entry.
struct Export {
    folder: tempfile::TempDir,
    entries: Vec<Vec<u8>>,
    before: Vec<LogVerifier>,
}

impl Export {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("countersign.db").display());
        let db = open(&url).await;
        append(&db, 280).await;
        exported(&url, &folder.path().join("older"), true).await.unwrap();
        append(&db, ENTRIES - 280).await;
        exported(&url, &folder.path().join("log"), true).await.unwrap();
        let mut export = Self { folder, entries: Vec::new(), before: Vec::new() };
        let mut verifier = LogVerifier::new(key().verifier());
        for name in ["tile/entries/000", "tile/entries/001.p/44"] {
            let bytes = std::fs::read(export.log().join(name)).unwrap();
            export.entries.extend(unbundle(&bytes).map(|entry| entry.unwrap().to_vec()));
        }
        for (index, entry) in (0..).zip(&export.entries) {
            export.before.push(verifier.clone());
            verifier.entry(index, entry, None).unwrap();
        }
        assert_eq!(export.entries.len(), ENTRIES);
        export
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Whether the verifier would take these bytes, and the hash stored beside them, as this entry.
    fn takes(&self, index: usize, entry: &[u8], stored: Hash) -> bool {
        self.before[index].clone().entry(index as u64, entry, Some(stored)).is_ok()
    }

    /// Whether an own tree over these would take the entry: whoever changes it may change the hashes, too.
    fn takes_alone(&self, index: usize, entry: &[u8]) -> bool {
        self.before[index].clone().entry(index as u64, entry, None).is_ok()
    }
}

/// Holds without a word.
async fn holds(folder: &Path) -> bool {
    matches!(verified(folder, None).await, Verdict::Holds(holds) if holds.strangers.count == 0)
}

#[derive(Default)]
struct Tally {
    tried: AtomicU64,
    missed: Mutex<Vec<String>>,
}

impl Tally {
    fn count(&self, noticed: bool, what: impl FnOnce() -> String) {
        self.tried.fetch_add(1, Ordering::Relaxed);
        if !noticed {
            self.missed.lock().unwrap().push(what());
        }
    }

    fn end(&self, what: &str) {
        let missed = self.missed.lock().unwrap();
        eprintln!("mutation: {} {what}, {} missed", self.tried.load(Ordering::Relaxed), missed.len());
        assert!(missed.is_empty(), "{missed:#?}");
    }
}

#[tokio::test]
async fn every_flipped_byte_is_noticed() {
    let export = Export::new().await;
    assert!(holds(&export.log()).await, "nothing is wrong with it as it is");
    let tally = Tally::default();
    flip_entries_and_hashes(&export, &tally);
    tally.end("flipped bytes of entries and their hashes");

    let tally = Tally::default();
    let jobs = front_door_flips(&export);
    let threads: Vec<&[(PathBuf, usize)]> = jobs.chunks(jobs.len().div_ceil(2)).collect();
    std::thread::scope(|scope| {
        for (number, jobs) in threads.into_iter().enumerate() {
            let (export, tally) = (&export, &tally);
            scope.spawn(move || flip_through_the_front_door(export, number, jobs, tally));
        }
    });
    tally.end("flipped bytes of whole exports");
}

fn flip_entries_and_hashes(export: &Export, tally: &Tally) {
    for (index, entry) in export.entries.iter().enumerate() {
        let stored = leaf_hash(entry);
        let mut changed = entry.clone();
        for place in 0..entry.len() {
            changed[place] ^= 0x01;
            tally.count(!export.takes(index, &changed, stored), || format!("entry {index} byte {place}"));
            changed[place] ^= 0x01;
        }
        for place in 0..32 {
            let mut hash = *stored.as_bytes();
            hash[place] ^= 0x01;
            tally.count(!export.takes(index, entry, hash.into()), || format!("hash {index} byte {place}"));
        }
    }
}

/// Every byte of every small file, and every 2,000th of the others with every length in the bundles.
fn front_door_flips(export: &Export) -> Vec<(PathBuf, usize)> {
    let mut jobs = Vec::new();
    for path in walk(&export.log()) {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.strip_prefix(export.log()).unwrap().to_owned();
        let text = name.to_str().unwrap();
        let all = !text.starts_with("tile/entries/") && !text.starts_with("tile/0/");
        let lengths = if text.starts_with("tile/entries/") { length_places(&bytes) } else { Vec::new() };
        let places = (0..bytes.len()).filter(|place| all || place % 2000 == 0 || lengths.contains(place));
        jobs.extend(places.map(|place| (name.clone(), place)));
    }
    jobs
}

fn length_places(bytes: &[u8]) -> Vec<usize> {
    let mut next = 0;
    let entries = unbundle(bytes).map(Result::unwrap);
    let places = entries.flat_map(|entry| {
        let place = next;
        next += 2 + entry.len();
        [place, place + 1]
    });
    places.collect()
}

fn flip_through_the_front_door(export: &Export, number: usize, jobs: &[(PathBuf, usize)], tally: &Tally) {
    let own = export.folder.path().join(format!("own-{number}"));
    copy(&export.log(), &own);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (name, place) in jobs {
        let path = own.join(name);
        let original = std::fs::read(&path).unwrap();
        let mut changed = original.clone();
        changed[*place] ^= 0x01;
        std::fs::write(&path, &changed).unwrap();
        let noticed = !runtime.block_on(holds(&own));
        tally.count(noticed, || format!("{} byte {place}", name.display()));
        std::fs::write(&path, original).unwrap();
    }
}

#[tokio::test]
async fn every_dropped_doubled_and_swapped_entry_is_noticed() {
    let export = Export::new().await;
    let tally = Tally::default();
    let entries = &export.entries;
    for index in 0..ENTRIES {
        let next = (index + 1) % ENTRIES;
        // What comes instead of an entry when it is dropped or swapped, and after it when it is doubled.
        tally.count(!export.takes_alone(index, &entries[next]), || format!("dropped or swapped {index}"));
        if next != 0 {
            tally.count(!export.takes_alone(next, &entries[index]), || format!("doubled {index}"));
        }
    }
    tally.end("dropped, doubled and swapped entries");

    let tally = Tally::default();
    for index in (0..ENTRIES).step_by(37).chain([ENTRIES - 1]) {
        let (mut dropped, mut doubled, mut swapped) = (entries.clone(), entries.clone(), entries.clone());
        dropped.remove(index);
        doubled.insert(index, entries[index].clone());
        swapped.swap(index, (index + 1) % ENTRIES);
        for (what, changed) in [("dropped", dropped), ("doubled", doubled), ("swapped", swapped)] {
            let own = export.folder.path().join(format!("{what}-{index}"));
            copy(&export.log(), &own);
            rewrite(&own, &changed);
            tally.count(!holds(&own).await, || format!("{what} {index}"));
        }
    }
    tally.end("exports with dropped, doubled and swapped entries and the hashes of these");
}

/// Puts other entries into an export, with the hashes that belong to them: all that can be done without the key.
fn rewrite(folder: &Path, entries: &[Vec<u8>]) {
    let (first, rest) = entries.split_at(256);
    for (name, entries) in [("000", first), ("001.p/44", rest)] {
        let hashes: Vec<u8> = entries.iter().flat_map(|entry| *leaf_hash(entry).as_bytes()).collect();
        std::fs::write(folder.join(format!("tile/0/{name}")), hashes).unwrap();
        std::fs::write(folder.join(format!("tile/entries/{name}")), bundle(entries).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn missing_files_truncation_rollback_and_forks_are_noticed() {
    let export = Export::new().await;
    let tally = Tally::default();
    let own = export.folder.path().join("own");
    copy(&export.log(), &own);
    for path in walk(&own) {
        let name = path.strip_prefix(&own).unwrap().display().to_string();
        let bytes = std::fs::read(&path).unwrap();
        if name != "disclosures.jsonl" {
            std::fs::remove_file(&path).unwrap();
            tally.count(!holds(&own).await, || format!("{name} is missing"));
        }
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let erased = name == "disclosures.jsonl" && length == 0;
            tally.count(erased || !holds(&own).await, || format!("{name} is cut to {length}"));
        }
        std::fs::write(&path, [bytes.as_slice(), b"\n"].concat()).unwrap();
        tally.count(!holds(&own).await, || format!("{name} is longer"));
        std::fs::write(&path, bytes).unwrap();
    }
    std::fs::write(own.join("notes.txt"), "hello").unwrap();
    tally.count(!holds(&own).await, || "a strange file".to_owned());

    let (older, newest) = (export.folder.path().join("older"), checkpoint(&export.log()));
    assert!(holds(&older).await, "it was whole in its time");
    tally.count(is_tampered(&verified(&older, Some(&newest)).await), || "a rollback".to_owned());
    for at in [0, 1, 100, 255, 256, 280, 299] {
        let fork = fork(&export, at);
        assert!(holds(&fork).await, "a fork is a whole log by itself");
        tally.count(is_tampered(&verified(&fork, Some(&newest)).await), || format!("a fork at {at}"));
    }
    tally.end("missing, cut and longer files, rollbacks and forks");
}

fn is_tampered(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Tampered { .. })
}

/// Another log by the same key, as large, that differs from one entry on.
fn fork(export: &Export, at: usize) -> PathBuf {
    let folder = export.folder.path().join(format!("fork-{at}"));
    copy(&export.log(), &folder);
    let other = |seq: u64| {
        let entry = Entry::new(Kind::Heartbeat, NOW, Source::internal("another history"));
        entry.encode(seq).unwrap()
    };
    let kept = export.entries.iter().take(at).cloned();
    let entries: Vec<Vec<u8>> = kept.chain((at as u64..ENTRIES as u64).map(other)).collect();
    rewrite(&folder, &entries);
    let mut tree = Frontier::new();
    let nodes: Vec<Node> = entries.iter().flat_map(|entry| tree.push(leaf_hash(entry))).collect();
    let top = nodes.iter().find(|node| node.level == 8).unwrap();
    std::fs::write(folder.join("tile/1/000.p/1"), top.hash.as_bytes()).unwrap();
    let checkpoint = Checkpoint { origin: checkpoint(&folder).origin, size: tree.size(), root: tree.root() };
    std::fs::write(folder.join("checkpoint"), checkpoint.sign(&key()).unwrap()).unwrap();
    std::fs::remove_file(folder.join("disclosures.jsonl")).unwrap();
    folder
}
