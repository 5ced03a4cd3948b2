//! Deliveries: claimed, read, handled; tried again when that may help, and buried with the reason when not.

use std::panic::AssertUnwindSafe;

use crate::clock::Timestamp;
use crate::command::{Parsed, parse};
use crate::comment::{self, Answer};
use crate::db::Db;
use crate::db::inbox::{self, Claimed};
use crate::db::{self, notice, repository, subject};
use crate::effect::{Notice, Reaction};
use crate::event::{Event, ReportsRead, WakeCall, What};
use crate::github::{self, webhook};
use crate::handlers::{self, Context};
use crate::ids::{Actor, Login, UserId};
use crate::requirement::{Code, Refusal};
use crate::telemetry::causes;
use crate::worker::alarms::WAKE;
use crate::worker::reports::REPORTS_READ;
use crate::worker::{BATCH, Error, Workers, backoff};
use futures_util::FutureExt as _;

/// After so many tries a delivery is given up: about three hours.
const TRIES: i64 = 24;
/// After so many when GitHub's answer is not going to change by itself.
const TRIES_AGAINST_A_NO: i64 = 4;

impl Workers {
    /// One turn; how many deliveries it took.
    pub(super) async fn handle_deliveries(&self) -> Result<usize, Error> {
        self.turn(
            |conn, now| Box::pin(inbox::any_ready(conn, now)),
            |tx, now, lease| Box::pin(async move { inbox::claim(tx.conn().await?, now, lease, BATCH).await }),
            Db::ring_inbox,
            |delivery| self.handle_delivery(delivery),
        )
        .await
    }

    async fn handle_delivery(&self, delivery: Claimed) -> Result<(), Error> {
        let context = Context::new(self.app.clone(), delivery.clone());
        let event = match read(&delivery) {
            Ok(Some(event)) => event,
            Ok(None) => return ended(context.finish().await),
            Err(why) => return self.bury(&delivery, None, &why).await,
        };
        self.remember_repository(&event).await?;
        let handled =
            AssertUnwindSafe(Box::pin(handlers::handle(context, event.clone()))).catch_unwind().await;
        match handled {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => self.failed(&delivery, event, &error).await,
            // The same payload panics again: the lane does not wait for it as long as for GitHub.
            Err(_) if delivery.attempts >= TRIES_AGAINST_A_NO => {
                self.bury(&delivery, Some(event), "the handler panicked; see the server's log").await
            }
            Err(_) => self.try_again(&delivery, event, "the handler panicked; see the server's log").await,
        }
    }

    /// What the repository is called now. Most deliveries tell nothing new of it, and then nothing is written.
    async fn remember_repository(&self, event: &Event) -> Result<(), Error> {
        let (Some(about), now) = (event.about.clone(), self.app.clock.now()) else { return Ok(()) };
        let mut conn = self.app.db.read().await?;
        if !repository::is_news(&mut conn, &event.repo, &about, now).await? {
            return Ok(());
        }
        drop(conn);
        let repo = event.repo.clone();
        let write = self.app.db.write(move |tx| {
            Box::pin(async move { repository::seen(tx.conn().await?, &repo, &about, now).await })
        });
        Ok(write.await?)
    }

    async fn failed(&self, delivery: &Claimed, event: Event, error: &handlers::Error) -> Result<(), Error> {
        let why = causes(error);
        match error {
            // Somebody else has it now.
            handlers::Error::Db(db::Error::LeaseLost(_)) => Ok(()),
            handlers::Error::GitHub(github::Error::RetryAt { at, .. }) => {
                self.again_at(delivery, *at, &why).await
            }
            handlers::Error::GitHub(
                github::Error::Refused { .. } | github::Error::Gone | github::Error::Broken { .. },
            ) if delivery.attempts >= TRIES_AGAINST_A_NO => self.bury(delivery, Some(event), &why).await,
            // The same payload shows it again, as it would panic again.
            handlers::Error::WrongRight(_) | handlers::Error::Db(db::Error::WrongRight(_))
                if delivery.attempts >= TRIES_AGAINST_A_NO =>
            {
                self.bury(delivery, Some(event), &why).await
            }
            handlers::Error::GitHub(_) | handlers::Error::Db(_) | handlers::Error::WrongRight(_) => {
                self.try_again(delivery, event, &why).await
            }
        }
    }

    async fn try_again(&self, delivery: &Claimed, event: Event, why: &str) -> Result<(), Error> {
        if delivery.attempts >= TRIES {
            return self.bury(delivery, Some(event), why).await;
        }
        self.again_at(delivery, backoff::after(delivery.attempts, self.app.clock.now()), why).await
    }

