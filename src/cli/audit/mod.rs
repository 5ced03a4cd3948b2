//! `countersign audit`: one file for each subcommand.

mod verify;

use std::process::ExitCode;

use clap::Subcommand;

/// Prove what the log says.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Verify(verify) => verify.run().await,
        }
    }
}
