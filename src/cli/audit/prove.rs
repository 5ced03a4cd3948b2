//! `countersign audit prove`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use super::place::{NO_TABLES, read_only};
use super::show::repo_id;
use crate::audit::{Checkpoint, TlogProof};
use crate::cli::say;
use crate::db::{ReadOnly, tile};
use crate::ids::{PromotionId, PromotionNumber};
use crate::settings::DatabaseFlags;

/// Write the proof that one entry is in the log (c2sp.org/tlog-proof), and the entry beside it.
///
/// `countersign audit check` checks both, without a database and a network. The entry is written to FILE with `.entry`
/// instead of `.tlog-proof` at its end; its bytes are those that were hashed. Exits with 0, with 2 when there is no such
/// entry, and with 3 when it could not be done.
#[derive(Debug, Args)]
pub(in crate::cli) struct Prove {
    #[command(flatten)]
    database: DatabaseFlags,

    /// The entry, by its index
    #[arg(long, value_name = "N", required_unless_present = "promotion", conflicts_with = "promotion")]
    index: Option<u64>,

    /// Of which epoch of the log [default: the newest]
    #[arg(long, value_name = "N", conflicts_with = "promotion")]
    epoch: Option<i64>,

    /// The newest decision about this promotion, such as p7
    #[arg(long, value_name = "pN", requires = "repo")]
    promotion: Option<PromotionNumber>,

    /// The promotion's repository: OWNER/NAME, or its number
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,

    /// Where the proof is written
    #[arg(long, value_name = "FILE.tlog-proof")]
    out: PathBuf,
}

impl Prove {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let beside = self.out.with_extension("entry");
        ensure!(beside != self.out, "{} is where the entry is written: name another file", beside.display());
        let db = read_only(&self.database).await?;
        let proven = self.proof(&db).await;
        db.close().await;
        let Some((proof, entry)) = proven? else {
            say("NOT FOUND: there is no such entry under a signed checkpoint.\n");
            return Ok(ExitCode::from(2));
        };
        write(&beside, &entry)?;
        write(&self.out, proof.to_string().as_bytes())?;
        let (proof_file, beside) = (self.out.display(), beside.display());
        let origin = Checkpoint::claimed(&proof.checkpoint).map(|claimed| claimed.origin);
        let origin =
            origin.context("the newest checkpoint cannot be read: run `countersign audit verify`")?;
        say(&format!(
            "PROVEN: entry {} is in the log {origin}: {proof_file}, and the entry itself in {beside}. \
             Check both with `countersign audit check {proof_file} {beside} --key VKEY`, with the key of {origin}.\n",
            proof.index,
        ));
        Ok(ExitCode::SUCCESS)
    }

    async fn proof(&self, db: &ReadOnly) -> anyhow::Result<Option<(TlogProof, Vec<u8>)>> {
        let Some((epoch, index)) = self.entry(db).await? else { return Ok(None) };
        let mut conn = db.moment().await?;
        let Some((size, _)) = tile::newest_checkpoint(&mut conn, epoch).await? else { return Ok(None) };
        let Some(proof) = tile::proof(&mut conn, epoch, index, size).await? else { return Ok(None) };
        let rows = tile::entries_from(&mut conn, epoch, index, 1).await?;
        Ok(rows.into_iter().find(|row| row.index == index).map(|row| (proof, row.body)))
    }

    /// Which entry: its epoch and its index.
    async fn entry(&self, db: &ReadOnly) -> anyhow::Result<Option<(i64, u64)>> {
        let mut conn = db.moment().await?;
        if let Some(index) = self.index {
            let newest = tile::epochs(&mut conn).await.context(NO_TABLES)?.last().copied();
            return Ok(self.epoch.or(newest).map(|epoch| (epoch, index)));
        }
        drop(conn);
        let (Some(number), Some(repo)) = (self.promotion, &self.repo) else {
            bail!("say which entry: --index N, or --promotion pN --repo OWNER/NAME")
        };
        let promotion = PromotionId { repo: repo_id(db, repo).await?, number };
        Ok(tile::newest_decision(&mut db.moment().await?, promotion).await?)
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written = std::fs::File::create(path).and_then(|mut file| file.write_all(bytes));
    written.with_context(|| format!("{} cannot be written", path.display()))
}
