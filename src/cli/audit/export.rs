//! `countersign audit export`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::key::KeyFlags;
use super::place::{NO_TABLES, read_only};
use crate::cli::{complain, say};
use crate::db::{ReadOnly, tile};
use crate::settings::DatabaseFlags;
use crate::trail::{self, Exported, export};

/// Copy the log into a folder: tiles and entries (c2sp.org/tlog-tiles), the newest checkpoint and the key.
///
/// A folder that holds an earlier export is extended; an export that breaks off leaves the earlier one as it was. The
/// database is only read. Exits with 0 when it is done, with 1 when the folder holds another history than the database
/// tells, with 2 when there is no signed entry, and with 3 when it could not be done.
#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    #[command(flatten)]
    database: DatabaseFlags,

    #[command(flatten)]
    key: KeyFlags,

    /// The folder; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Leave out full tiles of the first SIZE entries, which whoever gets this has already
    #[arg(long, value_name = "SIZE", default_value_t = 0, hide_default_value = true)]
    since: u64,

    /// Also copy what the commitments stand for: who it was, and why. This is personal data
    #[arg(long)]
    disclosures: bool,

    /// Which epoch of the log [default: the newest]
    #[arg(long, value_name = "N")]
    epoch: Option<i64>,
}

impl Export {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let db = read_only(&self.database).await?;
        let exported = self.export(&db).await;
        db.close().await;
        match exported? {
            Ok(Some(exported)) => {
                say(&self.sentence(exported));
                Ok(ExitCode::SUCCESS)
            }
            Ok(None) => {
                say("EMPTY: there is no signed entry, and so nothing to export.\n");
                Ok(ExitCode::from(2))
            }
            Err(trail::Error::OtherHistory(why)) => {
                complain(&format!("NOT EXPORTED: {why}\n"));
                Ok(ExitCode::from(1))
            }
            Err(error) => Err(error).context("the log cannot be exported"),
        }
    }

    async fn export(&self, db: &ReadOnly) -> anyhow::Result<trail::Result<Option<Exported>>> {
        let newest = tile::epochs(&mut db.moment().await?).await.context(NO_TABLES)?.last().copied();
        let what = export::Export {
            out: &self.out,
            epoch: self.epoch.or(newest).unwrap_or_default(),
            key: &self.key.given_or_own()?,
            since: self.since,
            disclosures: self.disclosures,
        };
        Ok(export::export(db, &what).await)
    }

    fn sentence(&self, Exported { entries, before, files }: Exported) -> String {
        let folder = self.out.display();
        let new = entries.saturating_sub(before);
        format!(
            "EXPORTED: {entries} entries to {folder}, {new} of them new, in {files} files. \
             Check it with `countersign audit verify {folder} --key VKEY`.\n"
        )
    }
}
