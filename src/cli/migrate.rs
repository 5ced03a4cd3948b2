//! `countersign migrate`

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;

use super::{UNABLE, complain, say};
use crate::db;
use crate::settings::DatabaseFlags;

/// Bring the database's schema up to date, and do nothing else. `serve` does so when it starts.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseFlags,
}

impl Migrate {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let url = match self.database.url() {
            Ok(url) => url,
            Err(error) => {
                complain(&format!("countersign: {error}\n"));
                return Ok(ExitCode::from(UNABLE));
            }
        };
        db::migrate(url.expose_secret()).await.context("the schema is not up to date")?;
        say("The schema is up to date.\n");
        Ok(ExitCode::SUCCESS)
    }
}
