//! `countersign audit reconcile`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::cli::say;
use crate::clock::{Clock, Timestamp};
use crate::db::ReadOnly;
use crate::github::{Connection, GitHub, Pace};
use crate::settings::{DatabaseFlags, GitHubFlags, GitHubSettings};
use crate::trail::reconcile::{Finding, Report, reconcile};

/// How far back is looked when nothing is said.
const USUAL: Duration = Duration::from_hours(90 * 24);

/// Compare GitHub's own deployments to guarded environments with the log: those made behind the bot's back are found.
///
/// Reads GitHub with the App's credentials, as `serve` does, and the database; changes neither. Exits with 0 when
/// everything fits, with 1 when something does not, with 2 when not everything could be read, and with 3 when nothing could.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reconcile {
    #[command(flatten)]
    database: DatabaseFlags,

    #[command(flatten)]
    github: GitHubFlags,

    /// From when on, such as 2026-11-21 [default: 90 days ago]
    #[arg(long, value_name = "DATE", value_parser = date)]
    since: Option<Timestamp>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let GitHubSettings { api_url, app_id, private_key: key } = self.github.read()?;
        let clock = Clock::System;
        let since = self.since.unwrap_or(Timestamp(clock.now().0 - i64::try_from(USUAL.as_millis())?));
        let github = GitHub::connect(Connection { api_url, app_id, key, clock, pace: Pace::default() })?;
        let url = self.database.url()?;
        let db =
            ReadOnly::open(url.expose_secret()).await.context("the database cannot be opened to read")?;
        let compared =
            async { anyhow::Ok(reconcile(&github.reader(), &mut db.moment().await?, app_id, since).await?) }
                .await;
        db.close().await;
        let report = compared.context("nothing could be compared")?;
        say(&if self.json {
            format!("{}\n", serde_json::to_string(&report)?)
        } else {
            sentences(&report, since)
        });
        Ok(exit_code(&report))
    }
}

fn date(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .or_else(|_| Timestamp::parse(&format!("{text}T00:00:00Z")))
        .map_err(|_| "write a date such as 2026-11-21, or a moment such as 2026-11-21T09:00:00Z".to_owned())
}

fn exit_code(report: &Report) -> ExitCode {
    match (report.findings.is_empty(), report.unread.is_empty()) {
        (false, _) => ExitCode::from(1),
        (true, false) => ExitCode::from(2),
        (true, true) => ExitCode::SUCCESS,
    }
}

fn sentences(report: &Report, since: Timestamp) -> String {
    let findings = report.findings.iter().map(finding);
    let unread = report.unread.iter().map(|what| format!("NOT READ: {what}\n"));
    let sum = format!(
        "RECONCILED: {} deployments to guarded environments of {} repositories since {since}: {} findings, {} not read\n",
        report.deployments,
        report.repositories,
        report.findings.len(),
        report.unread.len()
    );
    findings.chain(unread).chain([sum]).collect()
}

/// What comes from GitHub is shown with its control characters escaped.
fn finding(finding: &Finding) -> String {
    let Finding { repository, deployment, why, environment, commit, creator, at, url } = finding;
    format!(
        "FINDING: deployment {deployment} of {} to {} in {repository}, by {} at {at}: {why}. {}\n",
        commit.as_deref().unwrap_or("an unknown commit"),
        environment.escape_debug(),
        creator.as_deref().unwrap_or("the bot, as the log says"),
        url.as_deref().unwrap_or_default().escape_debug(),
    )
}
