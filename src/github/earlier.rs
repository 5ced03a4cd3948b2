//! Looking for what an earlier try of an effect left at GitHub.
//!
//! A mark says what something is, and its author says that it is ours: whoever may write to the repository can read
//! our mark where it stands and leave it a second time.

use std::time::Duration;

use super::perform::MARK;
use super::read::{Deployment, DeploymentStatus, Run as Found};
use super::{Error, Reader};
use crate::clock::Timestamp;
use crate::effect::{DeploymentState, Mark};
use crate::ids::{Actor, CommitSha, DeploymentId, Repo, UserId, WorkflowFile};
use crate::promotion::{Promotion, Run};

/// How far GitHub's clock and ours may be apart.
const SKEW: Duration = Duration::from_mins(5);

/// What a look for an earlier try found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier<T> {
    /// It was done, and left this.
    Found(T),
    /// It was not done: it may be done now.
    Nothing,
    /// Something is there that may be ours and does not say so.
    Unclear(String),
}

/// Whose something is that stands at GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    SomebodyElses,
    /// GitHub does not say.
    Unsaid,
}

impl Whose {
    /// By the account that stands at it. `bot` is our App's.
    fn of(account: Option<&Actor>, bot: UserId) -> Self {
        match account {
            Some(account) if account.id == bot => Self::Ours,
            Some(_) => Self::SomebodyElses,
            None => Self::Unsaid,
        }
    }

    /// By the App that it was made through, where GitHub says that: an App may act in a person's name.
    fn of_deployment(found: &Deployment, app_id: i64, bot: UserId) -> Self {
        match found.app_id {
            Some(app) if app == app_id => Self::Ours,
            Some(_) => Self::SomebodyElses,
            None => Self::of(found.creator.as_ref(), bot),
        }
    }
}

impl Reader {
    /// The deployment that an earlier try of this effect made.
    pub(crate) async fn earlier_deployment(
        &self,
        mark: &Mark,
        promotion: &Promotion,
        app_id: i64,
    ) -> Result<Earlier<DeploymentId>, Error> {
        let (repo, tuple) = (&promotion.repo, &promotion.tuple);
        let bot = self.own_account(repo).await?;
        let found = self.deployments(repo, &tuple.commit, &tuple.environment).await?;
        let marked = found.iter().filter(|found| {
            found.payload.get(MARK).and_then(serde_json::Value::as_str) == Some(mark.as_str())
        });
        let marked = marked.map(|found| (found, Whose::of_deployment(found, app_id, bot)));
        Ok(the_one(marked, "deployment", mark, |found| found.id))
    }

    /// The run that a dispatch under this mark started: by our mark in its title, never "the newest one", and only
    /// if our App started it. Whoever ran it again does not matter.
    ///
    /// A run on the same commit whose title carries no mark may be ours if the workflow does not put
    /// the mark into its `run-name`: then nobody can tell.
    pub(crate) async fn run_of(
        &self,
        repo: &Repo,
        (workflow, commit): (&WorkflowFile, &CommitSha),
        mark: &Mark,
        since: Timestamp,
    ) -> Result<Earlier<Run>, Error> {
        let earliest = Timestamp(since.0.saturating_sub(i64::try_from(SKEW.as_millis()).unwrap_or(0)));
        let bot = self.own_account(repo).await?;
        let runs = self.dispatched_runs(repo, workflow, earliest).await?;
        let whose = |run: &Found| Whose::of(run.actor.as_ref(), bot);
        let marked = runs.iter().filter(|run| title(run).contains(mark.as_str()));
        let marked = the_one(marked.map(|run| (run, whose(run))), "run", mark, |run| Run {
            id: run.id,
            url: run.html_url.clone(),
        });
        if marked != Earlier::Nothing {
            return Ok(marked);
        }
        let unmarked = runs.iter().find(|run| {
            run.head_sha == *commit && !Mark::is_in(title(run)) && whose(run) != Whose::SomebodyElses
        });
        Ok(match unmarked {
            Some(run) => Earlier::Unclear(format!(
                "Run {} of {workflow} may be the one that was asked for, and its title does not say so: put ${{{{ inputs.{MARK} }}}} into the workflow's run-name.",
                run.id
            )),
            None => Earlier::Nothing,
        })
    }

    /// Whether we told a deployment this already.
    pub(crate) async fn status_is_set(
        &self,
        repo: &Repo,
        deployment: DeploymentId,
        (state, description): (DeploymentState, &str),
    ) -> Result<bool, Error> {
        let bot = self.own_account(repo).await?;
        let says_it = |status: &DeploymentStatus| {
            status.state == state.as_str()
                && status.description == description
                && Whose::of(status.creator.as_ref(), bot) == Whose::Ours
        };
        Ok(self.deployment_statuses(repo, deployment).await?.iter().any(says_it))
    }
}

fn title(run: &Found) -> &str {
    run.display_title.as_deref().unwrap_or_default()
}

/// Of all that carries a mark, what is ours. There is one at most, since nobody asks twice without having looked; where
/// more are found, or one of which GitHub does not say whose it is, nobody can tell which of them counts.
fn the_one<'a, T: 'a, R>(
    marked: impl Iterator<Item = (&'a T, Whose)>,
    what: &str,
    mark: &Mark,
    read: impl Fn(&'a T) -> R,
) -> Earlier<R> {
    let mut perhaps = marked.filter(|(_, whose)| *whose != Whose::SomebodyElses);
    match (perhaps.next(), perhaps.next()) {
        (None, _) => Earlier::Nothing,
        (Some((found, Whose::Ours)), None) => Earlier::Found(read(found)),
        (Some(_), None) => {
            Earlier::Unclear(format!("GitHub does not say who made the {what} with the mark {mark}."))
        }
        (Some(_), Some(_)) => Earlier::Unclear(format!("More than one {what} carries the mark {mark}.")),
    }
}
