//! The program: parse the command line, run one subcommand, exit.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use countersign::cli::{self, Cli};
use countersign::telemetry::causes;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // Help and version are told this way, too; a closed pipe is not our business.
            let _ = told.print();
            return if told.use_stderr() { ExitCode::from(cli::UNABLE) } else { ExitCode::SUCCESS };
        }
    };
    let ran = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(cli::run(cli)));
    ran.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "countersign: {}", causes(error.as_ref()));
        ExitCode::from(cli::UNABLE)
    })
}
