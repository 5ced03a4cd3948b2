//! Notices: written from the state as it is when they are told, and found again by what we left there.

use crate::check_run::{self, CheckStatus, Proof};
use crate::clock::Timestamp;
use crate::comment::{self, StatusView};
use crate::db::Db;
use crate::db::notice::{self, Claimed};
use crate::db::{promotion, receipt, subject};
use crate::effect::Notice;
use crate::github;
use crate::github::write::{CheckRunPayload, CheckRunState, Output};
use crate::ids::{CheckRunId, CommentId, IssueNumber, PromotionId, PromotionNumber, Repo};
use crate::promotion::Promotion;
use crate::query::{self, CommentFacts};
use crate::telemetry::causes;
use crate::worker::{BATCH, Error, Workers, backoff};

/// A notice that could not be told so often is not told, until something changes.
const TRIES: i64 = 10;

impl Workers {
    /// One turn; how many notices it took.
    pub(super) async fn tell_notices(&self) -> Result<usize, Error> {
        self.turn(
            |conn, now| Box::pin(notice::any_ready(conn, now)),
            |tx, now, lease| {
                Box::pin(async move { notice::claim(tx.conn().await?, now, lease, BATCH).await })
            },
            Db::ring_outbox,
            |notice| self.tell(notice),
        )
        .await
    }

    async fn tell(&self, claimed: Claimed) -> Result<(), Error> {
        let repo = &claimed.repo;
        let told = match &claimed.notice {
            Notice::React { comment, reaction } => {
                self.writer.react(repo, *comment, *reaction).await.map_err(Error::from)
            }
            Notice::StatusComment { subject } => self.write_comment(repo, *subject).await,
            Notice::CheckRun { promotion } => self.write_check_run(repo, *promotion).await,
            Notice::Scans { commit } => Box::pin(self.write_scans(repo, commit)).await,
        };
        self.told(claimed, told).await
    }

    async fn told(&self, claimed: Claimed, told: Result<(), Error>) -> Result<(), Error> {
        let now = self.app.clock.now();
        let Err(error) = told else {
            return Ok(self
                .app
                .db
                .write(move |tx| Box::pin(async move { notice::told(tx.conn().await?, &claimed, now).await }))
                .await?);
        };
        let (at, why) = (again(&claimed, &error, now), causes(&error));
        tracing::warn!(notice = %claimed.notice.key(), why, "the notice could not be told");
        Ok(self
            .app
            .db
            .write(move |tx| {
                Box::pin(async move { notice::failed(tx.conn().await?, &claimed, at, &why).await })
            })
            .await?)
    }

