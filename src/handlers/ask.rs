//! One command: who gave it, where, when and by which way, and how it is answered.

use futures_util::future::BoxFuture;

use crate::audit::{ActorRole, Kind};
use crate::clock::Timestamp;
use crate::command::CommandError;
use crate::comment::{self, Answer};
use crate::db::{self, NewEntry, Tx, inbox, notice, subject};
use crate::effect::{Notice, Reaction};
use crate::github::read::Pull;
use crate::handlers::{Context, Result};
use crate::ids::{Actor, CommentId, IssueNumber, Repo};
use crate::markdown::Markdown;
use crate::policy::facts::Tuple;
use crate::requirement::{Code, Refusal};

/// A command being carried out: everything that its handler knows of how it came here.
pub(super) struct CommandContext {
    pub(super) context: Context,
    /// In which repository.
    pub(super) repo: Repo,
    /// Who gave it.
    pub(super) sender: Actor,
    /// On which issue or pull request it is answered.
    pub(super) subject: IssueNumber,
    /// When it was given, as far as GitHub says.
    pub(super) written_at: Timestamp,
    /// What was asked, in its giver's words or in ours.
    pub(super) asked: String,
    /// By which way it came.
    pub(super) way: Way,
}

/// By which way a command came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// It stands in a comment.
    Comment {
        /// In which one: there it is shown by a reaction what came of it.
        id: CommentId,
        /// Whether that was written on a pull request.
        on_pull_request: bool,
        /// Which of the comment's commands it is, from one.
        step: usize,
        /// Whether it is the last of them.
        last: bool,
    },
    /// A button of a promotion's check run was pressed.
    Button,
}

type Work = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, db::Result<()>> + Send>;

/// What came of a command: what to store, and what to say.
pub(super) struct Said {
    markdown: Markdown,
    reaction: Reaction,
    refused: Option<Refused>,
    work: Option<Work>,
}

/// A no, as the log has it.
struct Refused {
    code: Code,
    /// The promotion that a button's vote was about.
    vote_on: Option<Tuple>,
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
            refused: Some(Refused { code: refusal.code, vote_on: None }),
            work: None,
        }
    }

    /// A no to a vote on this promotion.
    pub(super) fn no_vote(refusal: &Refusal, tuple: &Tuple) -> Self {
        let refused = Refused { code: refusal.code, vote_on: Some(tuple.clone()) };
        Self { refused: Some(refused), ..Self::no(refusal) }
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

impl CommandContext {
    /// Whether it was written on a pull request, whose head it may mean.
    pub(super) fn on_pull_request(&self) -> bool {
        match self.way {
            Way::Comment { on_pull_request, .. } => on_pull_request,
            Way::Button => false,
        }
    }

    /// The pull request it was written on, as it is now; none on an issue.
    pub(super) async fn pull(&self) -> Result<Option<Pull>> {
        if !self.on_pull_request() {
            return Ok(None);
        }
        Ok(self.context.app.reader.pull(&self.repo, self.subject).await?)
    }

    /// Stores what came of the command, its answer, and that it is done: all or nothing.
    pub(super) async fn answer(self, said: Said) -> Result<()> {
        let Self { context, repo, sender, subject, written_at, asked, way } = self;
        let Said { markdown, reaction, refused, work } = said;
        let entry = refused.map(|Refused { code, vote_on }| match vote_on {
            Some(tuple) => NewEntry::new(Kind::VoteRefused, context.now, context.source())
                .about(&tuple)
                .actor(ActorRole::Voter, &sender)
                .refused(code.as_str()),
            None => NewEntry::new(Kind::RequestRefused, context.now, context.source())
                .repo(repo.id)
                .actor(ActorRole::Requester, &sender)
                .occurred_at(written_at)
                .refused(code.as_str()),
        });
        let Context { app, delivery, now } = context;
        let answer = Answer { asker: sender.login, asked, markdown: markdown.into(), at: now };
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
                    subject::answer(tx, repo.id, subject, &answer).await?;
                    let status = Notice::StatusComment { subject };
                    notice::want(tx.conn().await?, &repo, &status, now).await?;
                    let Way::Comment { id, step, last, .. } = way else {
                        return inbox::finish(tx, &delivery, now).await;
                    };
                    let react = Notice::React { comment: id, reaction };
                    notice::want(tx.conn().await?, &repo, &react, now).await?;
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
