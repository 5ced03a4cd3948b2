//! One command of one comment: what is known about it, and how it is answered.

use futures_util::future::BoxFuture;

use crate::audit::{ActorRole, Kind};
use crate::command::CommandError;
use crate::comment::{self, Answer};
use crate::db::{self, NewEntry, Tx, inbox, notice, subject};
use crate::effect::{Notice, Reaction};
use crate::event::Comment;
use crate::github::read::Pull;
use crate::handlers::{Context, Result};
use crate::ids::{Actor, Repo};
use crate::markdown::Markdown;
use crate::requirement::{Code, Refusal};

/// A command being carried out.
pub(super) struct Ask {
    pub(super) context: Context,
    pub(super) repo: Repo,
    pub(super) sender: Actor,
    pub(super) comment: Comment,
    /// The line it stands on, as it was written.
    pub(super) line: String,
    /// Which of the comment's commands it is, from one.
    pub(super) step: usize,
    /// Whether it is the last of them.
    pub(super) last: bool,
}

type Work = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, db::Result<()>> + Send>;

/// What came of a command: what to store, and what to say.
pub(super) struct Said {
    markdown: Markdown,
    reaction: Reaction,
    refused: Option<Code>,
    work: Option<Work>,
}

impl Said {
    /// Only words: nothing was asked to change.
    pub(super) fn words(markdown: Markdown) -> Self {
        Self { markdown, reaction: Reaction::Rocket, refused: None, work: None }
    }

    /// A no. It stands in the log.
    pub(super) fn no(refusal: &Refusal) -> Self {
        Self {
            markdown: comment::refused(refusal),
            reaction: Reaction::ThumbsDown,
            refused: Some(refusal.code),
            work: None,
        }
    }

    /// Not understood.
    pub(super) fn unclear(error: &CommandError) -> Self {
        Self { markdown: comment::unclear(error), reaction: Reaction::Confused, refused: None, work: None }
    }

    /// Done, by this work, in the transaction that also finishes the command.
    pub(super) fn done<F>(markdown: Markdown, work: F) -> Self
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, db::Result<()>> + Send + 'static,
    {
        Self { markdown, reaction: Reaction::Rocket, refused: None, work: Some(Box::new(work)) }
    }

    /// A no with something to remember.
    pub(super) fn no_but<F>(refusal: &Refusal, work: F) -> Self
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, db::Result<()>> + Send + 'static,
    {
        Self { work: Some(Box::new(work)), ..Self::no(refusal) }
    }
}

impl Ask {
    /// The pull request it was written on, as it is now; none on an issue.
    pub(super) async fn pull(&self) -> Result<Option<Pull>> {
        if !self.comment.on_pull_request {
            return Ok(None);
        }
        Ok(self.context.app.reader.pull(&self.repo, self.comment.number).await?)
    }

    /// Stores what came of the command, its answer, and that it is done: all or nothing.
    pub(super) async fn answer(self, said: Said) -> Result<()> {
        let Self { context, repo, sender, comment, line, step, last } = self;
        let Said { markdown, reaction, refused, work } = said;
        let entry = refused.map(|code| {
            NewEntry::new(Kind::RequestRefused, context.now, context.source())
                .repo(repo.id)
                .actor(ActorRole::Requester, &sender)
                .occurred_at(comment.created_at)
                .refused(code.as_str())
        });
        let Context { app, delivery, now } = context;
        let answer = Answer { asker: sender.login, asked: line, markdown: markdown.into(), at: now };
        let bell = app.db.clone();
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(entry) = entry {
                        tx.append(entry).await?;
                    }
                    if let Some(work) = work {
                        work(tx).await?;
                    }
                    subject::answer(tx, repo.id, comment.number, &answer).await?;
                    let react = Notice::React { comment: comment.id, reaction };
                    notice::want(tx.conn().await?, &repo, &react, now).await?;
                    let status = Notice::StatusComment { subject: comment.number };
                    notice::want(tx.conn().await?, &repo, &status, now).await?;
                    if last {
                        inbox::finish(tx, &delivery, now).await
                    } else {
                        inbox::step(tx, &delivery, i64::try_from(step).unwrap_or(i64::MAX)).await
                    }
                })
            })
            .await?;
        bell.ring_outbox();
        Ok(())
    }
}
