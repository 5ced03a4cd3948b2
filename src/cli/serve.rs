//! `countersign serve`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::net::TcpListener;

use super::{UNABLE, complain, signal};
use crate::audit::AttestationKey;
use crate::clock::Clock;
use crate::db::Purpose;
use crate::github::{Connection, Pace};
use crate::program::{Parts, Program, Work};
use crate::settings::{ServeFlags, Settings};

/// Work for a GitHub App: on github.com, ghe.com or GitHub Enterprise Server.
///
/// Every setting can be given as a flag or in the environment; the flag wins.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    flags: ServeFlags,

    /// Begin the log's next epoch, because its newest part is lost for good: the new log's first entry says what was lost
    #[arg(long)]
    new_epoch: bool,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = match Settings::read(&self.flags) {
            Ok(settings) => settings,
            Err(error) => {
                complain(&format!("countersign: {error}\n"));
                return Ok(ExitCode::from(UNABLE));
            }
        };
        let mut program =
            start(settings, if self.new_epoch { Purpose::NewEpoch } else { Purpose::GoOn }).await?;
        tracing::info!(address = %program.addr, "ready at http://{}", program.addr);
        tokio::select! {
            told = signal::told_to_end() => told.context("the signals to end cannot be heard")?,
            part = program.breaks() => bail!("{part} ended, and the program cannot go on without: see the log"),
        }
        tracing::info!("stopping: requests and work under way are finished first");
        if signal::unless_told_again(program.stop()).await.is_some() {
            tracing::info!("stopped");
        } else {
            tracing::warn!("stopped at once: what was under way goes on at the next start");
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn start(settings: Settings, purpose: Purpose) -> anyhow::Result<Program> {
    let listen = settings.listen;
    let log_key = settings.log.key()?;
    let guarding = settings.log.guarding(purpose)?;
    let attestation_key = AttestationKey::load_or_create(&settings.attestation_key_file)?;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}: choose another address with --listen, or stop what listens there")
    })?;
    let github = Connection {
        api_url: settings.github_api_url,
        app_id: settings.app_id,
        key: settings.private_key,
        clock: Clock::System,
        pace: Pace::default(),
    };
    let parts = Parts {
        listener,
        connections: settings.connections,
        database_url: settings.database_url,
        log_key,
        guarding,
        github,
        github_web_url: settings.github_web_url,
        public_url: settings.public_url,
        webhook_secrets: settings.webhook_secrets,
        work: Work::InBackground,
        anchors: settings.anchors,
        lease: settings.lease,
        self_audit: settings.self_audit,
        attestation_key,
        reader: settings.reader,
        oidc: settings.oidc,
        trusted_root: settings.trusted_root,
    };
    Box::pin(Program::start(parts)).await.context("the program cannot start")
}
