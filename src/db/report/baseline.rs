//! What a commit's reports are compared with: those of the same tools on earlier commits of the default branch.

use std::collections::BTreeSet;

use super::{storable, unpack, word};
use crate::clock::Timestamp;
use crate::db::{Conn, Result, on};
use crate::ids::{CommitSha, RepoId};
use crate::report::{Baseline, Text, Way};

/// What a later attempt of its run has put another in place of, once that attempt was read to its end.
const REPLACED: &str = "EXISTS (SELECT 1 FROM report_run n WHERE n.repo = r.repo AND n.run = r.run AND n.attempt > r.attempt \
         AND n.state = 'read' AND EXISTS (SELECT 1 FROM report l \
             WHERE l.repo = r.repo AND l.run = r.run AND l.attempt = n.attempt AND ((l.way = r.way AND l.bundle = r.bundle) \
             OR (l.tool = r.tool AND l.target = r.target AND l.state = 'ok'))))";

/// For each tool and subject that is wanted, what it said on the nearest of these ancestors on which it has a
/// report to rely on, all of them if there are several. Only runs of that branch itself count, since whoever can
/// open a pull request can have a workflow of their own run on any commit; and no artifact that is `ignored`.
pub async fn baselines(
    conn: &mut Conn,
    repo: RepoId,
    ancestors: &[CommitSha],
    wanted: &BTreeSet<(Text, String)>,
    branch: &str,
    ignored: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<Baseline>> {
    let mut wanted: BTreeSet<(String, String)> =
        wanted.iter().map(|(tool, subject)| (storable(tool), storable(subject))).collect();
    let mut found = Vec::new();
    for commit in ancestors {
        if wanted.is_empty() {
            break;
        }
        let mut here = BTreeSet::new();
        for (run, attempt, way, bundle, part, tool, subject) in reliable(conn, repo, commit, branch).await? {
            let key = (tool, subject);
            if !wanted.contains(&key) || (way == word(Way::Artifact) && ignored(&bundle)) {
                continue;
            }
            here.insert(key);
            let (document, at) = on!(&mut *conn, executor => sqlx::query_as::<_, (Vec<u8>, i64)>(
                "SELECT document, at FROM report WHERE repo = $1 AND commit_sha = $2 AND run = $3 AND attempt = $4 \
                 AND way = $5 AND bundle = $6 AND part = $7")
                .bind(repo.0).bind(commit.as_str()).bind(run).bind(attempt).bind(way).bind(bundle).bind(part)
                .fetch_one(executor).await)?;
            found.push(Baseline {
                report: unpack(commit, &document)?,
                commit: commit.clone(),
                at: Timestamp(at),
            });
        }
        wanted.retain(|key| !here.contains(key));
    }
    Ok(found)
}

/// Where a report stands: its run, attempt, way, bundle and part, and its tool and subject.
type Place = (i64, i64, String, String, i64, String, String);

/// What runs of this branch itself say of a commit and can be relied on, the newest first; nothing where there ever was
/// a tag of that name, whose runs look the same.
async fn reliable(conn: &mut Conn, repo: RepoId, commit: &CommitSha, branch: &str) -> Result<Vec<Place>> {
    Ok(on!(conn, executor => sqlx::query_as::<_, Place>(
        sqlx::AssertSqlSafe(format!("SELECT run, attempt, way, bundle, part, tool, target FROM report r \
         WHERE repo = $1 AND commit_sha = $2 AND state = 'ok' AND fork = 0 AND branch = $3 AND NOT {REPLACED} \
         AND NOT EXISTS (SELECT 1 FROM push p WHERE p.repo = r.repo AND p.ref = $4) \
         ORDER BY at DESC, run DESC, way, bundle, part")))
        .bind(repo.0).bind(commit.as_str()).bind(storable(branch)).bind(format!("refs/tags/{branch}"))
        .fetch_all(executor).await)?)
}
