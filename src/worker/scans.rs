//! The check run of a commit's reports: one for each commit, written anew in place.
//!
//! Only what stands beside lines cannot be taken back: GitHub adds every annotation it is given to those that
//! are there. So each is sent once, in a list that only grows, and the check run says itself how many of the
//! list it has. When one that was sent is no longer true (it was waived, or is not found any more), the list
//! ends, and a new check run of the same name takes the old one's place.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::app::App;
use crate::check_run::CheckStatus;
use crate::check_run::scans::{self, Annotation, Judged, Mark, NAME, Scans, View};
use crate::clock::Timestamp;
use crate::db::judgement::{self, Judgement};
use crate::db::scan_point::{self, ScanPoint};
use crate::db::scans_check::{self, Annotated};
use crate::facts::{Missing, judged};
use crate::github::write::{CheckRunPayload, CheckRunState, MOST_ANNOTATIONS, Output};
use crate::handlers::store::want;
use crate::ids::{CheckRunId, CommitSha, Repo};
use crate::report::{Changed, Standing};
use crate::worker::{Error, Workers};

/// A check run of ours that is there.
#[derive(Debug, Clone, Copy)]
struct Known {
    id: CheckRunId,
    mark: Mark,
}

impl Workers {
    pub(super) async fn write_scans(&self, repo: &Repo, commit: &CommitSha) -> Result<(), Error> {
        let (app, now) = (&self.app, self.app.clock.now());
        let (judged, missing) = Box::pin(judged(app, repo, commit, now)).await?;
        self.want(repo, commit, missing, now).await?;
        let known = self.known_scans(repo, commit).await?;
        // A repository that has nothing to do with reports is not bothered with them.
        if known.is_none() && judged.gates.is_empty() && judged.standing.rows.is_empty() {
            return Ok(());
        }
        self.keep(repo, commit, &judged, now).await?;
        let Judged { standing, gates, annotations } = judged;
        let changed = self.changed(repo, commit, &standing).await?;
        let page = page(app, repo, commit);
        let view = View {
            standing: &standing,
            gates: &gates,
            page: page.as_ref(),
            changed: &changed,
            annotations,
            now,
        };
        let scans = scans::of_commit(&view);
        let payload = payload(&scans, commit, (&standing, page.as_ref()), now);
        self.send_scans(repo, commit, (known, payload), scans.annotations).await
    }

    /// What nobody has asked to be read is asked for; the check run says meanwhile that it is still to come.
    pub(super) async fn want(
        &self,
        repo: &Repo,
        commit: &CommitSha,
        missing: Missing,
        now: Timestamp,
    ) -> Result<(), Error> {
        if missing.runs.is_empty() {
            return Ok(());
        }
        let (repo, commit) = (repo.clone(), commit.clone());
        let wanted = self
            .app
            .db
            .write(move |tx| Box::pin(async move { want(tx, &repo, &commit, &missing, now).await }));
        Ok(wanted.await?)
    }

    /// What the check run shows is what its page shows, and the numbers over time: all are of one judgement.
    async fn keep(
        &self,
        repo: &Repo,
        commit: &CommitSha,
        judged: &Judged,
        now: Timestamp,
    ) -> Result<(), Error> {
        let judgement = Judgement::new(judged, now).packed()?;
        let (point, repo, commit) = (ScanPoint::of(&judged.standing, now), repo.id, commit.clone());
        let kept = self.app.db.write(move |tx| {
            Box::pin(async move {
                judgement::keep(tx.conn().await?, repo, &commit, &judgement).await?;
                scan_point::keep(tx.conn().await?, repo, &commit, &point).await
            })
        });
        Ok(kept.await?)
    }

    async fn known_scans(&self, repo: &Repo, commit: &CommitSha) -> Result<Option<Known>, Error> {
        let found = self.app.reader.check_runs_named(repo, commit, NAME).await?;
        let ours = found.into_iter().filter(|run| run.app_id == Some(self.app.app_id) && run.name == NAME);
        Ok(ours
            .filter_map(|run| Some(Known { id: run.id, mark: Mark::parse(run.external_id.as_deref()?)? }))
            .next_back())
    }

