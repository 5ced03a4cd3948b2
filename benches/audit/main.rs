//! How fast a log is audited: `cargo bench --bench audit`.
//!
//! It writes the export of a log of a million realistic entries, verifies it as `countersign audit verify` does, on
//! one thread, and prints entries per second, the time beside that of hashing the same bytes and nothing else, and the
//! memory at its peak. Then it makes one proof from the tiles, and checks it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a load program")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod log;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use countersign::audit::proof::perfect_root;
use countersign::audit::tile::unbundle;
use countersign::audit::{Hash, Plan, Subtree, TileLevel, TilePath, TlogProof, leaf_hash};
use countersign::trail::{LogSource, Verdict, verify};

const ENTRIES: u64 = 1_000_000;

fn main() {
    // `cargo bench` and `cargo test --benches` pass flags that mean nothing here.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bytes = log::write(folder.path(), ENTRIES);
    println!("{ENTRIES} entries, {} bytes each on average", bytes / ENTRIES);
    forget_peak();
    let verifying = fastest(|| verified(folder.path()));
    println!("  peak memory {:.1} MiB", peak() as f64 / 1024.0);
    let hashing = fastest(|| hash_only(folder.path()));
    println!("  verified in {:.3} s: {:.0} entries/s", verifying.as_secs_f64(), rate(verifying));
    println!("  hashing the same entries and nothing else {:.3} s", hashing.as_secs_f64());
    println!("  ratio {:.2}", verifying.as_secs_f64() / hashing.as_secs_f64());
    one_proof(folder.path());
}

fn rate(time: Duration) -> f64 {
    ENTRIES as f64 / time.as_secs_f64()
}

/// Of three: the others were disturbed.
fn fastest(work: impl Fn()) -> Duration {
    let time = |()| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    [(); 3].map(time).into_iter().min().unwrap()
}

fn verified(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut source = LogSource::at(folder.to_str().unwrap(), None).unwrap();
    let key = log::key().verifier();
    let verdict = runtime.block_on(verify(&mut source, &key, None, &mut |_, _| {})).unwrap();
    assert!(matches!(verdict, Verdict::Holds(holds) if holds.log.entries == ENTRIES));
}

/// Reads the entries and hashes them as leaves.
fn hash_only(folder: &Path) {
    for path in TilePath::of_level(TileLevel::Entries, ENTRIES) {
        let bytes = std::fs::read(folder.join(path.to_string())).unwrap();
        for entry in unbundle(&bytes) {
            black_box(leaf_hash(entry.unwrap()));
        }
    }
}

fn one_proof(folder: &Path) {
    let index = ENTRIES / 3;
    let began = Instant::now();
    let path = Plan::inclusion(index, ENTRIES).unwrap().proof(|subtree| top(folder, subtree)).unwrap();
    let checkpoint = std::fs::read_to_string(folder.join("checkpoint")).unwrap();
    let text = TlogProof { extra: None, index, path, checkpoint }.to_string();
    println!("  one proof: {} bytes, made from tiles in {:.3} ms", text.len(), milliseconds(began.elapsed()));
    let bundle = TilePath { level: TileLevel::Entries, index: index / 256, width: 256 };
    let bytes = std::fs::read(folder.join(bundle.to_string())).unwrap();
    let entry = unbundle(&bytes).nth(usize::try_from(index % 256).unwrap()).unwrap().unwrap();
    let key = log::key().verifier();
    let checking = fastest(|| {
        text.parse::<TlogProof>().unwrap().check(entry, &key).unwrap();
    });
    println!("  checked in {:.3} ms", milliseconds(checking));
}

/// The top of a subtree, from the tile that holds what it is made of.
fn top(folder: &Path, Subtree { level, index }: Subtree) -> Option<Hash> {
    let stored = TileLevel::Hashes(u8::try_from(level / 8).unwrap());
    let (first, count) = (index << (level % 8), 1 << (level % 8));
    let tile = TilePath::of_level(stored, ENTRIES).find(|tile| tile.index == first / 256)?;
    let bytes = std::fs::read(folder.join(tile.to_string())).unwrap();
    let hashes: Vec<Hash> = bytes.chunks(32).map(|hash| Hash::from_slice(hash).unwrap()).collect();
    let start = usize::try_from(first % 256).unwrap();
    perfect_root(hashes.get(start..start + count)?)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// From here on, the peak is that of what follows.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory this process had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
