//! Reports: the artifacts of finished workflow runs are fetched, unpacked, read and stored.
//!
//! What cannot be read is stored as well, as a report that says why: it is never taken for one that found
//! nothing. Once they are stored, a delivery of our own tells everybody whom it concerns.

mod alerts;
mod artifact;

use self::artifact::Artifacts;
use crate::clock::{Timestamp, random};
use crate::db::inbox::{self, NewDelivery};
use crate::db::report::{self, Bundle, Claimed, Finished, Packed, pack};
use crate::event::ReportsRead;
use crate::github::read::Run;
use crate::github::{self, Sent};
use crate::ids::{CommitSha, Repo};
use crate::report::upload::refused;
use crate::report::{Origin, Way};
use crate::telemetry::causes;
use crate::worker::inbox::unless_lost;
use crate::worker::{Error, Workers, backoff};

/// The event's name in the inbox; GitHub has none with a dot.
pub(super) const REPORTS_READ: &str = "countersign.reports";
/// After so many tries a run is given up: about three hours.
const TRIES: i64 = 24;
/// After so many when GitHub's answer is not going to change by itself.
const TRIES_AGAINST_A_NO: i64 = 4;
/// How many runs one turn takes: each may be as large as an artifact may be.
const AT_ONCE: i64 = 1;
/// How many leases of other work reading a run takes at most, and how many until somebody else may take it.
const WITHIN: u32 = 6;
const LEASES: u32 = 10;

/// What became of reading a run.
enum Outcome {
    /// These are its reports, and what GitHub itself has of its commit.
    Read(Finished, Vec<(Bundle, Vec<Packed>)>),
    /// A later attempt of it has begun, and only that one counts.
    Superseded(Finished),
    /// There is no such run any more.
    Gone,
}

impl Workers {
    /// One turn; how many runs it took.
    pub(super) async fn read_reports(&self) -> Result<usize, Error> {
        self.turn(
            |conn, now| Box::pin(report::any_ready(conn, now)),
            |tx, now, lease| {
                Box::pin(async move { report::claim(tx.conn().await?, now, lease * LEASES, AT_ONCE).await })
            },
            |_| {},
            |run| self.read_claimed(run),
        )
        .await
    }

    async fn read_claimed(&self, claimed: Claimed) -> Result<(), Error> {
        // Whatever ended the program each time would end it again.
        if claimed.attempts > TRIES + 1 {
            return self
                .give_up(claimed, "Reading its artifacts was begun too often, and never ended.")
                .await;
        }
        let limit = self.lease * WITHIN;
        let read = tokio::time::timeout(limit, Box::pin(self.read_run(&claimed))).await;
        let outcome = read.unwrap_or_else(|_| {
            let why = format!("it took longer than {} seconds", limit.as_secs());
            Err(github::Error::Unreachable { sent: Sent::No, why }.into())
        });
        match outcome {
            Ok(Outcome::Read(finished, bundles)) => self.store(claimed, finished, bundles, None).await,
            Ok(Outcome::Superseded(finished)) => self.pass_over(claimed, finished).await,
            Ok(Outcome::Gone) => self.give_up(claimed, "GitHub no longer knows this workflow run.").await,
            Err(error) => self.could_not_read(claimed, &error).await,
        }
    }

    async fn read_run(&self, claimed: &Claimed) -> Result<Outcome, Error> {
        let Some(run) = self.app.reader.run(&claimed.repo, claimed.run).await? else {
            return Ok(Outcome::Gone);
        };
        let mut finished = Finished {
            commit: run.head_sha.clone(),
            workflow: Some(workflow_of(&run)),
            fork: run.is_foreign(claimed.repo.id),
            passed_over: Vec::new(),
        };
        if run.attempt > claimed.attempt {
            return Ok(Outcome::Superseded(finished));
        }
        if run.attempt < claimed.attempt || run.status != "completed" {
            let why = "GitHub does not show yet that the run has finished".to_owned();
            return Err(github::Error::Unreachable { sent: Sent::No, why }.into());
        }
        let Artifacts { names, reports, passed_over } = self.artifacts_of(&claimed.repo, &run).await?;
        finished.passed_over = passed_over;
        let branch = self.app.reader.branch_of(&claimed.repo, &run).await?;
        let bundle = Bundle {
            way: Way::Artifact,
            commit: run.head_sha.clone(),
            run: run.id.0,
            attempt: run.attempt,
            branch: branch.clone(),
            names,
        };
        let mut bundles = vec![(bundle, reports)];
        bundles.extend(self.alerts_of(&claimed.repo, &run, branch).await?);
        Ok(Outcome::Read(finished, bundles))
    }