    async fn again_at(&self, delivery: &Claimed, at: Timestamp, why: &str) -> Result<(), Error> {
        tracing::warn!(delivery = %delivery.guid, attempts = delivery.attempts, why, "the delivery is tried again at {at}");
        let (delivery, why) = (delivery.clone(), why.to_owned());
        let write = self
            .app
            .db
            .write(move |tx| Box::pin(async move { inbox::try_again(tx, &delivery, at, &why).await }))
            .await;
        unless_lost(write)
    }

    /// Gives up, and tells whoever waits for an answer.
    async fn bury(&self, delivery: &Claimed, event: Option<Event>, why: &str) -> Result<(), Error> {
        tracing::error!(delivery = %delivery.guid, event = %delivery.event, why, "the delivery is buried");
        let now = self.app.clock.now();
        let (delivery, why) = (delivery.clone(), why.to_owned());
        let write = self
            .app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(event) = event {
                        let done = inbox::steps(tx.conn().await?, &delivery).await?;
                        apologise(tx, &event, usize::try_from(done).unwrap_or(0), &why, now).await?;
                    }
                    inbox::bury(tx, &delivery, now, &why).await
                })
            })
            .await;
        self.app.db.ring_outbox();
        unless_lost(write)
    }
}

/// A command that could not be carried out is answered all the same. `done` of the comment's commands were.
async fn apologise(tx: &mut db::Tx, event: &Event, done: usize, why: &str, now: Timestamp) -> db::Result<()> {
    let What::CommentCreated(written) = &event.what else { return Ok(()) };
    let Parsed::Commands(lines) = parse(&written.body) else { return Ok(()) };
    let Some(line) = lines.get(done) else { return Ok(()) };
    let refusal = Refusal::new(Code::RefusedByGithub, not_finished(lines.len(), done, why));
    let answer = Answer {
        asker: event.sender.login.clone(),
        asked: line.text.clone(),
        markdown: comment::refused(&refusal).into(),
        at: now,
    };
    subject::answer(tx, event.repo.id, written.number, &answer).await?;
    let react = Notice::React { comment: written.id, reaction: Reaction::Confused };
    notice::want(tx.conn().await?, &event.repo, &react, now).await?;
    let told = Notice::StatusComment { subject: written.number };
    notice::want(tx.conn().await?, &event.repo, &told, now).await
}

/// What stands, and what is to be written again: never a command that was done.
fn not_finished(commands: usize, done: usize, why: &str) -> String {
    match (done, commands - done) {
        (0, _) => format!(
            "Nothing was changed, because this could not be finished: {why}. Write the comment again when that is mended."
        ),
        (_, 1) => format!(
            "This one could not be finished: {why}. What stands before it was done. Write only this one again when that is mended."
        ),
        (_, left) => format!(
            "This one could not be finished, and the {} after it not begun: {why}. What stands before it was done. Write only those {left} again when that is mended.",
            left - 1
        ),
    }
}

fn read(delivery: &Claimed) -> Result<Option<Event>, String> {
    let (repo, what) = match delivery.event.as_str() {
        WAKE => {
            let call: WakeCall = serde_json::from_slice(&delivery.body).map_err(|why| why.to_string())?;
            (call.repo, What::Wake(call.promotion))
        }
        REPORTS_READ => {
            let read: ReportsRead = serde_json::from_slice(&delivery.body).map_err(|why| why.to_string())?;
            (read.repo, What::ReportsRead(read.commit))
        }
        event => return webhook::to_event(event, &delivery.body).map_err(|why| why.to_string()),
    };
    let login: Login = "countersign".parse().map_err(|why: crate::ids::InvalidName| why.to_string())?;
    let sender = Actor { id: UserId(0), login, bot: true };
    Ok(Some(Event { repo, about: None, sender, what }))
}

fn ended(result: handlers::Result<()>) -> Result<(), Error> {
    match result {
        Err(handlers::Error::Db(db::Error::LeaseLost(_))) => Ok(()),
        other => Ok(other?),
    }
}

/// A lease that was lost is somebody else's business.
pub(super) fn unless_lost(result: db::Result<()>) -> Result<(), Error> {
    match result {
        Err(db::Error::LeaseLost(what)) => {
            tracing::warn!(what, "the lease was lost: somebody else goes on with it");
            Ok(())
        }
        other => Ok(other?),
    }
}
