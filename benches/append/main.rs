//! Entries that are durable and under a signed checkpoint before anybody hears of them: `cargo bench --bench append`.
//!
//! Each of 1, 16 and 64 writers appends one entry after the other, to a fresh log in SQLite and in PostgreSQL
//! (where it is installed, and with `fsync` on), each in a transaction of its own that others may share. Plain
//! entries name nobody; decisions have two people's commitments and the facts they were taken from.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a load program")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

#[path = "../load/disk.rs"]
mod disk;
mod entries;
#[path = "../../tests/it/harness/postgres.rs"]
#[expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "a part of the tests"
)]
mod postgres;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use countersign::audit::LogKey;
use countersign::db::{Db, NewEntry};

/// How many append at once.
const WRITERS: [usize; 3] = [1, 16, 64];
/// How long each number of writers appends.
const FOR: Duration = Duration::from_secs(4);

#[tokio::main]
async fn main() {
    // `cargo bench` and `cargo test --benches` pass flags that mean nothing here.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name| format!("sqlite://{}", folder.path().join(name).display());
    measure("SQLite, plain entries", folder.path(), &file("plain.db"), entries::plain).await;
    measure("SQLite, decisions", folder.path(), &file("decisions.db"), entries::decision).await;
    postgres::DURABLE.store(true, Ordering::Relaxed);
    match postgres::fresh_database().await.zip(postgres::fresh_database().await) {
        Some((plain, decisions)) => {
            measure("PostgreSQL, plain entries", folder.path(), &plain, entries::plain).await;
            measure("PostgreSQL, decisions", folder.path(), &decisions, entries::decision).await;
        }
        None => println!("\nPostgreSQL is not installed: not measured."),
    }
}

async fn measure(name: &str, disk: &Path, url: &str, entry: fn(u64) -> NewEntry) {
    println!("\n{name}");
    let flush = disk::flush_time(disk);
    println!("  the disk flushes 4 KiB in {flush:.3} ms (median of 500), {:.0} times a second", 1e3 / flush);
    let key = LogKey::from_seed("countersign.example/bench".parse().unwrap(), [7; 32]);
    let db = Db::open(url, key).await.unwrap();
    for writers in WRITERS {
        let began = Instant::now();
        let tasks: Vec<_> = (0..writers).map(|_| tokio::spawn(append(db.clone(), entry))).collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.unwrap());
        }
        print(writers, times, began.elapsed());
    }
    db.close().await;
}

/// How long each entry took to be durable.
async fn append(db: Db, entry: fn(u64) -> NewEntry) -> Vec<Duration> {
    let began = Instant::now();
    let mut times = Vec::new();
    while began.elapsed() < FOR {
        let entry = entry(times.len() as u64);
        let asked = Instant::now();
        db.write(move |tx| Box::pin(async move { tx.append(entry).await })).await.unwrap();
        times.push(asked.elapsed());
    }
    times
}

fn print(writers: usize, mut times: Vec<Duration>, lasted: Duration) {
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 - 1.0) * share) as usize;
        times.get(index).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!(
        "  {writers:>2} writers: {:>6.0} entries/s, p50 {:>6.2} ms, p99 {:>6.2} ms",
        times.len() as f64 / lasted.as_secs_f64(),
        at(0.5),
        at(0.99),
    );
}
