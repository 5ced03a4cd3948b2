//! The numbers of each commit as it was judged last, for what changes over time.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use crate::clock::Timestamp;
use crate::db::{Conn, Result, evidence, on};
use crate::ids::{CommitSha, PromotionId, RepoId};
use crate::policy::facts::Facts;
use crate::report::{Novelties, Severity, Standing, Tally};

/// One commit's numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanPoint {
    at: Timestamp,
    open: BTreeMap<Severity, Novelties>,
    fixed: Option<BTreeMap<Severity, u64>>,
    /// In percent.
    coverage: Option<f64>,
}

impl ScanPoint {
    /// Of a commit as it is judged.
    pub fn of(standing: &Standing, at: Timestamp) -> Self {
        let mut fixed = BTreeMap::new();
        for problem in standing.fixed.iter().filter(|problem| problem.finding.category.is_security()) {
            *fixed.entry(problem.severity).or_insert(0) += 1;
        }
        Self { fixed: Some(fixed), ..Self::decided(&standing.tally, at) }
    }

    /// Of a commit as it was decided upon: what was fixed then is not among the facts.
    fn decided(tally: &Tally, at: Timestamp) -> Self {
        let coverage = tally.coverage.as_ref().and_then(|coverage| coverage.now.percent());
        Self { at, open: tally.open.clone(), fixed: None, coverage }
    }

    /// Open, new and fixed, of each severity.
    fn counts(&self) -> impl Iterator<Item = (Severity, [Option<i64>; 3])> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Severity::ALL.into_iter().map(move |severity| {
            let open = self.open.get(&severity).copied().unwrap_or_default();
            let all = open.new.saturating_add(open.existing).saturating_add(open.unknown);
            let fixed = self.fixed.as_ref().map(|fixed| fixed.get(&severity).copied().unwrap_or_default());
            (severity, [Some(number(all)), Some(number(open.new)), fixed.map(number)])
        })
    }
}

/// The branch whose history the commit's runs stand for, the default branch first.
const BRANCH: &str = "(SELECT r.branch FROM report r WHERE r.repo = $1 AND r.commit_sha = $2 AND r.branch IS NOT NULL \
     ORDER BY CASE WHEN r.branch = (SELECT default_branch FROM repository WHERE id = $1) THEN 0 ELSE 1 END, r.branch LIMIT 1)";

/// Stores a commit's numbers in place of earlier ones, in the transaction of its judgement.
pub async fn keep(conn: &mut Conn, repo: RepoId, commit: &CommitSha, point: &ScanPoint) -> Result<()> {
    let (mut columns, mut values) = (vec!["coverage".to_owned(), "at".to_owned()], Vec::new());
    for (severity, counts) in point.counts() {
        let name = severity.as_str().to_ascii_lowercase();
        columns.extend(["open", "new", "fixed"].map(|count| format!("{name}_{count}")));
        values.extend(counts);
    }
    let places = (3..columns.len() + 3).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let anew = columns.iter().map(|column| format!("{column} = excluded.{column}")).collect::<Vec<_>>();
    let sql = format!(
        "INSERT INTO scan_point (repo, commit_sha, branch, {}) VALUES ($1, $2, {BRANCH}, {places}) \
         ON CONFLICT (repo, commit_sha) DO UPDATE SET branch = excluded.branch, {} WHERE excluded.at >= scan_point.at",
        columns.join(", "),
        anew.join(", ")
    );
    #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
    let coverage = point.coverage.map(|percent| (percent * 100.0).floor() as i64);
    on!(conn, executor => {
        let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.0).bind(commit.as_str().to_owned());
        let query = query.bind(coverage).bind(point.at.0);
        let query = values.into_iter().fold(query, sqlx::query::Query::bind);
        query.execute(executor).await.map(|_| ())
    })?;
    Ok(())
}

/// What was decided about a promotion from before tells how its commit stood then; nothing where no decision looked
/// at reports, or its facts were erased.
pub(super) async fn from_decisions(conn: &mut Conn, id: PromotionId) -> Result<()> {
    let rows = on!(&mut *conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
        "SELECT body FROM entry WHERE repo = $1 AND promotion = $2 AND kind LIKE 'decision.%' ORDER BY log, idx")
        .bind(id.repo.0).bind(id.number.0).fetch_all(executor).await)?;
    for (entry,) in rows {
        let Some(digest) = facts_of(&entry) else { continue };
        let Some(packed) = evidence::find(conn, &digest).await? else { continue };
        let Some(decided) = evidence::unpack(&packed).and_then(|json| serde_json::from_slice(&json).ok())
        else {
            continue;
        };
        let Decided { at, facts } = decided;
        if let Some(tally) = &facts.scans {
            keep(conn, id.repo, &facts.tuple.commit, &ScanPoint::decided(tally, at)).await?;
        }
    }
    Ok(())
}

/// The facts of a decision, as they are kept.
#[derive(serde::Deserialize)]
struct Decided {
    at: Timestamp,
    facts: Facts,
}

/// Under which digest the facts of an entry are kept.
fn facts_of(entry: &[u8]) -> Option<crate::audit::Digest> {
    let entry: serde_json::Value = serde_json::from_slice(entry).ok()?;
    serde_json::from_value(entry.pointer("/predicate/evaluation/factsSha256")?.clone()).ok()
}
