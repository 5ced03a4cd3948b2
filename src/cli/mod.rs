//! The command line: one file for each subcommand.

mod serve;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(not(feature = "sandbox"))]
mod no_sandbox;
mod migrate;
mod policy;
mod report;
mod audit;
mod signal;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::settings::TelemetryFlags;
use crate::telemetry;

#[cfg(not(feature = "sandbox"))]
use no_sandbox as sandbox;

/// Exit code when a command could not be carried out: the command line, a setting or the surroundings are at
/// fault. 1 and 2 are answers of some commands.
pub const UNABLE: u8 = 3;

const BAD_FILTER: &str =
    "COUNTERSIGN_LOG is no filter: write a level such as info, or filters such as info,countersign=debug";

/// Nothing reaches production without a countersignature, and anyone can prove it.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, propagate_version = true, subcommand_required = true)]
#[command(arg_required_else_help = true, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    telemetry: TelemetryFlags,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Sandbox(sandbox::Sandbox),
    #[command(subcommand)]
    Policy(policy::Policy),
    #[command(subcommand)]
    Audit(audit::Audit),
    #[command(subcommand)]
    Report(report::Report),
    Migrate(migrate::Migrate),
}

/// Runs what the command line says, to its end.
///
/// # Errors
/// With the causes, when it could not be done.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    telemetry::start_logging(&cli.telemetry, cli.command.usual_filter()).context(BAD_FILTER)?;
    match cli.command {
        Command::Serve(serve) => Box::pin(serve.run()).await,
        Command::Sandbox(sandbox) => sandbox.run().await,
        Command::Policy(policy) => policy.run(),
        Command::Audit(audit) => audit.run().await,
        Command::Report(report) => Ok(report.run()),
        Command::Migrate(migrate) => migrate.run().await,
    }
}

impl Command {
    /// What is logged unless something is said: only a server tells what it does. Of octocrab's failures, we
    /// say ourselves what they mean.
    fn usual_filter(&self) -> &'static str {
        match self {
            Self::Serve(_) => "info,octocrab=off",
            Self::Sandbox(_) | Self::Policy(_) | Self::Audit(_) | Self::Report(_) | Self::Migrate(_) => {
                "warn,octocrab=off"
            }
        }
    }
}

/// Writes to standard output. Whoever closed it does not want to read more.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes to standard error.
fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests;
