//! The signals that tell the program to end.

use std::io;

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
