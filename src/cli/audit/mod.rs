//! `countersign audit`: one file for each subcommand.

mod replay;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

/// Prove what the log says.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
    Replay(replay::Replay),
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Verify(verify) => verify.run().await,
            Self::Replay(replay) => replay.run().await,
        }
    }
}
