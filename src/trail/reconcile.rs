//! GitHub's own deployments against the log.
//!
//! A log proves what it says and cannot prove that it says everything. Who may write to a repository may also
//! deploy past the bot; GitHub remembers that, and here it is found.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::pages::Pages;
use crate::audit::{Decoded, Kind, OpenEnum, OutcomeResult, ReadEntry};
use crate::clock::Timestamp;
use crate::db::{self, Conn};
use crate::github::read::{Deployment, DeploymentStatus};
use crate::github::{self, Reader};
use crate::ids::{CommitSha, DeploymentId, EnvironmentName, Repo, RepoId, RunId};
use crate::policy::{PATH, Policy};

/// The effect that makes a deployment.
const CREATE: &str = "create_deployment";

/// What the log says about one repository.
#[derive(Debug, Clone, Default)]
pub struct Known {
    deployments: BTreeMap<DeploymentId, Made>,
    runs: BTreeMap<RunId, Ran>,
    /// Marks of deployments that were intended and have no outcome yet.
    under_way: BTreeSet<String>,
    environments: BTreeSet<EnvironmentName>,
    /// What entries of kinds that this version does not know tell of.
    unknown: Unknown,
}

/// The deployments, runs and marks that stand in entries of unknown kinds, each with the last such entry.
#[derive(Debug, Clone, Default)]
struct Unknown {
    deployments: BTreeMap<DeploymentId, u64>,
    runs: BTreeMap<RunId, u64>,
    marks: BTreeMap<String, u64>,
}

/// A deployment that the bot made.
#[derive(Debug, Clone)]
struct Made {
    index: u64,
    mark: String,
    to: Target,
    at: Timestamp,
}

/// A run that the bot dispatched.
#[derive(Debug, Clone)]
struct Ran {
    to: Target,
    /// When the log says that its promotion was over.
    ended: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    commit: CommitSha,
    environment: EnvironmentName,
}

/// Why a deployment and the log do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Suspicion {
    /// It was made behind the bot's back.
    #[error("no entry of the log tells of it")]
    Unlogged,
    /// Somebody ran the bot's run again.
    #[error("run {0} made it after its promotion was over: somebody ran it again")]
    RanAgain(RunId),
    /// GitHub's deployment is not what the log says it is.
    #[error("entry {index} names it, but its {what} is another")]
    Other {
        /// The entry.
        index: u64,
        /// What differs.
        what: &'static str,
    },
    /// A newer version wrote down what it is.
    #[error("entry {0} tells of it, whose kind this version does not know: upgrade, and compare again")]
    OfUnknownKind(u64),
    /// The log's deployment is not at GitHub.
    #[error("entry {0} names it, and GitHub does not have it any more")]
    Vanished(u64),
}

/// Something to look into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where, as it is called now.
    pub repository: String,
    /// Which deployment.
    pub deployment: i64,
    /// Why.
    pub why: String,
    /// Where to.
    pub environment: String,
    /// What.
    pub commit: Option<String>,
    /// Who made it, as GitHub says.
    pub creator: Option<String>,
    /// When.
    pub at: String,
    /// Its address in GitHub's API.
    pub url: Option<String>,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// How many repositories were looked at.
    pub repositories: u64,
    /// How many deployments to guarded environments there were.
    pub deployments: u64,
    /// What does not fit.
    pub findings: Vec<Finding>,
    /// What could not be read, so that nothing can be said about it.
    pub unread: Vec<String>,
}

impl Known {
    /// Takes one entry in.
    pub fn learn(&mut self, index: u64, entry: &ReadEntry) {
        self.environments.extend(entry.environment.clone());
        let OpenEnum::Known(kind) = entry.kind else { return self.unknown.learn(index, entry) };
        self.intends(kind, entry);
        let (Some(commit), Some(environment)) = (&entry.commit, &entry.environment) else { return };
        let to = Target { commit: commit.clone(), environment: environment.clone() };
        if let Some(run) = entry.run {
            let ran = self.runs.entry(run).or_insert_with(|| Ran { to: to.clone(), ended: None });
            if matches!(kind, Kind::PromotionSucceeded | Kind::PromotionFailed) {
                ran.ended = Some(entry.observed_at);
            }
        }
        let made = kind.is_outcome() && entry.effect.as_deref() == Some(CREATE);
        if let (true, Some(deployment), Some(mark)) = (made, entry.deployment, &entry.idempotency_key) {
            let at = entry.observed_at;
            self.deployments.insert(deployment, Made { index, mark: mark.clone(), to, at });
        }
    }

