//! What the real binary does under load: `cargo bench`.
//!
//! It starts `countersign serve` against the built-in GitHub on a fresh database (SQLite, and PostgreSQL where
//! it is installed) and prints start-up time, memory, acknowledged webhooks per second with their latency, and
//! the time from a comment to the bot's answer. The load comes from the same machine and shares its cores.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a load program")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod disk;
#[path = "../../tests/it/harness/postgres.rs"]
#[expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "a part of the tests"
)]
mod postgres;
mod program;
mod reply;
mod webhooks;

use program::Program;

/// How many connections post webhooks at once.
const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];

#[tokio::main]
async fn main() {
    // `cargo bench` and `cargo test --benches` pass flags that mean nothing here.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    println!(
        "disk: {:.3} ms for a write of 4 KiB and its flush (median of 500)",
        disk::flush_time(folder.path())
    );
    let file = |name| format!("sqlite://{}", folder.path().join(name).display());
    measure("SQLite", &file("load.db"), &file("replies.db")).await;
    match postgres::fresh_database().await.zip(postgres::fresh_database().await) {
        Some((url, replies)) => {
            println!("\n(PostgreSQL runs with fsync=off here: it is the tests' throw-away server.)");
            measure("PostgreSQL", &url, &replies).await;
        }
        None => println!("\nPostgreSQL is not installed: not measured."),
    }
}

async fn measure(name: &str, database: &str, replies: &str) {
    println!("\n{name}");
    let program = Program::start(database).await;
    println!(
        "  ready after {:.0} ms, {:.1} MiB at rest",
        program.ready_after.as_secs_f64() * 1e3,
        program.memory()
    );
    for connections in CONNECTIONS {
        webhooks::measure(&program, connections).await;
    }
    println!("  {:.1} MiB after that", program.memory());
    drop(program);
    reply::measure(replies).await;
}