    /// GitHub is asked only where something stands at a line.
    async fn changed(&self, repo: &Repo, commit: &CommitSha, standing: &Standing) -> Result<Changed, Error> {
        let mut changed = Changed::default();
        if !standing.open.iter().any(|problem| problem.finding.place.is_some()) {
            return Ok(changed);
        }
        let default_branch = self.app.reader.repository(repo).await?.default_branch;
        for file in self.app.reader.changed_files(repo, default_branch.as_str(), commit).await? {
            changed.add(&file.name, &file.patch);
        }
        Ok(changed)
    }

    async fn send_scans(
        &self,
        repo: &Repo,
        commit: &CommitSha,
        (known, mut payload): (Option<Known>, CheckRunPayload),
        wanted: Vec<Annotation>,
    ) -> Result<(), Error> {
        let mut conn = self.app.db.read().await?;
        let before = scans_check::annotated(&mut conn, repo.id, commit).await?;
        drop(conn);
        let Plan { mut into, list, mut sent, rest } = plan(known, &before, &wanted);
        if list != before {
            let (repo, commit) = (repo.id, commit.clone());
            let remembered = list.clone();
            let remember = self.app.db.write(move |tx| {
                Box::pin(async move { scans_check::remember(tx, repo, &commit, &remembered).await })
            });
            remember.await?;
        }
        let mut chunks = rest.chunks(MOST_ANNOTATIONS);
        // The first request is made also when there is nothing to annotate.
        let mut next = Some(chunks.next().unwrap_or_default());
        while let Some(chunk) = next {
            sent = sent.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
            payload.external_id = Mark { list: list.list, sent }.to_string();
            payload.output.annotations = chunk.to_vec();
            match into {
                Some(check_run) => self.writer.update_check_run(repo, check_run, &payload).await?,
                None => into = Some(self.writer.create_check_run(repo, &payload).await?),
            }
            next = chunks.next();
        }
        Ok(())
    }
}

/// What is sent where.
struct Plan {
    /// The check run that is written anew; none for a new one.
    into: Option<CheckRunId>,
    /// The list with what is sent now at its end.
    list: Annotated,
    /// How many of it are there already.
    sent: u32,
    /// Those that are not.
    rest: Vec<Annotation>,
}

fn plan(known: Option<Known>, before: &Annotated, wanted: &[Annotation]) -> Plan {
    let newest = known.map_or(0, |known| known.mark.list).max(before.list);
    let digests: Vec<String> = wanted.iter().map(digest).collect();
    let fresh = |list, into| Plan {
        into,
        list: Annotated { list, digests: digests.clone() },
        sent: 0,
        rest: wanted.to_vec(),
    };
    let Some(known) = known else { return fresh(newest.saturating_add(1), None) };
    if known.mark.sent == 0 {
        return fresh(newest, Some(known.id));
    }
    let told = usize::try_from(known.mark.sent).unwrap_or(usize::MAX);
    let there = before.digests.get(..told).filter(|_| before.list == known.mark.list);
    let still_true: BTreeSet<&String> = digests.iter().collect();
    let Some(there) = there.filter(|there| there.iter().all(|one| still_true.contains(one))) else {
        return fresh(newest.saturating_add(1), None);
    };
    let rest = wanted.iter().zip(&digests).filter(|(_, digest)| !there.contains(digest));
    let (rest, more): (Vec<Annotation>, Vec<String>) =
        rest.map(|(annotation, digest)| (annotation.clone(), digest.clone())).unzip();
    let all = there.iter().cloned().chain(more).collect();
    let list = Annotated { list: known.mark.list, digests: all };
    Plan { into: Some(known.id), list, sent: known.mark.sent, rest }
}

fn digest(annotation: &Annotation) -> String {
    let Annotation { path, line, level, title, message } = annotation;
    let text = format!("{path}\0{line}\0{}\0{title}\0{message}", level.as_str());
    hex::encode(Sha256::digest(text).iter().copied().take(12).collect::<Vec<_>>())
}

