//! `countersign audit verify`

mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::key::{KeyFlags, Trusted};
use super::place::{NO_TABLES, Place, read_only, read_small};
use super::progress::Progress;
use crate::audit::{Checkpoint, Verifier};
use crate::cli::say;
use crate::clock::{Clock, Timestamp};
use crate::db::{ReadOnly, tile};
use crate::trail::{self, LogSource, Verdict};
use verdict::Answer;

/// No checkpoint is larger, in bytes.
const LARGEST_CHECKPOINT: u64 = 1_000_000;

/// Recompute the whole log from the bytes of its entries, and compare it with everything that was signed.
///
/// The log is only read. Exits with 0 when it holds, with 1 when it was tampered with (the first bad entry is named), with
/// 2 when something is missing, nothing is signed or it is older than --max-age, and with 3 when it could not be checked.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    key: KeyFlags,

    /// A checkpoint of the log from an earlier day: what it vouched for must be the beginning of what is there now
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,

    /// The newest entry must not be older than this, such as 1h, 90m or 2d
    #[arg(long, value_name = "AGE", value_parser = age)]
    max_age: Option<Duration>,

    /// Print one JSON object; of a database with several epochs, one for each
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let since = self.since.as_ref().map(earlier).transpose()?;
        let answers = match self.place.copy()? {
            Some(mut copy) => vec![self.copy(&mut copy, since.as_ref()).await?],
            None => {
                let db = read_only(&self.place.database).await?;
                let answers = self.database(&db, since.as_ref()).await;
                db.close().await;
                answers?
            }
        };
        for answer in &answers {
            say(&if self.json { answer.json() } else { answer.sentences() });
        }
        Ok(ExitCode::from(answers.iter().map(Answer::exit_code).fold(0, worst)))
    }

    async fn copy(&self, copy: &mut LogSource, since: Option<&Checkpoint>) -> anyhow::Result<Answer> {
        let trusted = self.key.for_log(copy).await?;
        self.answer(copy, trusted, since).await.context("the log cannot be read")
    }

    /// Each epoch is a log of its own.
    async fn database(&self, db: &ReadOnly, since: Option<&Checkpoint>) -> anyhow::Result<Vec<Answer>> {
        let mut key = self.key.given_or_own()?;
        let epochs = tile::epochs(&mut db.moment().await.context(NO_TABLES)?).await.context(NO_TABLES)?;
        let mut answers = Vec::new();
        for epoch in if epochs.is_empty() { vec![0] } else { epochs } {
            let mut log = LogSource::in_database(db, epoch).await.context(NO_TABLES)?;
            let trusted = Trusted { key: key.clone(), on_first_use: false };
            let since = since.filter(|since| since.origin.key_name() == key.name());
            let answer = self.answer(&mut log, trusted, since).await.context(NO_TABLES)?;
            if let Verdict::Holds(holds) = &answer.verdict {
                key = holds.log.keys.last().cloned().unwrap_or(key);
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn answer(
        &self,
        log: &mut LogSource,
        trusted: Trusted,
        since: Option<&Checkpoint>,
    ) -> trail::Result<Answer> {
        let mut progress = Progress::new();
        let verdict =
            trail::verify(log, &trusted.key, since, &mut |done, all| progress.show(done, all)).await;
        progress.end();
        let stale = self.max_age.map(|age| (age, Clock::System.now()));
        Ok(Answer::new(verdict?, trusted, since.cloned(), stale))
    }
}

/// An earlier checkpoint, as somebody kept it.
fn earlier(path: &PathBuf) -> anyhow::Result<Checkpoint> {
    let bytes = read_small(path, LARGEST_CHECKPOINT)?;
    let note = String::from_utf8(bytes).ok();
    let claimed = note.as_deref().and_then(Checkpoint::claimed);
    claimed.with_context(|| {
        format!("{} is not a signed checkpoint: name a file that was saved from `checkpoint`", path.display())
    })
}

/// Tampered is worse than incomplete.
fn worst(one: u8, other: u8) -> u8 {
    match (one, other) {
        (1, _) | (_, 1) => 1,
        (one, other) => one.max(other),
    }
}

/// A number and one of s, m, h and d.
fn age(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and s, m, h or d, such as 1h".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number = text.strip_suffix(unit).and_then(|digits| digits.parse::<u64>().ok()).ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
