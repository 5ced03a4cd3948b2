//! Reports of commits, and the workflow runs whose artifacts are still to be read.

mod baseline;
mod run;

use std::collections::BTreeMap;

use crate::db::{Conn, Error, Result, on, packed};
use crate::ids::{CommitSha, RepoId};
use crate::report::succession::{Fate, Stored, Worth, fate, is_replaced_by};
use crate::report::{Origin, Received, Report, State, Way};

pub use baseline::baselines;
pub use run::{
    Claimed, Finished, any_ready, claim, finish, known_runs, passed_over, read_runs, rescan, try_again,
    unread, want,
};

/// No report is larger than this when it is unpacked, in bytes: so much is never stored.
const MAX_BYTES: usize = 1 << 30;

/// What was uploaded together, and is replaced together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// How it reached us.
    pub way: Way,
    /// The commit it is about.
    pub commit: CommitSha,
    /// The run that made it; 0 for none.
    pub run: i64,
    /// Which attempt of it.
    pub attempt: i64,
    /// The branch whose history the run stands for: only there its reports are baselines.
    pub branch: Option<String>,
    /// What was uploaded, by the names it was uploaded under, also where no report was in it.
    pub names: Vec<String>,
}

/// A report that is ready to be stored. Made beside the transaction, since it takes a while.
#[derive(Debug, Clone)]
pub struct Packed {
    origin: Origin,
    bundle: String,
    tool: String,
    target: String,
    state: &'static str,
    findings: usize,
    text: String,
    document: Vec<u8>,
}

impl Packed {
    /// A report of what was uploaded under this name.
    ///
    /// # Errors
    /// When no JSON can be made of it.
    pub fn new(bundle: &str, received: &Received) -> Result<Self> {
        let Received { report, origin } = received;
        let encode = |why: serde_json::Error| Error::impossible("report", &origin.entry, why);
        let document = serde_json::to_vec(report).map_err(encode)?;
        Ok(Self {
            bundle: storable(bundle),
            tool: storable(&report.tool.name),
            target: storable(&report.subject()),
            state: report.state.as_str(),
            findings: report.findings.len(),
            text: serde_json::to_string(origin).map_err(encode)?,
            document: packed::pack(&document),
            origin: origin.clone(),
        })
    }
}

impl Packed {
    fn as_stored(&self) -> Stored {
        Stored {
            bundle: self.bundle.clone(),
            tool: self.tool.clone(),
            target: self.target.clone(),
            worth: worth(self.state),
            origin: self.origin.clone(),
        }
    }

    /// How many findings are kept in it.
    pub fn findings(&self) -> usize {
        self.findings
    }
}

/// Reports that are ready to be stored, all of one upload.
///
/// # Errors
/// When no JSON can be made of one.
pub fn pack(bundle: &str, reports: &[Received]) -> Result<Vec<Packed>> {
    reports.iter().map(|received| Packed::new(bundle, received)).collect()
}

/// Puts these reports in place of what was uploaded there before under the same names. What is no longer there
/// to be read again stays as it was read, lest deleting an artifact make it vanish: see [`succession`](crate::report::succession).
pub async fn store(conn: &mut Conn, repo: RepoId, bundle: &Bundle, reports: &[Packed]) -> Result<()> {
    let names: Vec<String> = bundle.names.iter().map(|name| storable(name)).collect();
    let again: Vec<Stored> = reports.iter().map(Packed::as_stored).collect();
    let mut free: BTreeMap<String, i64> = BTreeMap::new();
    for (part, stored) in stored_in(conn, repo, bundle).await? {
        if is_replaced_by(&stored, &again, &names) {
            on!(&mut *conn, executor => sqlx::query(
                "DELETE FROM report WHERE repo = $1 AND commit_sha = $2 AND run = $3 AND attempt = $4 AND way = $5 \
                 AND bundle = $6 AND part = $7")
                .bind(repo.0).bind(bundle.commit.as_str()).bind(bundle.run).bind(bundle.attempt).bind(word(bundle.way))
                .bind(&stored.bundle).bind(part)
                .execute(executor).await.map(|_| ()))?;
        } else {
            let next = free.entry(stored.bundle).or_default();
            *next = (*next).max(part + 1);
        }
    }
    for report in reports {
        let part = free.entry(report.bundle.clone()).or_default();
        on!(&mut *conn, executor => sqlx::query(
            "INSERT INTO report (repo, commit_sha, run, attempt, way, bundle, part, tool, target, state, fork, origin, document, at, branch) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")
            .bind(repo.0).bind(bundle.commit.as_str()).bind(bundle.run).bind(bundle.attempt).bind(word(bundle.way))
            .bind(&report.bundle).bind(*part).bind(&report.tool).bind(&report.target).bind(report.state)
            .bind(i64::from(report.origin.fork)).bind(&report.text).bind(&report.document).bind(report.origin.at.0)
            .bind(bundle.branch.as_deref().map(storable))
            .execute(executor).await.map(|_| ()))?;
        *part += 1;
    }
    Ok(())
}