/// Where people find the full list.
fn page(app: &App, repo: &Repo, commit: &CommitSha) -> Option<Url> {
    let mut url = app.public_url.clone()?;
    let path = format!("{}/reports/{}/{commit}", url.path().trim_end_matches('/'), repo.id);
    url.set_path(&path);
    url.set_query(Some(&format!("key={}", app.page_key.of(repo.id, commit))));
    Some(url)
}

fn payload(
    scans: &Scans,
    commit: &CommitSha,
    (standing, page): (&Standing, Option<&Url>),
    now: Timestamp,
) -> CheckRunPayload {
    let shown = &scans.shown;
    let state = match shown.status {
        CheckStatus::InProgress => CheckRunState::InProgress,
        CheckStatus::Completed(conclusion) => CheckRunState::Completed { conclusion, at: now },
    };
    CheckRunPayload {
        name: shown.name.clone(),
        head_sha: commit.clone(),
        state,
        started_at: standing.rows.iter().map(|row| row.origin.at).min().unwrap_or(now),
        external_id: shown.external_id.clone(),
        details_url: page.map(Url::to_string),
        output: Output {
            title: shown.title.clone(),
            summary: shown.summary.clone(),
            // GitHub keeps a text that is not sent again.
            text: Some(scans.text.clone().unwrap_or_default()),
            annotations: Vec::new(),
        },
        actions: shown.buttons.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_run::scans::Level;

    fn remark(line: u32) -> Annotation {
        let text = || "x".to_owned();
        Annotation { path: text(), line, level: Level::Failure, title: text(), message: text() }
    }

    fn remarks(lines: &[u32]) -> Vec<Annotation> {
        lines.iter().copied().map(remark).collect()
    }

    fn list(list: u32, lines: &[u32]) -> Annotated {
        Annotated { list, digests: remarks(lines).iter().map(digest).collect() }
    }

    fn known(list: u32, sent: u32) -> Known {
        Known { id: CheckRunId(9), mark: Mark { list, sent } }
    }

    /// Into which check run, which list, how many are there, and which lines are sent.
    fn planned(
        known: impl Into<Option<Known>>,
        before: &Annotated,
        wanted: &[u32],
    ) -> (bool, Annotated, u32, Vec<u32>) {
        let Plan { into, list, sent, rest } = plan(known.into(), before, &remarks(wanted));
        (into.is_some(), list, sent, rest.iter().map(|remark| remark.line).collect())
    }

    #[test]
    fn no_annotation_is_sent_twice_and_none_stays_that_is_not_true() {
        let first = planned(None, &list(0, &[]), &[1, 2]);
        assert_eq!(first, (false, list(1, &[1, 2]), 0, vec![1, 2]));
        let more = planned(known(1, 2), &list(1, &[1, 2]), &[3, 2, 1]);
        assert_eq!(more, (true, list(1, &[1, 2, 3]), 2, vec![3]), "in place, and only what is new");
        let same = planned(known(1, 2), &list(1, &[1, 2]), &[1, 2]);
        assert_eq!(same, (true, list(1, &[1, 2]), 2, vec![]));
        let fewer = planned(known(1, 2), &list(1, &[1, 2]), &[2]);
        assert_eq!(fewer, (false, list(2, &[2]), 0, vec![2]), "another check run takes its place");
    }

    #[test]
    fn whatever_dies_between_two_requests_is_made_good() {
        let half = planned(known(1, 1), &list(1, &[1, 2, 3]), &[1, 2, 3]);
        assert_eq!(half, (true, list(1, &[1, 2, 3]), 1, vec![2, 3]), "the first of several requests arrived");
        let unsent = planned(known(1, 0), &list(1, &[1]), &[2]);
        assert_eq!(unsent, (true, list(1, &[2]), 0, vec![2]), "none arrived, so the list may change");
        let next = planned(known(1, 2), &list(2, &[5]), &[5]);
        assert_eq!(next, (false, list(3, &[5]), 0, vec![5]), "the new check run did not arrive");
        let lost = planned(known(4, 2), &list(0, &[]), &[1, 2]);
        assert_eq!(lost, (false, list(5, &[1, 2]), 0, vec![1, 2]), "our list is lost");
    }
}
