//! How fast reports are read, and in how much memory: `cargo bench --bench reports`.
//!
//! It writes large reports into zip archives, then reads each from its archive in a process of its own, as the
//! server does: unpacked, recognised, hashed, read and normalised while the bytes come. Printed are the time on the
//! processor and the memory at its peak, above what the process had before. Where sarif-tools is installed, its
//! `sarif summary` of the same file stands beside.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a load program")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod archive;
mod made;

use std::path::Path;
use std::process::Command;

use countersign::report::{Limits, Marker, Report, read};

use archive::Archived;

const MIB: u64 = 1 << 20;

/// What is read, and what it may cost: seconds on the processor and MiB of memory.
const CASES: &[(&str, made::Kind, u64, f64, f64)] = &[
    ("SARIF of 50 MB", made::Kind::Sarif, 50_000_000, 0.5, 40.0),
    ("SARIF of 512 MB", made::Kind::Sarif, 512_000_000, 5.0, 64.0),
    ("SARIF of 50 MB, its rules last", made::Kind::RulesLast, 50_000_000, 0.5, 40.0),
    ("JUnit of 50 MB", made::Kind::Junit, 50_000_000, 0.5, 40.0),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--read") {
        return read_one(Path::new(&arguments[at + 1]));
    }
    // `cargo bench` and `cargo test --benches` pass flags that mean nothing here.
    if arguments.iter().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (number, (title, kind, bytes, seconds, memory)) in CASES.iter().enumerate() {
        let path = folder.path().join(format!("{number}.zip"));
        let items = archive::write(&path, *kind, *bytes);
        println!("{title}: {items} items, {:.1} MB packed", size(&path) as f64 / 1e6);
        let child = Command::new(std::env::current_exe().unwrap()).arg("--read").arg(&path).output().unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        print!("{}", String::from_utf8(child.stdout).unwrap());
        println!("  aims: {seconds} s, {memory} MiB");
        beside(&path, *kind);
        std::fs::remove_file(path).unwrap();
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

/// Reads the only file of an archive, and tells what that cost.
fn read_one(path: &Path) {
    let limits = Limits { entry_bytes: 1 << 30, ..Limits::default() };
    let mut source = Archived::open(path);
    let (memory, time) = (peak(), processor_time());
    let file = read(&mut source, &limits, &Marker::new(&[7; 32])).unwrap();
    let (time, memory) = (processor_time() - time, peak() - memory);
    let total = |count: fn(&Report) -> u64| file.reports.iter().map(count).sum::<u64>();
    assert!(file.reports.iter().all(|report| report.state.is_ok()), "{:?}", file.reports[0].state);
    let kept = total(|report| report.findings.len() as u64);
    let tests = total(|report| report.tests.map_or(0, |tests| tests.cases));
    println!("  {} findings, {kept} kept, {tests} tests", total(|report| report.counts.findings));
    println!("  {time:.3} s on the processor, {:.1} MiB of memory at the peak", memory as f64 / 1024.0);
}

/// What another tool needs for the same file, unpacked.
fn beside(path: &Path, kind: made::Kind) {
    if kind == made::Kind::Junit
        || size(path) > 64 * MIB
        || Command::new("sarif").arg("--version").output().is_err()
    {
        return;
    }
    let unpacked = path.with_extension("sarif");
    archive::unpack(path, &unpacked);
    let before = children_time();
    let done = Command::new("sarif").arg("summary").arg(&unpacked).output();
    if done.is_ok_and(|done| done.status.success()) {
        println!("  sarif-tools: {:.3} s on the processor", children_time() - before);
    }
    std::fs::remove_file(unpacked).unwrap();
}

/// The most memory this process had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Seconds that this process spent on the processor: nanoseconds in `/proc/self/schedstat`.
fn processor_time() -> f64 {
    let spent = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = spent.split_whitespace().next().and_then(|spent| spent.parse::<u64>().ok());
    nanoseconds.unwrap_or_default() as f64 / 1e9
}

/// Seconds that ended children spent on the processor: fields 16 and 17 of `proc_pid_stat(5)`, in ticks of 10 ms.
fn children_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() as f64 / 100.0
}
