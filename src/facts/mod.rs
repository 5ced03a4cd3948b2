//! Gathering the facts for one decision, fresh from GitHub and from our own records.
//!
//! Whatever cannot be read is an error, so that nothing is ever decided from half of the facts. Nothing is written
//! here: what is [`Missing`] for a better answer is told, and whoever decides stores the wish for it.

mod checks;
mod contributors;
mod origin;
mod judged;
mod people;
mod policy_file;
mod scans;
mod signatures;
mod unfinished;

use futures_util::try_join;

use crate::app::App;
use crate::db::{self, promotion};
use crate::github;
use crate::github::read::Run;
use crate::ids::{PromotionId, Repo, RunId};
use crate::policy::facts::{Facts, Tuple, Vote};
use crate::policy::{Environment, Rules, principals};

pub use judged::judged;
pub use origin::still_points_at;
pub use people::{person, role_of};
pub use policy_file::{Loaded, PolicyFile, read_policy};
pub use scans::finished_runs;

/// Why facts could not be gathered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// GitHub did not tell what had to be known.
    #[error(transparent)]
    GitHub(#[from] github::Error),
    /// The database could not be read.
    #[error(transparent)]
    Db(#[from] db::Error),
}

/// What was read.
pub type Result<T> = std::result::Result<T, Error>;

/// What a decision looks at, and what was not there for it.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// Everything, as it is now.
    pub facts: Facts,
    /// What is to be fetched before another look.
    pub missing: Missing,
}

/// What GitHub has of a commit and nobody has asked to be read: an event that got lost, most of the time.
#[derive(Debug, Clone, Default)]
pub struct Missing {
    /// Runs that have finished, each with its attempt.
    pub runs: Vec<(RunId, i64)>,
}

/// Everything a decision about this promotion looks at, as it is now.
pub async fn gather(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    loaded: &Loaded,
    environment: &Environment,
) -> Result<Gathered> {
    let asked = principals(environment);
    let origin = origin::find(app, repo, tuple, loaded, environment);
    let requester = person(app, repo, &tuple.requester, &asked);
    let runs = runs(app, repo, tuple, environment).await?;
    let about = (tuple, environment);
    let workflows = checks::workflows(repo, about, &runs);
    let checks = checks::checks(app, repo, about, &runs);
    // Boxed, since all of them at once would make every handler's future large.
    let reports = scans::tally(app, repo, (&tuple.commit, &runs), (loaded, environment));
    let read = Box::pin(async { try_join!(origin, requester, checks, reports) });
    let (found, requester, checks, (scans, missing)) = read.await?;
    let contributors = contributors::of(app, repo, tuple, loaded, found.pull.as_ref()).await?;

    let mut conn = app.db.read().await?;
    let mut live = std::collections::BTreeMap::new();
    for earlier in environment.require.after.keys() {
        let times = promotion::live_spans(&mut conn, repo.id, earlier, &tuple.commit).await?;
        live.insert(earlier.clone(), times);
    }
    let cast = promotion::votes(&mut conn, tuple.promotion).await?;
    let open = promotion::open(&mut conn, repo.id).await?;
    drop(conn);

    let mut votes = Vec::with_capacity(cast.len());
    for (voter, choice, at) in cast {
        votes.push(Vote { voter: person(app, repo, &voter, &asked).await?, choice, at });
    }
    let busy: Option<PromotionId> = open
        .iter()
        .filter(|other| other.id() != tuple.promotion && other.tuple.environment == tuple.environment)
        .find(|other| other.state.is_under_way())
        .map(crate::promotion::Promotion::id);

    let facts = Facts {
        rules: Rules::CURRENT,
        tuple: tuple.clone(),
        policy_now: Some(loaded.file.blob.clone()),
        origin: found.origin,
        requester,
        dispatch_ref: found.dispatch_ref,
        workflows,
        checks,
        scans,
        live,
        contributors,
        votes,
        busy,
    };
    Ok(Gathered { facts, missing })
}

/// Every workflow run on the commit, where the environment asks for anything that hangs on them.
async fn runs(app: &App, repo: &Repo, tuple: &Tuple, environment: &Environment) -> Result<Vec<Run>> {
    let require = &environment.require;
    if require.workflows.is_empty() && require.checks.is_empty() && require.scans.is_none() {
        return Ok(Vec::new());
    }
    Ok(app.reader.workflow_runs_of(repo, &tuple.commit).await?)
}
