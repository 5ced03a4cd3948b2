//! `countersign sandbox`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::net::TcpListener;

use super::{say, signal};
use crate::sandbox::{self, Site};

/// Try everything on this machine, with nothing to set up: the real program against a GitHub in memory.
#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// Where Countersign listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,

    /// Where the GitHub in memory listens: its REST API and its pages
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDRESS:PORT")]
    github_listen: SocketAddr,

    /// Keep the database and the log's key in this folder [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Sandbox {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let site = Site {
            listener: bind(self.listen, "Countersign", "--listen").await?,
            github_listener: bind(self.github_listen, "the GitHub in memory", "--github-listen").await?,
            data: self.data,
        };
        let mut sandbox = sandbox::Sandbox::start(site).await.context("the sandbox cannot start")?;
        say(&sandbox.welcome());
        tokio::select! {
            told = signal::told_to_end() => told.context("the signals to end cannot be heard")?,
            part = sandbox.program.breaks() => bail!("{part} ended, and the sandbox cannot go on without"),
        }
        say("\nStopping: work under way is finished first.\n");
        say(&signal::unless_told_again(Box::pin(sandbox.stop()))
            .await
            .unwrap_or_else(|| "Stopped at once.\n".to_owned()));
        Ok(ExitCode::SUCCESS)
    }
}

async fn bind(address: SocketAddr, who: &str, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "{who} cannot listen on {address}: choose another address with {flag}, or stop what listens there"
        )
    })
}