    fn intends(&mut self, kind: Kind, entry: &ReadEntry) {
        let Some(mark) = entry.idempotency_key.as_ref().filter(|_| entry.effect.as_deref() == Some(CREATE))
        else {
            return;
        };
        // Of an outcome in a word of tomorrow, nobody here can tell whether it is the end.
        let known = entry.outcome.as_ref().is_some_and(|outcome| {
            outcome.result == OutcomeResult::Succeeded || outcome.result == OutcomeResult::Refused
        });
        if kind == Kind::EffectIntended {
            self.under_way.insert(mark.clone());
        } else if known || entry.outcome.is_none() {
            self.under_way.remove(mark);
        }
    }

    /// Compares one of GitHub's deployments with the log. `statuses` are looked at only when no entry names it.
    ///
    /// # Errors
    /// Why it does not fit.
    pub fn judge(&self, app: i64, seen: &Deployment, statuses: &[DeploymentStatus]) -> Result<(), Suspicion> {
        if let Some(made) = self.deployments.get(&seen.id) {
            return made.compare(app, seen);
        }
        let ours = seen.app_id == Some(app);
        if ours && mark_of(seen).is_some_and(|mark| self.under_way.contains(mark)) {
            return Ok(());
        }
        // A job that names an environment has a deployment of its own, which points at its run.
        let runs = statuses.iter().filter_map(|status| run_in(status.log_url.as_deref()?));
        let mut own = runs.filter_map(|run| Some((run, self.runs.get(&run)?)));
        match own.find(|(_, ran)| ran.to.is_of(seen)) {
            Some((run, Ran { ended: Some(ended), .. })) if seen.created_at.seconds() > ended.seconds() => {
                Err(self
                    .unknown
                    .runs
                    .get(&run)
                    .map_or(Suspicion::RanAgain(run), |of| Suspicion::OfUnknownKind(*of)))
            }
            Some(_) => Ok(()),
            None => Err(self.told_by_unknown(app, seen, statuses).unwrap_or(Suspicion::Unlogged)),
        }
    }

    /// No entry that this version knows tells of it.
    fn told_by_unknown(
        &self,
        app: i64,
        seen: &Deployment,
        statuses: &[DeploymentStatus],
    ) -> Option<Suspicion> {
        let Unknown { deployments, runs, marks } = &self.unknown;
        let ours = mark_of(seen).filter(|_| seen.app_id == Some(app)).and_then(|mark| marks.get(mark));
        let mut own = statuses.iter().filter_map(|status| runs.get(&run_in(status.log_url.as_deref()?)?));
        let entry = deployments.get(&seen.id).or(ours).or_else(|| own.next());
        entry.map(|entry| Suspicion::OfUnknownKind(*entry))
    }

    fn guards(&self, environment: &str) -> bool {
        self.environments.iter().any(|guarded| guarded.as_str().eq_ignore_ascii_case(environment))
    }
}

impl Unknown {
    fn learn(&mut self, index: u64, entry: &ReadEntry) {
        self.deployments.extend(entry.deployment.map(|deployment| (deployment, index)));
        self.runs.extend(entry.run.map(|run| (run, index)));
        self.marks.extend(entry.idempotency_key.clone().map(|mark| (mark, index)));
    }
}

impl Made {
    fn compare(&self, app: i64, seen: &Deployment) -> Result<(), Suspicion> {
        let differs = |what| Err(Suspicion::Other { index: self.index, what });
        if seen.app_id != Some(app) {
            return differs("App");
        }
        if mark_of(seen) != Some(&self.mark) {
            return differs("mark");
        }
        if self.to.is_of(seen) { Ok(()) } else { differs("commit or environment") }
    }
}

impl Target {
    /// GitHub does not tell environments apart by case.
    fn is_of(&self, seen: &Deployment) -> bool {
        seen.commit.as_ref() == Some(&self.commit)
            && self.environment.as_str().eq_ignore_ascii_case(&seen.environment)
    }
}

fn mark_of(seen: &Deployment) -> Option<&str> {
    seen.payload.get("countersign_id")?.as_str()
}

/// The run that a link such as `…/actions/runs/42/job/7` leads to.
fn run_in(url: &str) -> Option<RunId> {
    let (_, rest) = url.split_once("/actions/runs/")?;
    rest.split(['/', '?', '#']).next()?.parse().ok().map(RunId)
}

