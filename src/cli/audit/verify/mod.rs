//! `countersign audit verify`

use std::collections::VecDeque;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::audit::{Fault, Hash, LogVerifier, Verified, Verifier};
use crate::cli::say;
use crate::db::{self, Conn, ReadOnly, audit};
use crate::settings::{DatabaseFlags, LogFlags, LogSettings};

/// How many rows are read at once: memory does not grow with the log.
const PAGE: i64 = 1000;

/// Recompute the whole log from its first entry, and compare it with every checkpoint that was signed.
///
/// The database is only read. Exits with 0 when the log holds, with 1 when it was tampered with (the first bad entry is
/// named), with 2 when there is no signed entry, and with 3 when it could not be checked.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    #[command(flatten)]
    database: DatabaseFlags,

    #[command(flatten)]
    log: LogFlags,

    /// The log's verifier key, NAME+ID+KEY, as GET /log/key gave it; best kept from an earlier day [default: that of the key file]
    #[arg(long, value_name = "VKEY")]
    key: Option<Verifier>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What came out.
#[derive(Debug)]
enum Verdict {
    Holds(Verified),
    Tampered { index: u64, why: String },
    Empty,
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let verifier = match &self.key {
            Some(key) => key.clone(),
            None => own_key(&LogSettings::read(&self.log)?)?,
        };
        let verdict = self.verdict(&verifier).await?;
        say(&if self.json { verdict.json(&verifier) } else { verdict.sentences(&verifier) });
        Ok(verdict.exit_code())
    }

    /// Verifies the log as it is at this moment.
    async fn verdict(&self, verifier: &Verifier) -> anyhow::Result<Verdict> {
        let url = self.database.url()?;
        let db =
            ReadOnly::open(url.expose_secret()).await.context("the database cannot be opened to read")?;
        let verdict = async { verify(&mut db.moment().await?, verifier.clone()).await }.await;
        db.close().await;
        verdict.context("the log cannot be read (`countersign migrate` makes its tables, `serve` does, too)")
    }
}

/// Feeds the log to the verifier, in the order of its indexes.
async fn verify(conn: &mut Conn, verifier: Verifier) -> db::Result<Verdict> {
    let Some(newest) = audit::latest_checkpoint(conn).await? else {
        return if audit::entries_from(conn, 0, 1).await?.is_empty() {
            Ok(Verdict::Empty)
        } else {
            Ok(Verdict::Tampered { index: 0, why: "it stands under no signed checkpoint".to_owned() })
        };
    };
    let mut log = LogVerifier::new(verifier);
    match feed(conn, &mut log).await? {
        Ok(()) => Ok(log.finish(&newest).map_or_else(Verdict::from, Verdict::Holds)),
        Err(verdict) => Ok(verdict),
    }
}

async fn feed(conn: &mut Conn, log: &mut LogVerifier) -> db::Result<Result<(), Verdict>> {
    let mut checkpoints = Checkpoints::default();
    let mut next = 0;
    loop {
        let page = audit::entries_from(conn, next, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            while let Some(note) = checkpoints.up_to(conn, next).await? {
                if let Err(fault) = log.checkpoint(&note) {
                    return Ok(Err(fault.into()));
                }
            }
            let Ok(stored) = Hash::from_slice(&entry.leaf_hash) else {
                let why = "the hash stored beside it is no hash".to_owned();
                return Ok(Err(Verdict::Tampered { index: next, why }));
            };
            if let Err(fault) = log.entry(entry.index, &entry.body, Some(stored)) {
                return Ok(Err(fault.into()));
            }
            next = entry.index + 1;
        }
    }
    while let Some(note) = checkpoints.up_to(conn, u64::MAX).await? {
        if let Err(fault) = log.checkpoint(&note) {
            return Ok(Err(fault.into()));
        }
    }
    Ok(Ok(()))
}

/// The stored checkpoints, read a page at a time.
#[derive(Default)]
struct Checkpoints {
    page: VecDeque<(u64, String)>,
    last: u64,
    ended: bool,
}

impl Checkpoints {
    /// The next one, if it is of at most so many entries.
    async fn up_to(&mut self, conn: &mut Conn, entries: u64) -> db::Result<Option<String>> {
        if self.page.is_empty() && !self.ended {
            self.page = audit::checkpoints_after(conn, self.last, PAGE).await?.into();
            self.ended = self.page.is_empty();
        }
        if self.page.front().is_none_or(|(size, _)| *size > entries) {
            return Ok(None);
        }
        let next = self.page.pop_front();
        self.last = next.as_ref().map_or(self.last, |(size, _)| *size);
        Ok(next.map(|(_, note)| note))
    }
}

impl From<Fault> for Verdict {
    fn from(fault: Fault) -> Self {
        Self::Tampered { index: fault.index, why: fault.flaw.to_string() }
    }
}

impl Verdict {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Holds(_) => ExitCode::SUCCESS,
            Self::Tampered { .. } => ExitCode::from(1),
            Self::Empty => ExitCode::from(2),
        }
    }

    fn sentences(&self, verifier: &Verifier) -> String {
        match self {
            Self::Holds(log) => holds(log, verifier),
            Self::Tampered { index, why } => format!(
                "TAMPERED at entry {index}: {why}\n\
                 What stands before entry {index} holds; nothing from there on can be believed.\n\
                 Checked with {verifier}\n"
            ),
            Self::Empty => "EMPTY: there is no entry, and so nothing to verify.\n".to_owned(),
        }
    }

    fn json(&self, verifier: &Verifier) -> String {
        let mut value = match self {
            Self::Holds(log) => json!({
                "result": "verified",
                "entries": log.entries,
                "root": log.root.to_string(),
                "checkpoints": log.checkpoints,
                "kinds": kinds(log),
                "open_intents": log.open_intents,
                "last_observed": log.last_observed.map(|moment| moment.to_string()),
            }),
            Self::Tampered { index, why } => json!({ "result": "tampered", "index": index, "why": why }),
            Self::Empty => json!({ "result": "empty", "entries": 0 }),
        };
        if let Value::Object(object) = &mut value {
            object.insert("key".to_owned(), json!(verifier.to_string()));
        }
        format!("{value}\n")
    }
}

fn holds(log: &Verified, verifier: &Verifier) -> String {
    let kinds: Vec<String> =
        log.kinds.iter().map(|(kind, count)| format!("{} {count}", kind.as_str())).collect();
    let last = log.last_observed.map_or_else(String::new, |moment| format!(", the last of {moment}"));
    let open = match log.open_intents.as_slice() {
        [] => "every intent has one outcome".to_owned(),
        open => format!("intents without an outcome yet: {open:?}"),
    };
    format!(
        "VERIFIED: {} entries{last}, under {} signed checkpoints\n\
         Root:    {}\nKinds:   {}\nEffects: {open}\nKey:     {verifier}\n",
        log.entries,
        log.checkpoints,
        log.root,
        kinds.join(", "),
    )
}

fn kinds(log: &Verified) -> Value {
    log.kinds
        .iter()
        .map(|(kind, count)| (kind.as_str().to_owned(), json!(count)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The key of this machine's own log; never made here.
fn own_key(settings: &LogSettings) -> anyhow::Result<Verifier> {
    let file: &Path = &settings.key_file;
    if !file.exists() {
        bail!(
            "there is no key to verify with: give --key VKEY (GET /log/key shows it), or name the log's key \
             file in COUNTERSIGN_LOG_KEY_FILE ({} does not exist)",
            file.display()
        );
    }
    Ok(settings.key()?.verifier())
}

#[cfg(test)]
mod tests;
