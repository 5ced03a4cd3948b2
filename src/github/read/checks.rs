//! What others say about a commit: check runs and commit statuses.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Reader, reading};
use crate::clock::Timestamp;
use crate::github::api::As;
use crate::github::pages::{CheckRunsPage, StatusesPage};
use crate::github::tokens::Access;
use crate::github::wire::{WithId, lenient, maybe_moment};
use crate::github::{Error, path};
use crate::ids::{CheckRunId, CommitSha, Repo};

/// A check run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct CheckRun {
    /// Its id.
    pub id: CheckRunId,
    /// What it is called. Any App may use any name.
    pub name: String,
    /// The App that made it.
    pub app_id: Option<i64>,
    /// What that App is called in URLs.
    pub app_slug: Option<String>,
    /// `queued`, `in_progress`, `completed` or another word.
    pub status: String,
    /// How it ended; none while it has not.
    pub conclusion: Option<String>,
    /// What its App wrote into it for itself.
    pub external_id: Option<String>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// The suite it is in: one for each run of GitHub Actions, one for each other App.
    pub suite: Option<i64>,
}

/// The newest commit status of one context.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// What it is called.
    pub context: String,
    /// `success`, `failure`, `error` or `pending`.
    pub state: String,
}

impl Reader {
    /// Every check run on this commit, those that newer ones took the place of included.
    pub async fn check_runs(&self, repo: &Repo, commit: &CommitSha) -> Result<Vec<CheckRun>, Error> {
        // "all", because "latest" goes by the time of completion: a rerun that has not ended could hide.
        let address = format!("{}/commits/{commit}/check-runs?filter=all&per_page=100", path::of(repo));
        self.api.all::<CheckRunsPage<CheckRun>>(reading(repo), address).await
    }

    /// The newest check run of this name on this commit by each App.
    pub async fn check_runs_named(
        &self,
        repo: &Repo,
        commit: &CommitSha,
        name: &str,
    ) -> Result<Vec<CheckRun>, Error> {
        let (path, name) = (path::of(repo), path::segment(name));
        let address = format!("{path}/commits/{commit}/check-runs?check_name={name}&filter=all&per_page=100");
        Ok(newest(self.api.all::<CheckRunsPage<CheckRun>>(reading(repo), address).await?))
    }

    /// The newest status on this commit of each context.
    ///
    /// Needs the permission `statuses: read`; without it [`Error::Refused`].
    pub async fn statuses(&self, repo: &Repo, commit: &CommitSha) -> Result<Vec<Status>, Error> {
        let address = format!("{}/commits/{commit}/status?per_page=100", path::of(repo));
        self.api.all::<StatusesPage<Status>>(As::Installed(repo, Access::Statuses), address).await
    }
}

/// A higher id was made later.
fn newest(runs: Vec<CheckRun>) -> Vec<CheckRun> {
    let mut newest: BTreeMap<(Option<i64>, String), CheckRun> = BTreeMap::new();
    for run in runs {
        let key = (run.app_id, run.name.clone());
        if newest.get(&key).is_none_or(|known| known.id < run.id) {
            newest.insert(key, run);
        }
    }
    newest.into_values().collect()
}

#[derive(Deserialize)]
struct Wire {
    id: CheckRunId,
    name: String,
    #[serde(default, deserialize_with = "lenient")]
    app: Option<WireApp>,
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default, deserialize_with = "maybe_moment")]
    started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    check_suite: Option<WithId>,
}

#[derive(Deserialize)]
struct WireApp {
    id: i64,
    #[serde(default)]
    slug: Option<String>,
}

impl From<Wire> for CheckRun {
    fn from(wire: Wire) -> Self {
        let (app_id, app_slug) = wire.app.map_or((None, None), |app| (Some(app.id), app.slug));
        Self {
            id: wire.id,
            name: wire.name,
            app_id,
            app_slug,
            status: wire.status,
            conclusion: wire.conclusion,
            external_id: wire.external_id,
            started_at: wire.started_at,
            suite: wire.check_suite.map(|suite| suite.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_26_an_old_green_does_not_hide_a_newer_red() {
        let run = |id, app: i64, conclusion: Option<&str>| -> CheckRun {
            serde_json::from_value(serde_json::json!({
                "id": id, "name": "test", "status": "completed", "conclusion": conclusion, "app": { "id": app }
            }))
            .unwrap()
        };
        let kept =
            newest(vec![run(7, 1, Some("failure")), run(3, 1, Some("success")), run(5, 2, Some("success"))]);
        let kept: Vec<_> = kept.iter().map(|run| (run.app_id, run.conclusion.as_deref())).collect();
        assert_eq!(kept, [(Some(1), Some("failure")), (Some(2), Some("success"))]);
    }
}