    async fn write_comment(&self, repo: &Repo, number: IssueNumber) -> Result<(), Error> {
        let facts = query::of_comment(&self.app.db, repo.id, number).await?;
        let CommentFacts { promotions, live, answers, known } = facts;
        let web_url = self.web_url.as_ref();
        let view = StatusView {
            repo,
            subject: number,
            promotions: &promotions,
            live: &live,
            answers: &answers,
            web_url,
        };
        let body = comment::status_comment(&view);
        let known = match known {
            None => self.earlier_comment(repo, number).await?,
            known => known,
        };
        if let Some(comment) = known {
            match self.writer.update_comment(repo, comment, &body).await {
                Ok(()) => return self.remember_comment(repo, number, comment).await,
                // Somebody deleted it: people can read what is true all the same.
                Err(github::Error::Gone) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let comment = self.writer.create_comment(repo, number, &body).await?;
        self.remember_comment(repo, number, comment).await
    }

    /// A mark in a comment counts only when our own App wrote it.
    async fn earlier_comment(&self, repo: &Repo, number: IssueNumber) -> Result<Option<CommentId>, Error> {
        let mark = comment::marker(repo.id, number);
        let comments = self.app.reader.comments_since(repo, number, Timestamp(0)).await?;
        let ours = comments
            .into_iter()
            .find(|comment| comment.app_id == Some(self.app.app_id) && comment.body.starts_with(&mark));
        Ok(ours.map(|comment| comment.id))
    }

    async fn remember_comment(
        &self,
        repo: &Repo,
        number: IssueNumber,
        comment: CommentId,
    ) -> Result<(), Error> {
        let repo = repo.id;
        Ok(self
            .app
            .db
            .write(move |tx| {
                Box::pin(async move { subject::set_comment(tx, repo, number, Some(comment)).await })
            })
            .await?)
    }

    async fn write_check_run(&self, repo: &Repo, number: PromotionNumber) -> Result<(), Error> {
        let id = PromotionId { repo: repo.id, number };
        let mut conn = self.app.db.read().await?;
        let Some(promotion) = promotion::find(&mut conn, id).await? else { return Ok(()) };
        let receipt = receipt::of_promotion(&mut conn, id).await?;
        drop(conn);
        self.app.db.publish_newest().await?;
        let receipt = receipt.map(|receipt| Proof::new(receipt, self.app.public_url.as_ref()));
        let shown = check_run::of_promotion(&promotion, receipt.as_ref());
        let details = self.app.public_url.as_ref().map(ToString::to_string);
        let payload = payload(&promotion, shown, details, self.app.clock.now());
        let known = match promotion.check_run {
            None => self.earlier_check_run(repo, &promotion, &payload).await?,
            known => known,
        };
        if let Some(check_run) = known {
            self.writer.update_check_run(repo, check_run, &payload).await?;
            if promotion.check_run.is_none() {
                self.remember_check_run(id, check_run).await?;
            }
            return Ok(());
        }
        let check_run = self.writer.create_check_run(repo, &payload).await?;
        self.remember_check_run(id, check_run).await
    }

    async fn earlier_check_run(
        &self,
        repo: &Repo,
        promotion: &Promotion,
        payload: &CheckRunPayload,
    ) -> Result<Option<CheckRunId>, Error> {
        let found = self.app.reader.check_runs(repo, &promotion.tuple.commit).await?;
        let ours = found.into_iter().find(|run| {
            run.app_id == Some(self.app.app_id) && run.external_id.as_deref() == Some(&payload.external_id)
        });
        Ok(ours.map(|run| run.id))
    }

    async fn remember_check_run(&self, id: PromotionId, check_run: CheckRunId) -> Result<(), Error> {
        Ok(self
            .app
            .db
            .write(move |tx| Box::pin(async move { promotion::set_check_run(tx, id, check_run).await }))
            .await?)
    }
}

/// When to try again; never, when GitHub's no is not going to change.
fn again(claimed: &Claimed, error: &Error, now: Timestamp) -> Option<Timestamp> {
    if claimed.attempts >= TRIES {
        return None;
    }
    match error {
        Error::GitHub(github::Error::RetryAt { at, .. }) => Some(*at),
        Error::GitHub(github::Error::Refused { .. } | github::Error::Gone) => None,
        Error::GitHub(github::Error::Unreachable { .. } | github::Error::Broken { .. })
        | Error::Db(_)
        | Error::Handler(_) => Some(backoff::after(claimed.attempts, now)),
    }
}

fn payload(
    promotion: &Promotion,
    shown: check_run::CheckRun,
    details: Option<String>,
    now: Timestamp,
) -> CheckRunPayload {
    let state = match shown.status {
        CheckStatus::InProgress => CheckRunState::InProgress,
        CheckStatus::Completed(conclusion) => CheckRunState::Completed { conclusion, at: now },
    };
    CheckRunPayload {
        name: shown.name,
        head_sha: promotion.tuple.commit.clone(),
        state,
        started_at: promotion.tuple.requested_at,
        external_id: shown.external_id,
        details_url: details,
        output: Output { title: shown.title, summary: shown.summary, text: None, annotations: Vec::new() },
        actions: shown.buttons,
    }
}
