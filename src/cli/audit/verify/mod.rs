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
use crate::audit::{Checkpoint, Unsatisfied, Verifier, WitnessPolicy};
use crate::cli::say;
use crate::clock::{Clock, Timestamp};
use crate::db::{ReadOnly, tile};
use crate::trail::epochs::{self, Earlier};
use crate::trail::{self, LogSource, Verdict};
use verdict::Answer;

/// No checkpoint is larger, in bytes.
const LARGEST_CHECKPOINT: u64 = 1_000_000;

/// Recompute the whole log from the bytes of its entries, and compare it with everything that was signed.
///
/// The log is only read. Exits with 0 when it holds, with 1 when it was tampered with (the first bad entry is named), with
/// 2 when something is missing, nothing is signed, it is older than --max-age or this version lacks a rule that would
/// have to be checked, and with 3 when it could not be checked. Entries of kinds that a newer version added are counted
/// and named; they are checked as all others are, and end with 2 only with --strict.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    key: KeyFlags,

    /// A checkpoint of the log from an earlier day: what it vouched for must be the beginning of what is there now
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,

    /// A policy (c2sp.org/tlog-policy): its witnesses must have signed the newest checkpoint, and its log's key is trusted
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// The newest entry must not be older than this, such as 1h, 90m or 2d
    #[arg(long, value_name = "AGE", value_parser = age)]
    max_age: Option<Duration>,

    /// End with 2 if there are entries of kinds that this version does not know
    #[arg(long)]
    strict: bool,

    /// Print one JSON object; of a database with several epochs, one for each
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let by = By {
            since: self.since.as_ref().map(earlier).transpose()?,
            policy: self.policy.as_ref().map(policy).transpose()?,
        };
        let answers = if let Some(mut copy) = self.place.copy()? {
            vec![self.copy(&mut copy, &by).await?]
        } else {
            let db = read_only(&self.place.database).await?;
            let answers = self.database(&db, &by).await;
            db.close().await;
            answers?
        };
        for answer in &answers {
            say(&if self.json { answer.json() } else { answer.sentences() });
        }
        Ok(ExitCode::from(answers.iter().map(Answer::exit_code).fold(0, worst)))
    }

    async fn copy(&self, copy: &mut LogSource, by: &By) -> anyhow::Result<Answer> {
        let trusted = self.key.for_log(copy, by.policy.as_ref()).await?;
        self.answer(copy, trusted, by).await.context("the log cannot be read")
    }

    /// Each epoch is a log of its own, with a name of its own and the same key.
    async fn database(&self, db: &ReadOnly, by: &By) -> anyhow::Result<Vec<Answer>> {
        let mut key = self.key.given_or_own()?;
        let there = tile::epochs(&mut db.moment().await.context(NO_TABLES)?).await.context(NO_TABLES)?;
        let (mut answers, mut compared) = (Vec::new(), by.since.is_none());
        let mut earlier = Earlier::new();
        for epoch in if there.is_empty() { vec![0] } else { there } {
            let mut log = LogSource::in_database(db, epoch).await.context(NO_TABLES)?;
            let trusted = Trusted { key: log.key(&key).await.context(NO_TABLES)?, on_first_use: false };
            compared |= by.since.as_ref().is_some_and(|since| since.origin.key_name() == trusted.key.name());
            let name = trusted.key.name().clone();
            let mut answer = self.answer(&mut log, trusted, by).await.context(NO_TABLES)?;
            let mut entries = None;
            if let Some(holds) = answer.verdict.holds() {
                key = holds.log.keys.last().cloned().unwrap_or(key);
                entries = Some(holds.log.entries);
                if epoch > 0
                    && let Some(why) = epochs::contradiction(&mut log, &earlier).await.context(NO_TABLES)?
                {
                    answer.verdict = Verdict::Tampered { index: Some(0), why };
                }
            }
            earlier.insert(name, entries);
            answers.push(answer);
        }
        if let (false, Some(since)) = (compared, &by.since) {
            let why = format!("the log {} of the earlier checkpoint is not in the database", since.origin);
            let trusted = Trusted { key, on_first_use: false };
            answers.push(Answer::new(Verdict::Tampered { index: None, why }, trusted, None, None));
        }
        Ok(answers)
    }

    async fn answer(&self, log: &mut LogSource, trusted: Trusted, by: &By) -> trail::Result<Answer> {
        let mut progress = Progress::new();
        // What is of another epoch is compared with that one.
        let in_database = matches!(log, LogSource::Database(_));
        let same = |since: &&Checkpoint| !in_database || since.origin.key_name() == trusted.key.name();
        let since = by.since.as_ref().filter(same);
        let verdict =
            trail::verify(log, &trusted.key, since, &mut |done, all| progress.show(done, all)).await;
        progress.end();
        let (verdict, unwitnessed) = by.witnessed(verdict?);
        let age = self.max_age.map(|age| (age, Clock::System.now()));
        Ok(Answer::new(verdict, trusted, since.cloned(), age).unwitnessed(unwitnessed).strict(self.strict))
    }
}

/// What a log is compared with beside its own key.
#[derive(Debug, Default)]
struct By {
    since: Option<Checkpoint>,
    policy: Option<WitnessPolicy>,
}

impl By {
    /// A log that holds is believed only if enough witnesses have seen it, too; else says why not.
    fn witnessed(&self, verdict: Verdict) -> (Verdict, Option<String>) {
        let (Some(holds), Some(policy)) = (verdict.holds(), &self.policy) else { return (verdict, None) };
        match policy.open(&holds.note) {
            Ok(_) => (verdict, None),
            // Nobody known signed it, and an entry of an unknown kind may be the reason: the verdict says so.
            Err(Unsatisfied::Checkpoint(_)) if holds.log.vouched < holds.log.entries => (verdict, None),
            Err(why @ Unsatisfied::Quorum { .. }) => (verdict, Some(why.to_string())),
            Err(Unsatisfied::Checkpoint(why)) => {
                let why = format!("the newest checkpoint cannot be believed by the policy: {why}");
                (Verdict::Tampered { index: None, why }, None)
            }
        }
    }
}

/// Whom to trust, as somebody wrote it down.
fn policy(path: &PathBuf) -> anyhow::Result<WitnessPolicy> {
    let text = String::from_utf8(read_small(path, LARGEST_CHECKPOINT)?).context("the policy is not text")?;
    text.parse().with_context(|| format!("{} is no policy", path.display()))
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