/// Compares every repository of the log, and every one that the App is installed in, with GitHub.
///
/// # Errors
/// When the log cannot be read, or GitHub does not even say where the App is installed.
pub async fn reconcile(
    reader: &Reader,
    conn: &mut Conn,
    app: i64,
    since: Timestamp,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut known = read_log(conn, &mut report).await?;
    for repo in reader.installed_repositories().await? {
        let mut here = known.remove(&repo.id).unwrap_or_default();
        if let Err(error) = one(reader, &repo, app, since, &mut here, &mut report).await {
            report.unread.push(format!("{}: {error}", repo.name));
        }
        report.repositories += 1;
    }
    let gone = known.into_iter().filter(|(_, known)| !known.deployments.is_empty());
    report
        .unread
        .extend(gone.map(|(repo, _)| format!("repository {repo}: the App is not installed there any more")));
    Ok(report)
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Db(#[from] db::Error),
    /// GitHub does not answer.
    #[error("GitHub does not say where the App is installed")]
    GitHub(#[from] github::Error),
}

async fn read_log(conn: &mut Conn, report: &mut Report) -> db::Result<BTreeMap<RepoId, Known>> {
    let mut known: BTreeMap<RepoId, Known> = BTreeMap::new();
    let mut pages = Pages::of(conn).await?;
    while let Some((_, page)) = pages.next(conn).await? {
        for stored in page {
            let Ok(Decoded { entry, .. }) = Decoded::parse(&stored.body) else {
                report.unread.push(format!("entry {} of the log is not one that can be read", stored.index));
                continue;
            };
            let Some(repo) = entry.repo else { continue };
            known.entry(repo).or_default().learn(stored.index, &entry);
        }
    }
    Ok(known)
}

async fn one(
    reader: &Reader,
    repo: &Repo,
    app: i64,
    since: Timestamp,
    known: &mut Known,
    report: &mut Report,
) -> Result<(), github::Error> {
    match guarded(reader, repo).await? {
        Ok(environments) => known.environments.extend(environments),
        Err(why) => report.unread.push(format!("{}: {why}", repo.name)),
    }
    if known.environments.is_empty() {
        return Ok(());
    }
    let seen = reader.deployments_since(repo, since).await?;
    for deployment in &seen {
        let logged = known.deployments.contains_key(&deployment.id);
        if !logged && !known.guards(&deployment.environment) {
            continue;
        }
        report.deployments += 1;
        let statuses =
            if logged { Vec::new() } else { reader.deployment_statuses(repo, deployment.id).await? };
        match known.judge(app, deployment, &statuses) {
            Ok(()) => {}
            Err(why @ Suspicion::OfUnknownKind(_)) => {
                report.unread.push(format!("{}: deployment {}: {why}", repo.name, deployment.id));
            }
            Err(why) => report.findings.push(Finding::of(repo, deployment, &why)),
        }
    }
    let there: BTreeSet<DeploymentId> = seen.iter().map(|deployment| deployment.id).collect();
    for (id, made) in known.deployments.iter().filter(|(id, made)| made.at >= since && !there.contains(id)) {
        if reader.deployment(repo, *id).await?.is_none() {
            report.findings.push(Finding::vanished(repo, *id, made));
        }
    }
    Ok(())
}

/// The environments that the policy on the default branch names; or why nobody can tell.
async fn guarded(
    reader: &Reader,
    repo: &Repo,
) -> Result<Result<Vec<EnvironmentName>, String>, github::Error> {
    let branch = reader.repository(repo).await?.default_branch;
    let Some(tip) = reader.branch_tip(repo, &branch).await? else { return Ok(Ok(Vec::new())) };
    let Some(file) = reader.file(repo, PATH, tip.as_str()).await? else { return Ok(Ok(Vec::new())) };
    Ok(match Policy::parse(PATH, &file.text) {
        Ok(policy) => Ok(policy.environments.into_keys().collect()),
        Err(_) => {
            Err("its policy has problems (see `countersign policy check`), so what it guards is not known: \
             only the environments of the log were compared"
                .to_owned())
        }
    })
}

impl Finding {
    fn of(repo: &Repo, seen: &Deployment, why: &Suspicion) -> Self {
        Self {
            repository: repo.name.to_string(),
            deployment: seen.id.0,
            why: why.to_string(),
            environment: seen.environment.clone(),
            commit: seen.commit.as_ref().map(ToString::to_string),
            creator: seen.creator.as_ref().map(|creator| creator.login.to_string()),
            at: seen.created_at.to_string(),
            url: seen.url.clone(),
        }
    }

    fn vanished(repo: &Repo, id: DeploymentId, made: &Made) -> Self {
        Self {
            repository: repo.name.to_string(),
            deployment: id.0,
            why: Suspicion::Vanished(made.index).to_string(),
            environment: made.to.environment.to_string(),
            commit: Some(made.to.commit.to_string()),
            creator: None,
            at: made.at.to_string(),
            url: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_from_its_link_only() {
        assert_eq!(run_in("https://github.com/a/b/actions/runs/42/job/7"), Some(RunId(42)));
        assert_eq!(run_in("https://github.com/a/b/actions/runs/42?pr=1"), Some(RunId(42)));
        for other in ["", "https://github.com/a/b/runs/42", "/actions/runs/", "/actions/runs/x42"] {
            assert_eq!(run_in(other), None, "{other}");
        }
    }
}
