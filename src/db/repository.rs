//! Repositories: what each is called now and was called before, and how its policy was when it was read last.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, on};
use crate::event::About;
use crate::ids::{BlobSha, InstallationId, Repo, RepoId, RepoName};

/// A repository that was told of within this is not written anew only because it was told of again.
const FRESH: Duration = Duration::from_hours(1);

/// What was found when the policy was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicySeen {
    /// Which version of the file is there; none when there is none.
    pub blob: Option<BlobSha>,
    /// Why it cannot be used; none when it can.
    pub error: Option<String>,
}

/// A repository as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Which, and what it is called now.
    pub repo: Repo,
    /// What else was told of it.
    pub about: About,
    /// Its policy, as it was read last.
    pub policy: PolicySeen,
    /// When we last heard of it.
    pub seen_at: Timestamp,
    /// Since when it is not there any more.
    pub gone_at: Option<Timestamp>,
}

type Row =
    (i64, i64, String, String, Option<i64>, Option<String>, Option<String>, Option<String>, i64, Option<i64>);

/// One repository by its number.
pub async fn find(conn: &mut Conn, id: RepoId) -> Result<Option<Repository>> {
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT id, installation, owner, name, private, default_branch, policy_blob, policy_error, seen_at, gone_at \
         FROM repository WHERE id = $1")
        .bind(id.0).fetch_optional(executor).await)?;
    row.map(parse).transpose()
}

/// Whether there is anything in this that is worth being written.
pub async fn is_news(conn: &mut Conn, repo: &Repo, about: &About, now: Timestamp) -> Result<bool> {
    let Some(known) = find(conn, repo.id).await? else { return Ok(true) };
    let about = About {
        private: about.private.or(known.about.private),
        default_branch: about.default_branch.clone().or_else(|| known.about.default_branch.clone()),
    };
    let same = known.repo == *repo && known.about == about && known.gone_at.is_none();
    Ok(!same || now.since(known.seen_at) >= FRESH)
}

/// Remembers a repository as it was told of. What it was called before stays known.
pub async fn seen(conn: &mut Conn, repo: &Repo, about: &About, at: Timestamp) -> Result<()> {
    let (owner, name) = (repo.name.owner(), repo.name.name());
    on!(&mut *conn, executor => sqlx::query(
        "INSERT INTO former_name (repo, owner, name, until) \
         SELECT id, owner, name, $4 FROM repository WHERE id = $1 AND (owner <> $2 OR name <> $3) \
         ON CONFLICT (repo, owner, name) DO UPDATE SET until = excluded.until")
        .bind(repo.id.0).bind(owner).bind(name).bind(at.0)
        .execute(executor).await.map(|_| ()))?;
    on!(conn, executor => sqlx::query(
        "INSERT INTO repository (id, installation, owner, name, private, default_branch, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (id) DO UPDATE SET installation = excluded.installation, owner = excluded.owner, \
             name = excluded.name, private = COALESCE(excluded.private, repository.private), \
             default_branch = COALESCE(excluded.default_branch, repository.default_branch), \
             seen_at = excluded.seen_at, gone_at = NULL")
        .bind(repo.id.0).bind(repo.installation.0).bind(owner).bind(name).bind(about.private.map(i64::from))
        .bind(about.default_branch.as_ref().map(|branch| branch.as_str().to_owned())).bind(at.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Remembers how the policy was when it was read.
pub async fn policy_read(conn: &mut Conn, id: RepoId, policy: &PolicySeen) -> Result<()> {
    on!(conn, executor => sqlx::query("UPDATE repository SET policy_blob = $2, policy_error = $3 WHERE id = $1")
        .bind(id.0).bind(policy.blob.as_ref().map(|blob| blob.as_str().to_owned())).bind(policy.error.clone())
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// GitHub does not show it to us any more.
pub async fn gone(conn: &mut Conn, id: RepoId, at: Timestamp) -> Result<()> {
    on!(conn, executor => sqlx::query("UPDATE repository SET gone_at = $2 WHERE id = $1 AND gone_at IS NULL")
        .bind(id.0).bind(at.0).execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The repository that is called so, in letters of whatever case; else the last that was.
pub async fn named(conn: &mut Conn, name: &RepoName) -> Result<Option<RepoId>> {
    for sql in [
        "SELECT id FROM repository WHERE LOWER(owner) = LOWER($1) AND LOWER(name) = LOWER($2) ORDER BY seen_at DESC LIMIT 1",
        "SELECT repo FROM former_name WHERE LOWER(owner) = LOWER($1) AND LOWER(name) = LOWER($2) ORDER BY until DESC LIMIT 1",
    ] {
        let row = on!(&mut *conn, executor => sqlx::query_as::<_, (i64,)>(sql)
            .bind(name.owner()).bind(name.name()).fetch_optional(executor).await)?;
        if let Some((id,)) = row {
            return Ok(Some(RepoId(id)));
        }
    }
    Ok(None)
}

/// What every repository is called now.
pub async fn names(conn: &mut Conn) -> Result<BTreeMap<RepoId, RepoName>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String, String)>("SELECT id, owner, name FROM repository")
        .fetch_all(executor).await)?;
    rows.into_iter().map(|(id, owner, name)| Ok((RepoId(id), full_name(id, &owner, &name)?))).collect()
}

fn full_name(id: i64, owner: &str, name: &str) -> Result<RepoName> {
    format!("{owner}/{name}").parse().map_err(|why| Error::impossible("repository", id, why))
}

fn parse(row: Row) -> Result<Repository> {
    let (id, installation, owner, name, private, default_branch, blob, error, seen_at, gone_at) = row;
    let broken = |why: crate::ids::InvalidName| Error::impossible("repository", id, why);
    let name = full_name(id, &owner, &name)?;
    Ok(Repository {
        repo: Repo { id: RepoId(id), name, installation: InstallationId(installation) },
        about: About {
            private: private.map(|private| private != 0),
            default_branch: default_branch.map(|branch| branch.parse()).transpose().map_err(broken)?,
        },
        policy: PolicySeen { blob: blob.map(|blob| blob.parse()).transpose().map_err(broken)?, error },
        seen_at: Timestamp(seen_at),
        gone_at: gone_at.map(Timestamp),
    })
}
