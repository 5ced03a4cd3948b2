//! The signals that tell the program to end.

use std::io;

/// Lets `work` end well, unless the signal comes a second time: then somebody is in a hurry. Nothing is lost by
/// that, since everything under way is found again in the database.
pub(super) async fn unless_told_again<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        _ = told_to_end() => None,
    }
}

/// Returns on Ctrl-C (SIGINT), or on SIGTERM, which a supervisor sends.
#[cfg(unix)]
pub(super) async fn told_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

/// Returns on Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn told_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