    async fn could_not_read(&self, claimed: Claimed, error: &Error) -> Result<(), Error> {
        let (why, now) = (causes(error), self.app.clock.now());
        let at = match error {
            Error::GitHub(github::Error::RetryAt { at, .. }) => Some(*at),
            Error::GitHub(
                github::Error::Refused { .. } | github::Error::Gone | github::Error::Broken { .. },
            ) if claimed.attempts >= TRIES_AGAINST_A_NO => None,
            Error::GitHub(_) if claimed.attempts >= TRIES => None,
            Error::GitHub(_) | Error::Db(_) | Error::Handler(_) => {
                Some(backoff::after(claimed.attempts, now))
            }
        };
        let Some(at) = at else {
            return self.give_up(claimed, &format!("Its artifacts could not be read: {why}.")).await;
        };
        tracing::warn!(run = %claimed.run, attempts = claimed.attempts, why, "the reports are read again at {at}");
        let again = self.app.db.write(move |tx| {
            Box::pin(async move { report::try_again(tx.conn().await?, &claimed, at, &why).await })
        });
        unless_lost(again.await)
    }

    /// A run that cannot be read has a report all the same, which says so.
    async fn give_up(&self, claimed: Claimed, why: &str) -> Result<(), Error> {
        tracing::error!(run = %claimed.run, repo = %claimed.repo.name, why, "the reports of a run are given up");
        // Where nobody knows whose it is, it is ours: it satisfies nothing either way, and a fork's would not count.
        let run = self.app.reader.run(&claimed.repo, claimed.run).await.ok().flatten();
        let fork = run.is_some_and(|run| run.is_foreign(claimed.repo.id));
        let origin = Origin {
            way: Way::Artifact,
            commit: claimed.commit.clone(),
            run: Some(claimed.run),
            attempt: claimed.attempt,
            workflow: None,
            artifact: None,
            entry: String::new(),
            sha256: String::new(),
            fork,
            url: None,
            at: self.app.clock.now(),
        };
        let packed = pack("", &refused("workflow-run", why, &origin, &self.app.marker))?;
        let finished =
            Finished { commit: claimed.commit.clone(), workflow: None, fork, passed_over: Vec::new() };
        let bundle = Bundle {
            way: Way::Artifact,
            commit: claimed.commit.clone(),
            run: claimed.run.0,
            attempt: claimed.attempt,
            branch: None,
            names: Vec::new(),
        };
        self.store(claimed, finished, vec![(bundle, packed)], Some(why.to_owned())).await
    }

    /// The reports, the end of reading the run, and the word of it stand or fall together.
    async fn store(
        &self,
        claimed: Claimed,
        finished: Finished,
        bundles: Vec<(Bundle, Vec<Packed>)>,
        error: Option<String>,
    ) -> Result<(), Error> {
        let now = self.app.clock.now();
        let word = word_of(&claimed.repo, &finished.commit, now);
        let written = self.app.db.write(move |tx| {
            Box::pin(async move {
                let conn = tx.conn().await?;
                report::finish(conn, &claimed, &finished, error.as_deref()).await?;
                for (bundle, reports) in &bundles {
                    report::store(conn, claimed.repo.id, bundle, reports).await?;
                }
                match &word {
                    Some(word) => inbox::insert(conn, word).await,
                    None => Ok(()),
                }
            })
        });
        let written = written.await;
        self.app.db.ring_inbox();
        unless_lost(written)
    }

    async fn pass_over(&self, claimed: Claimed, finished: Finished) -> Result<(), Error> {
        let written = self.app.db.write(move |tx| {
            Box::pin(async move { report::finish(tx.conn().await?, &claimed, &finished, None).await })
        });
        unless_lost(written.await)
    }
}

/// The delivery that tells that reports of this commit were read.
pub fn word_of(repo: &Repo, commit: &CommitSha, now: Timestamp) -> Option<NewDelivery> {
    let read = ReportsRead { repo: repo.clone(), commit: commit.clone() };
    let body = serde_json::to_vec(&read).ok()?;
    // Each time has its own delivery.
    let guid = format!("reports-{}-{}", repo.id, hex::encode(random::<12>())).parse().ok()?;
    let event = REPORTS_READ.to_owned();
    Some(NewDelivery { guid, event, lane: repo.id.0, received_at: now, body: inbox::pack(&body) })
}

/// The workflow's file where it is one of the repository's own, else where it is.
pub fn workflow_of(run: &Run) -> String {
    run.workflow.as_ref().map_or_else(|| run.path.clone(), ToString::to_string)
}
