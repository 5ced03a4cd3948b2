//! `countersign audit`: one file for each subcommand.

mod check;
mod export;
mod key;
mod place;
mod progress;
mod prove;
mod reconcile;
mod redact;
mod replay;
mod rotate_key;
mod show;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

/// Prove what the log says.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    Export(export::Export),
    Verify(verify::Verify),
    Prove(prove::Prove),
    Check(check::Check),
    Show(show::Show),
    Replay(replay::Replay),
    Reconcile(reconcile::Reconcile),
    Redact(redact::Redact),
    RotateKey(rotate_key::RotateKey),
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Export(export) => export.run().await,
            Self::Verify(verify) => verify.run().await,
            Self::Prove(prove) => prove.run().await,
            Self::Check(check) => check.run(),
            Self::Show(show) => show.run().await,
            Self::RotateKey(rotate_key) => rotate_key.run().await,
            Self::Replay(replay) => replay.run().await,
            Self::Reconcile(reconcile) => reconcile.run().await,
            Self::Redact(redact) => redact.run().await,
        }
    }
}