/// What is stored of this attempt of a run, with its place in what was uploaded together.
async fn stored_in(conn: &mut Conn, repo: RepoId, bundle: &Bundle) -> Result<Vec<(i64, Stored)>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String, String, String, String, String)>(
        "SELECT part, bundle, tool, target, state, origin FROM report WHERE repo = $1 AND commit_sha = $2 AND run = $3 \
         AND attempt = $4 AND way = $5")
        .bind(repo.0).bind(bundle.commit.as_str()).bind(bundle.run).bind(bundle.attempt).bind(word(bundle.way))
        .fetch_all(executor).await)?;
    rows.into_iter()
        .map(|(part, name, tool, target, state, origin)| {
            let origin = origin_of(&bundle.commit, &origin)?;
            Ok((part, Stored { bundle: name, tool, target, worth: worth(&state), origin }))
        })
        .collect()
}

fn worth(state: &str) -> Worth {
    match state {
        "ok" => Worth::Whole,
        "partial" => Worth::Part,
        _ => Worth::Nothing,
    }
}

/// Under which names a run has sent reports itself in this attempt.
pub async fn uploads(conn: &mut Conn, repo: RepoId, (run, attempt): (i64, i64)) -> Result<Vec<String>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT DISTINCT bundle FROM report WHERE repo = $1 AND run = $2 AND attempt = $3 AND way = 'upload'")
        .bind(repo.0).bind(run).bind(attempt).fetch_all(executor).await)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Every report of a commit that none has taken the place of. What a later attempt did not bring again stays, with
/// its findings, and satisfies nothing any more: a job that was cancelled has shown nothing better.
pub async fn of_commit(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<Vec<Received>> {
    let rows = on!(&mut *conn, executor => sqlx::query_as::<_, Kept>(
        "SELECT way, bundle, part, tool, target, state, origin FROM report \
         WHERE repo = $1 AND commit_sha = $2 ORDER BY run, attempt, way, bundle, part")
        .bind(repo.0).bind(commit.as_str()).fetch_all(executor).await)?;
    let read = run::read_attempts(conn, repo, commit).await?;
    let (mut all, mut places) = (Vec::new(), Vec::new());
    for (way, bundle, part, tool, target, state, origin) in rows {
        all.push(Stored { bundle, tool, target, worth: worth(&state), origin: origin_of(commit, &origin)? });
        places.push((way, part));
    }
    let fates = all.iter().map(|one| fate(one, &all, &|run, attempt| read.contains(&(run, attempt))));
    let fates: Vec<Fate> = fates.collect();
    let mut received = Vec::new();
    for ((stored, (way, part)), fate) in all.into_iter().zip(places).zip(fates) {
        if fate == Fate::Replaced {
            continue;
        }
        let origin = stored.origin;
        // Of those that count only: a run may have been begun fifty times.
        let (document,) = on!(&mut *conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
            "SELECT document FROM report WHERE repo = $1 AND commit_sha = $2 AND run = $3 AND attempt = $4 \
             AND way = $5 AND bundle = $6 AND part = $7")
            .bind(repo.0).bind(commit.as_str()).bind(origin.run.map_or(0, |run| run.0)).bind(origin.attempt)
            .bind(way).bind(&stored.bundle).bind(part)
            .fetch_one(executor).await)?;
        let mut report = unpack(commit, &document)?;
        if fate == Fate::LeftBehind && report.state.is_ok() {
            report.state = State::Partial { why: LEFT.to_owned() };
        }
        received.push(Received { report, origin });
    }
    Ok(received)
}

/// What is stored of a report beside it, with its place in what was uploaded together.
type Kept = (String, String, i64, String, String, String, String);

const LEFT: &str = "It is of an earlier attempt of its run, and the later one brought none like it. Run all jobs of that workflow again.";

fn unpack(commit: &CommitSha, document: &[u8]) -> Result<Report> {
    let wrong = |why: String| Error::impossible("report", commit, why);
    let json = packed::unpack(document, MAX_BYTES).map_err(wrong)?;
    let mut report: Report = serde_json::from_slice(&json).map_err(|error| wrong(error.to_string()))?;
    // In its JSON each finding has its own.
    report.share();
    Ok(report)
}

fn origin_of(commit: &CommitSha, text: &str) -> Result<Origin> {
    serde_json::from_str(text).map_err(|why| Error::impossible("report", commit, why))
}

/// PostgreSQL takes no NUL in a text.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn word(way: Way) -> &'static str {
    match way {
        Way::Artifact => "artifact",
        Way::Upload => "upload",
        Way::Alerts => "alerts",
    }
}
