//! One artifact: fetched into a file that has no name, and read from there.

use std::collections::BTreeMap;

use tokio::fs::File;

use super::workflow_of;
use crate::db::report::{Packed, pack};
use crate::github;
use crate::github::read::{Artifact, Downloaded, Job, Run};
use crate::ids::Repo;
use crate::report::upload::{Upload, Uploaded, read, refused};
use crate::report::{Limits, Origin, Others, PassedOver, Way};
use crate::worker::{Error, Workers};

/// The largest zip that is fetched, in bytes.
const LARGEST: u64 = 512 << 20;

/// What the artifacts of a run held.
#[derive(Debug, Default)]
pub(super) struct Artifacts {
    /// The names of all of them.
    pub(super) names: Vec<String>,
    /// The reports in them.
    pub(super) reports: Vec<Packed>,
    /// What else was in them.
    pub(super) passed_over: Vec<PassedOver>,
}

impl Workers {
    /// Every report in the artifacts of a run's newest attempt, and the names of all of these. However many
    /// artifacts there are, no more findings are kept of all of them than of one.
    pub(super) async fn artifacts_of(&self, repo: &Repo, run: &Run) -> Result<Artifacts, Error> {
        let mut all = Artifacts::default();
        let mut limits = Limits::default();
        let listed = self.app.reader.artifacts(repo, run.id).await?;
        // Only for artifacts of an earlier attempt it matters which jobs were not run again.
        let earlier = listed.iter().any(|artifact| artifact.created_at < run.started_at);
        let jobs =
            if run.attempt > 1 && earlier { self.app.reader.jobs(repo, run.id).await? } else { Vec::new() };
        for artifact in of_this_attempt(listed, run, &jobs) {
            let name = artifact.name.clone();
            let (read, files) = self.artifact(repo, run, artifact, limits).await?;
            let kept: usize = read.iter().map(Packed::findings).sum();
            limits.findings = limits.findings.saturating_sub(kept);
            all.reports.extend(read);
            if files.count > 0 {
                all.passed_over.push(PassedOver { artifact: name.clone(), files });
            }
            all.names.push(name);
        }
        Ok(all)
    }

    async fn artifact(
        &self,
        repo: &Repo,
        run: &Run,
        artifact: Artifact,
        limits: Limits,
    ) -> Result<(Vec<Packed>, Others), Error> {
        let origin = Origin {
            way: Way::Artifact,
            commit: run.head_sha.clone(),
            run: Some(run.id),
            attempt: run.attempt,
            workflow: Some(workflow_of(run)),
            artifact: Some(artifact.name.clone()),
            entry: String::new(),
            sha256: String::new(),
            fork: run.is_foreign(repo.id),
            url: run.html_url.clone(),
            at: self.app.clock.now(),
        };
        let marker = self.app.marker.clone();
        let without = |why: &str| {
            Ok((pack(&artifact.name, &refused(&artifact.name, why, &origin, &marker))?, Others::default()))
        };
        if artifact.expired {
            return without("The artifact has expired. Run the workflow again.");
        }
        if artifact.size_in_bytes > LARGEST {
            return without(TOO_LARGE);
        }
        let file = tempfile::tempfile().map_err(|error| no_room(&error))?;
        let mut into = File::from_std(file.try_clone().map_err(|error| no_room(&error))?);
        match self.app.reader.download(repo, artifact.id, LARGEST, &mut into).await? {
            Downloaded::TooLarge => return without(TOO_LARGE),
            Downloaded::Gone => return without("The artifact is gone. Run the workflow again."),
            Downloaded::Whole(fetched) => check(&artifact, fetched.sha256)?,
        }
        let (name, origin) = (artifact.name.clone(), origin.clone());
        let upload = Upload { file, name: artifact.name.clone(), origin: origin.clone(), limits };
        let (hand, packing) = (self.app.marker.clone(), name.clone());
        let worked = tokio::task::spawn_blocking(move || {
            let Uploaded { reports, others, .. } = read(upload, &hand);
            pack(&packing, &reports).map(|packed| (packed, others))
        });
        if let Ok(read) = worked.await {
            return Ok(read?);
        }
        let broke = pack(&name, &refused(&name, BROKE, &origin, &self.app.marker))?;
        Ok((broke, Others::default()))
    }
}

const TOO_LARGE: &str = "The artifact is larger than 512 MiB, and was not fetched. Upload the reports in an artifact of their own.";
const BROKE: &str = "Reading it broke off; see the server's log.";

/// Those of all attempts are listed together: what is older than this attempt is of another, unless a job left it
/// that succeeded then and was not run again. Of several with one name the newest counts.
fn of_this_attempt(listed: Vec<Artifact>, run: &Run, jobs: &[Job]) -> Vec<Artifact> {
    let kept = |artifact: &Artifact| {
        jobs.iter().any(|job| {
            job.conclusion.as_deref() == Some("success")
                && job.started_at < run.started_at
                && job.started_at <= artifact.created_at
                && job.completed_at.is_some_and(|end| artifact.created_at <= end)
        })
    };
    let mut newest: BTreeMap<String, Artifact> = BTreeMap::new();
    for artifact in listed {
        if run.attempt > 1 && artifact.created_at < run.started_at && !kept(&artifact) {
            continue;
        }
        let older = newest
            .get(&artifact.name)
            .is_none_or(|known| (known.created_at, known.id) < (artifact.created_at, artifact.id));
        if older {
            newest.insert(artifact.name.clone(), artifact);
        }
    }
    newest.into_values().collect()
}

fn check(artifact: &Artifact, sha256: [u8; 32]) -> Result<(), Error> {
    let Some(said) = artifact.digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:")) else {
        return Ok(());
    };
    if said.eq_ignore_ascii_case(&hex::encode(sha256)) {
        return Ok(());
    }
    let why = format!("the bytes of the artifact {} have another hash than GitHub says", artifact.name);
    Err(github::Error::Broken { why }.into())
}

fn no_room(error: &std::io::Error) -> Error {
    let why = format!("there is no room for an artifact here: {error}");
    github::Error::Unreachable { sent: github::Sent::No, why }.into()
}
