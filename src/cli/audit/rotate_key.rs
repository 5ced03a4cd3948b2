//! `countersign audit rotate-key`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::audit::LogKey;
use crate::cli::say;
use crate::clock::Clock;
use crate::db::rotation::{Rotated, rotate};
use crate::settings::{DatabaseFlags, LogFlags, LogSettings};

/// Replace the key that signs the log. The log itself says so, under a checkpoint that both keys sign.
///
/// With SQLite, stop the server first. Replicas on PostgreSQL may run: they go on with the old key until they
/// are started with both.
#[derive(Debug, Args)]
pub(in crate::cli) struct RotateKey {
    #[command(flatten)]
    database: DatabaseFlags,

    #[command(flatten)]
    log: LogFlags,

    /// The file of the new key; made with mode 0600 if there is none
    #[arg(long, value_name = "FILE")]
    new_key_file: PathBuf,
}

impl RotateKey {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = LogSettings::read(&self.log)?;
        let name = settings.origin.key_name();
        let old = LogKey::read(&settings.key_file, name)?;
        let new = LogKey::load_or_create(&self.new_key_file, name)?;
        if old.verifier() == new.verifier() {
            bail!("{} holds the key that signs the log now: name another file", self.new_key_file.display());
        }
        let url = self.database.url()?;
        let rotated =
            rotate(url.expose_secret(), (old, new), settings.high_water.clone(), Clock::System.now());
        say(&self.told(&settings, &rotated.await.context("the key was not replaced")?));
        Ok(ExitCode::SUCCESS)
    }

    fn told(&self, settings: &LogSettings, rotated: &Rotated) -> String {
        let since = match rotated.entry {
            Some(index) => format!("Entry {index} of the log hands it over to a new key"),
            None => "The log is signed by this key already".to_owned(),
        };
        format!(
            "{since}:\n\n  {}\n\nStart the server with both keys:\n\n  \
             COUNTERSIGN_LOG_KEY_FILE={}\n  COUNTERSIGN_LOG_OLD_KEY_FILE={}\n\n\
             When everybody who checks the log has the new verifier key, leave COUNTERSIGN_LOG_OLD_KEY_FILE out and\n\
             destroy the old key. Keep its verifier key: with it the log is checked from its first entry.\n",
            rotated.verifier,
            self.new_key_file.display(),
            settings.key_file.display(),
        )
    }
}
