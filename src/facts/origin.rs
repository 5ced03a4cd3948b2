//! Where the commit is found now, and what a workflow could be dispatched on.

use crate::app::App;
use crate::facts::{Loaded, Result};
use crate::github::read::{ComparisonStatus, Pull};
use crate::ids::{CommitSha, RefName, Repo};
use crate::policy::facts::{Origin, PullFact, TargetKind, Tuple};
use crate::policy::{Environment, Source};

pub(super) struct Found {
    pub(super) origin: Origin,
    pub(super) dispatch_ref: Option<RefName>,
    pub(super) pull: Option<Pull>,
}

pub(super) async fn find(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    loaded: &Loaded,
    environment: &Environment,
) -> Result<Found> {
    let pull = app.reader.pull(repo, tuple.subject).await?;
    let tag = match &tuple.target {
        TargetKind::Tag(tag) => Some((tag.clone(), app.reader.tag_commit(repo, tag).await?)),
        TargetKind::Head | TargetKind::Sha => None,
    };
    let needed = environment.promote.from.contains(&Source::DefaultBranch);
    let on_default_branch = needed && in_history(app, repo, &loaded.tip, &tuple.commit).await?;
    let origin = Origin { pull: pull.as_ref().map(|pull| fact(pull, repo)), on_default_branch, tag };
    let dispatch_ref = match &environment.deploy {
        Some(_) => dispatch_ref(app, repo, tuple, &loaded.default_branch, pull.as_ref(), &origin).await?,
        None => None,
    };
    Ok(Found { origin, dispatch_ref, pull })
}

fn fact(pull: &Pull, repo: &Repo) -> PullFact {
    PullFact {
        number: pull.number,
        head: pull.head_sha.clone(),
        open: pull.open,
        merged: pull.merged,
        fork: pull.head_repo != Some(repo.id),
    }
}

async fn in_history(app: &App, repo: &Repo, tip: &CommitSha, commit: &CommitSha) -> Result<bool> {
    let comparison = app.reader.compare(repo, tip.as_str(), commit.as_str()).await?;
    Ok(comparison.is_some_and(|found| match found.status {
        ComparisonStatus::Behind | ComparisonStatus::Identical => true,
        ComparisonStatus::Ahead | ComparisonStatus::Diverged => false,
    }))
}

/// `workflow_dispatch` takes a branch or a tag: one that points at this very commit now. Written out in
/// full, since a branch may have a tag's name.
async fn dispatch_ref(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    default_branch: &RefName,
    pull: Option<&Pull>,
    origin: &Origin,
) -> Result<Option<RefName>> {
    if let Some((tag, Some(commit))) = &origin.tag
        && *commit == tuple.commit
    {
        return Ok(format!("refs/tags/{tag}").parse().ok());
    }
    let own_branch = pull.filter(|pull| pull.head_repo == Some(repo.id)).map(|pull| &pull.head_ref);
    for branch in own_branch.into_iter().chain([default_branch]) {
        if app.reader.branch_tip(repo, branch).await?.as_ref() == Some(&tuple.commit) {
            return Ok(format!("refs/heads/{branch}").parse().ok());
        }
    }
    Ok(None)
}

/// Whether a ref, written out in full, points at this commit now.
pub async fn still_points_at(
    app: &App,
    repo: &Repo,
    reference: &RefName,
    commit: &CommitSha,
) -> Result<bool> {
    let named = |name: &str| name.parse::<RefName>().ok();
    let text = reference.as_str();
    let now = match (
        text.strip_prefix("refs/tags/").and_then(named),
        text.strip_prefix("refs/heads/").and_then(named),
    ) {
        (Some(tag), _) => app.reader.tag_commit(repo, &tag).await?,
        (None, Some(branch)) => app.reader.branch_tip(repo, &branch).await?,
        (None, None) => None,
    };
    Ok(now.as_ref() == Some(commit))
}
