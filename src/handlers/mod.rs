//! What is done about each event: look up, decide, and store everything in one transaction.
//!
//! A handler reads from GitHub and from the database, decides with pure functions, and then hands one
//! piece of work to [`Db::write`](crate::db::Db::write) in which state, log, effects, notices and the end
//! of the delivery stand or fall together.

mod approve;
mod ask;
mod button;
mod cancel;
mod comment;
mod deployment_status;
mod head;
mod help;
mod late;
mod policy_file;
mod promote;
mod pull_request;
mod push;
mod reevaluate;
mod reports;
mod status;
pub mod store;
mod wake;
mod scan;
mod waive;
mod which;
mod why;
mod workflow_run;

use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::audit::Source;
use crate::authz::WrongRight;
use crate::clock::Timestamp;
use crate::db::{self, inbox};
use crate::event::{Event, What};
use crate::facts;
use crate::github;
use crate::handlers::reevaluate::Judgement;
use crate::handlers::store::{First, Stored, store};

pub use policy_file::load as load_policy;

/// Why an event could not be handled now.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// GitHub did not tell what had to be known.
    #[error(transparent)]
    GitHub(#[from] github::Error),
    /// The database failed, or somebody else was quicker.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// A right was shown for something that it does not allow.
    #[error(transparent)]
    WrongRight(#[from] WrongRight),
}

impl From<facts::Error> for Error {
    fn from(error: facts::Error) -> Self {
        match error {
            facts::Error::GitHub(error) => Self::GitHub(error),
            facts::Error::Db(error) => Self::Db(error),
        }
    }
}

/// What a handler gives.
pub type Result<T> = std::result::Result<T, Error>;

/// One delivery being handled.
#[derive(Clone, Debug)]
pub struct Context {
    /// The program.
    pub app: App,
    /// The delivery that is finished by what is stored.
    pub delivery: inbox::Claimed,
    /// The moment for which everything is decided.
    pub now: Timestamp,
}

impl Context {
    /// A delivery and the time.
    pub fn new(app: App, delivery: inbox::Claimed) -> Self {
        let now = app.clock.now();
        Self { app, delivery, now }
    }

    /// What the log names as the cause of an entry.
    pub fn source(&self) -> Source {
        Source {
            event: self.delivery.event.clone(),
            delivery: Some(self.delivery.guid.clone()),
            body_sha256: Some(<[u8; 32]>::from(Sha256::digest(&self.delivery.body)).into()),
        }
    }

    /// Stores what became of a promotion, and finishes the delivery with it.
    async fn store(self, judgement: Judgement) -> Result<()> {
        let Judgement { step, decided, missing } = judgement;
        let stored = Stored { step, decided, missing, source: self.source(), now: self.now };
        let Self { app, delivery, now } = self;
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    store(tx, stored, First::No).await?;
                    inbox::finish(tx, &delivery, now).await
                })
            })
            .await?;
        app.db.ring_outbox();
        Ok(())
    }

    /// Nothing is to be done about this delivery.
    pub async fn finish(self) -> Result<()> {
        let Self { app, delivery, now } = self;
        app.db.write(move |tx| Box::pin(async move { inbox::finish(tx, &delivery, now).await })).await?;
        Ok(())
    }
}

/// Handles one event to the end of its delivery.
pub async fn handle(context: Context, event: Event) -> Result<()> {
    let Event { repo, sender, what, about: _ } = event;
    match what {
        What::CommentCreated(comment) => Box::pin(comment::created(context, repo, sender, comment)).await,
        What::CommentChanged(change) => comment::changed(context, repo, sender, change).await,
        What::PullRequest(change) => pull_request::changed(context, repo, sender, change).await,
        What::Push(push) => push::pushed(context, repo, sender, push).await,
        What::ButtonPressed(press) => Box::pin(button::pressed(context, repo, sender, press)).await,
        What::CheckRunRerequested(asked) => wake::check_run_rerequested(context, repo, sender, asked).await,
        What::ChecksChanged(commit) => reevaluate::waiting_on(context, repo, commit).await,
        What::WorkflowRun(change) => Box::pin(workflow_run::changed(context, repo, change)).await,
        What::DeploymentStatus(deployment) => {
            Box::pin(deployment_status::changed(context, repo, deployment)).await
        }
        What::ReportsRead(commit) => reports::read(context, repo, commit).await,
        What::Wake(number) => Box::pin(wake::woken(context, repo, number)).await,
    }
}
