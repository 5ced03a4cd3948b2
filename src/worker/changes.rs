//! What a promotion that succeeded brought to its environment is asked of GitHub, for what history tells. Nothing
//! waits for it.

use crate::db::change::{self, Change, Claimed};
use crate::github::{self, read::Commit};
use crate::telemetry::causes;
use crate::worker::inbox::unless_lost;
use crate::worker::{BATCH, Error, Workers, backoff};

/// After so many tries they are given up: about an hour.
const TRIES: i64 = 12;

impl Workers {
    /// One turn; how many promotions it took.
    pub(super) async fn list_changes(&self) -> Result<usize, Error> {
        self.turn(
            |conn, now| Box::pin(change::any_ready(conn, now)),
            |tx, now, lease| {
                Box::pin(async move { change::claim(tx.conn().await?, now, lease, BATCH).await })
            },
            |_| {},
            |claimed| self.list_claimed(claimed),
        )
        .await
    }

    async fn list_claimed(&self, claimed: Claimed) -> Result<(), Error> {
        match self.brought(&claimed).await {
            Ok(Some((commits, complete))) => {
                let changes: Vec<Change> = commits.into_iter().map(change_of).collect();
                let write = self.app.db.write(move |tx| {
                    Box::pin(async move { change::listed(tx, &claimed, &changes, complete).await })
                });
                unless_lost(write.await)
            }
            Ok(None) => self.give_up_changes(claimed, "GitHub no longer has these commits").await,
            Err(error) => self.could_not_list(claimed, &error).await,
        }
    }

    async fn could_not_list(&self, claimed: Claimed, error: &github::Error) -> Result<(), Error> {
        let why = causes(error);
        let at = match error {
            github::Error::RetryAt { at, .. } => *at,
            _ if claimed.attempts >= TRIES => return self.give_up_changes(claimed, &why).await,
            github::Error::Unreachable { .. }
            | github::Error::Broken { .. }
            | github::Error::Gone
            | github::Error::Refused { .. } => backoff::after(claimed.attempts, self.app.clock.now()),
        };
        let write = self
            .app
            .db
            .write(move |tx| Box::pin(async move { change::try_again(tx, &claimed, at, &why).await }));
        unless_lost(write.await)
    }

    /// The commits that were not live before, and whether these are all.
    async fn brought(&self, claimed: &Claimed) -> Result<Option<(Vec<Commit>, bool)>, github::Error> {
        let (reader, repo, head) = (&self.app.reader, &claimed.repo, claimed.head.as_str());
        let Some(base) = &claimed.base else {
            let commit = reader.commit(repo, head).await?;
            return Ok(commit.map(|commit| (vec![commit], true)));
        };
        let compared = reader.compare(repo, base.as_str(), head).await?;
        Ok(compared.map(|compared| (compared.commits, compared.complete)))
    }

    async fn give_up_changes(&self, claimed: Claimed, why: &str) -> Result<(), Error> {
        tracing::warn!(promotion = %claimed.promotion, why, "what a promotion brought cannot be listed");
        let why = why.to_owned();
        let write =
            self.app.db.write(move |tx| Box::pin(async move { change::given_up(tx, &claimed, &why).await }));
        unless_lost(write.await)
    }
}

fn change_of(commit: Commit) -> Change {
    Change { sha: commit.sha, committed_at: commit.committed_at }
}
