//! `countersign audit redact`

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::cli::say;
use crate::clock::Clock;
use crate::db::redact::{Erasure, Stays};
use crate::db::{Db, Purpose, ReadOnly};
use crate::ids::UserId;
use crate::settings::{DatabaseFlags, LogFlags, LogSettings};

/// Erase a person: what the log's commitments to them stand for, and what else is kept of them.
///
/// The log stays as it is and verifies; it says `redacted` where the person stood, and a new entry says how much was
/// erased and why, but not of whom. Stop the server first when the database is SQLite. Backups and exported disclosures
/// are yours to erase; what stands at GitHub is GitHub's. Exits with 0 when it is done, and with 3 when it could not be.
#[derive(Debug, Args)]
pub(in crate::cli) struct Redact {
    #[command(flatten)]
    database: DatabaseFlags,

    #[command(flatten)]
    log: LogFlags,

    /// The number of the person's GitHub account, as `gh api users/LOGIN` gives it
    #[arg(long, value_name = "USERID", value_parser = clap::value_parser!(i64).range(1..))]
    subject: i64,

    /// Why, without naming the person, such as the number of their request
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Redact {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = LogSettings::read(&self.log)?;
        let file = &settings.key_file;
        ensure!(
            file.exists(),
            "there is no key to sign with: name it in COUNTERSIGN_LOG_KEY_FILE ({} does not exist)",
            file.display()
        );
        let (key, guarding) = (settings.existing_key()?, settings.guarding(Purpose::GoOn)?);
        let (url, now) = (self.database.url()?, Clock::System.now());
        // Opened to write, a database that is not there would be made.
        ReadOnly::open(url.expose_secret()).await.context("the database cannot be opened")?.close().await;
        let db = Db::open_guarded(url.expose_secret(), key, guarding, now).await;
        let db = db.context("the database cannot be opened to write")?;
        let done = db.redact(UserId(self.subject), self.reason, now).await;
        db.close().await;
        say(&sentences(&done.context("nothing was erased")?));
        Ok(ExitCode::SUCCESS)
    }
}

fn sentences(Erasure { index, erased, stays }: &Erasure) -> String {
    let done = format!(
        "ERASED: {} disclosures, the facts of {} decisions and what {} other rows kept; entry {index} says so\n",
        erased.disclosures, erased.evidence, erased.rows
    );
    let Stays { open_promotions, unfinished, pushes, policies } = *stays;
    let stays = [
        (open_promotions, "promotions are open and name them: finish or cancel them, then run this again"),
        (
            unfinished,
            "deliveries or effects are not done yet: let the server finish them, then run this again",
        ),
        (
            pushes,
            "commits keep the number of the account that pushed them, without which it could approve them itself",
        ),
        (policies, "versions of a policy name their login; the repository's history holds the same files"),
    ];
    let stays = stays.into_iter().filter(|(count, _)| *count > 0);
    std::iter::once(done).chain(stays.map(|(count, what)| format!("STAYS: {count} {what}\n"))).collect()
}
