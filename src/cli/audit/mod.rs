//! `countersign audit`: one file for each subcommand.

mod reconcile;
mod redact;
mod replay;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

/// Prove what the log says.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
    Replay(replay::Replay),
    Reconcile(reconcile::Reconcile),
    Redact(redact::Redact),
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Verify(verify) => verify.run().await,
            Self::Replay(replay) => replay.run().await,
            Self::Reconcile(reconcile) => reconcile.run().await,
            Self::Redact(redact) => redact.run().await,
        }
    }
}
