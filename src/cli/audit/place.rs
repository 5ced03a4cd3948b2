//! Where the log is that a command reads.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::db::ReadOnly;
use crate::github::Secret;
use crate::settings::{DatabaseFlags, ReaderFlags};
use crate::trail::LogSource;

/// A folder, a URL, or a database.
#[derive(Debug, Args)]
pub(in crate::cli) struct Place {
    /// The folder of an export, or the URL of a log, such as `https://countersign.example.com/log` [default: the database]
    #[arg(value_name = "DIR|URL", conflicts_with = "database_url")]
    pub(super) copy: Option<String>,

    #[command(flatten)]
    pub(super) database: DatabaseFlags,

    #[command(flatten)]
    reader: ReaderFlags,
}

impl Place {
    /// The copy that was named.
    pub(super) fn copy(&self) -> anyhow::Result<Option<LogSource>> {
        let Some(copy) = &self.copy else { return Ok(None) };
        let token: Option<Secret> = self.reader.token()?;
        LogSource::at(copy, token).map(Some).with_context(|| format!("{copy} cannot be read"))
    }
}

/// Opens a database to read it.
pub(super) async fn read_only(flags: &DatabaseFlags) -> anyhow::Result<ReadOnly> {
    let url = flags.url()?;
    ReadOnly::open(url.expose_secret()).await.context("the database cannot be opened to read")
}

/// What is said when a database has no log to read.
pub(super) const NO_TABLES: &str =
    "the log cannot be read (`countersign migrate` makes its tables, `serve` does, too)";

/// Reads a small file whole; what is larger than any such file is refused.
pub(super) fn read_small(path: &PathBuf, largest: u64) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let shown = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("{shown} cannot be read"))?;
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes).with_context(|| format!("{shown} cannot be read"))?;
    anyhow::ensure!(bytes.len() as u64 <= largest, "{shown} is larger than {largest} bytes");
    Ok(bytes)
}
