//! `countersign audit replay`

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::cli::say;
use crate::db::ReadOnly;
use crate::settings::DatabaseFlags;
use crate::trail::replay::{Report, Unchecked, replay};

/// Take every decision again, from its stored facts and the policy it names, and report any that would differ.
///
/// The database is only read, and nobody is asked. Exits with 0 when every decision comes out as it was recorded, with 1
/// when some do not, with 2 when something is missing that was not erased or a newer version wrote what this one cannot
/// check, and with 3 when it could not be done. That the log itself holds is what `audit verify` tells.
#[derive(Debug, Args)]
pub(in crate::cli) struct Replay {
    #[command(flatten)]
    database: DatabaseFlags,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let url = self.database.url()?;
        let db =
            ReadOnly::open(url.expose_secret()).await.context("the database cannot be opened to read")?;
        let report = async { replay(&mut db.moment().await?).await }.await;
        db.close().await;
        let report = report.context("the log cannot be read (`countersign migrate` makes its tables)")?;
        say(&if self.json { format!("{}\n", serde_json::to_string(&report)?) } else { sentences(&report) });
        Ok(exit_code(&report))
    }
}

fn exit_code(report: &Report) -> ExitCode {
    match (report.different.is_empty(), report.missing.is_empty() && report.unchecked.is_empty()) {
        (false, _) => ExitCode::from(1),
        (true, false) => ExitCode::from(2),
        (true, true) => ExitCode::SUCCESS,
    }
}

fn sentences(report: &Report) -> String {
    let Report { decisions, same, redacted, different, missing, unchecked } = report;
    let each = different.iter().map(|one| format!("DIFFERENT at entry {}: {}\n", one.index, one.why));
    let lacking = missing.iter().map(|one| format!("MISSING at entry {}: {}\n", one.index, one.what));
    let newer = unchecked.iter().map(|one| {
        let Unchecked { index, why } = one;
        format!(
            "UNCHECKED at entry {index}: this version cannot check it: {why} (upgrade, and replay again)\n"
        )
    });
    let more = match unchecked.len() {
        0 => String::new(),
        count => format!(", {count} cannot be checked by this version"),
    };
    let sum = format!(
        "REPLAYED: {decisions} decisions: {same} come out as recorded, {} differ, {redacted} are redacted, {} lack \
         something{more}\n",
        different.len(),
        missing.len()
    );
    each.chain(lacking).chain(newer).chain([sum]).collect()
}
