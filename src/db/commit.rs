//! The one writer: many pieces of work share one transaction, one signature and one flush to disk.
//!
//! One that fails leaves nothing behind, and the others go on.
//! Nobody hears of success before the commit has returned.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use tokio::sync::{mpsc, oneshot};

use crate::db::guard::Guard;
use crate::db::{Conn, Error, Pools, Result, Tx, on};

/// How many pieces of work share one commit at most.
const BATCH: usize = 256;
/// How many may wait; more wait outside, which slows those who ask.
const QUEUE: usize = 1024;
/// Begins with the advisory lock that makes PostgreSQL's writers take turns: the bytes of "csign".
const BEGIN_IN_TURN: &str = "BEGIN; SELECT pg_advisory_xact_lock(427021002606)";

type Tell = Box<dyn FnOnce(Result<()>) + Send>;
type Work = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Done> + Send>;

/// A piece of work that ran: whether to keep it, and whom to tell once that is durable.
struct Done {
    keep: bool,
    tell: Tell,
}

enum Message {
    Work(Work),
    Stop(oneshot::Sender<()>),
}

#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

impl Writer {
    pub(super) fn start(pools: Pools, guard: Guard) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(run(pools, guard, waiting));
        Self { queue }
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let (answer, told) = oneshot::channel();
        let work: Work = Box::new(move |tx| {
            Box::pin(async move {
                let result = AssertUnwindSafe(work(tx)).catch_unwind().await;
                let result = result.unwrap_or_else(|_| Err(Error::Log("the work panicked".to_owned())));
                Done {
                    keep: result.is_ok(),
                    tell: Box::new(move |commit| {
                        // Whoever asked may have gone away; the work is done all the same.
                        let _ = answer.send(result.and_then(|value| commit.map(|()| value)));
                    }),
                }
            })
        });
        self.queue.send(Message::Work(work)).await.map_err(|_| Error::Stopped)?;
        told.await.map_err(|_| Error::Stopped)?
    }

    pub(super) async fn stop(&self) {
        let (stopped, told) = oneshot::channel();
        if self.queue.send(Message::Stop(stopped)).await.is_ok() {
            let _ = told.await;
        }
    }
}

async fn run(pools: Pools, guard: Guard, mut waiting: mpsc::Receiver<Message>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        // Those who were told of the last commit ask again at once: what they ask for shares this one.
        tokio::task::yield_now().await;
        while batch.len() < BATCH
            && let Ok(message) = waiting.try_recv()
        {
            batch.push(message);
        }
        let mut stopping = None;
        let mut works = Vec::with_capacity(batch.len());
        for message in batch.drain(..) {
            match message {
                Message::Work(work) => works.push(work),
                Message::Stop(stopped) => stopping = Some(stopped),
            }
        }
        if !works.is_empty() {
            commit_together(&pools, &guard, works).await;
        }
        if let Some(stopped) = stopping {
            waiting.close();
            let _ = stopped.send(());
            return;
        }
    }
}

async fn commit_together(pools: &Pools, guard: &Guard, works: Vec<Work>) {
    metrics::histogram!("countersign_commit_batch").record(u32::try_from(works.len()).unwrap_or(u32::MAX));
    let conn = match begin(pools).await {
        Ok(conn) => conn,
        Err(error) => return fail_all(works, &error),
    };
    let mut tx = Tx::new(conn, guard.clone());
    let mut done = Vec::with_capacity(works.len());
    let mut broken = None;
    for work in works {
        match one_piece(&mut tx, work).await {
            Ok(one) => done.push(one),
            Err((one, error)) => {
                done.push(one);
                broken = Some(error);
                break;
            }
        }
    }
    let result = match broken {
        None => finish(&mut tx, guard).await,
        Some(error) => {
            let _ = execute(&mut tx.conn, "ROLLBACK").await;
            Err(error)
        }
    };
    if result.is_err() {
        close(tx.conn).await;
    }
    for one in done {
        (one.tell)(repeat(&result));
    }
}

/// Runs one piece of work. An error here is the transaction's, not the work's.
async fn one_piece(tx: &mut Tx, work: Work) -> std::result::Result<Done, (Done, Error)> {
    let done = work(tx).await;
    let ended = if done.keep { tx.keep().await } else { tx.undo().await };
    match ended {
        Ok(()) => Ok(done),
        Err(error) => Err((done, error)),
    }
}

/// Begins to write, in turn with whoever else does.
pub(super) async fn begin(pools: &Pools) -> Result<Conn> {
    let mut conn = pools.write().await?;
    let begun = match &conn {
        Conn::Sqlite(_) => execute(&mut conn, "BEGIN IMMEDIATE").await,
        Conn::Postgres(_) => execute(&mut conn, BEGIN_IN_TURN).await,
    };
    match begun {
        Ok(()) => Ok(conn),
        Err(error) => {
            close(conn).await;
            Err(error)
        }
    }
}

/// Signs what was appended, within the transaction, and commits.
async fn finish(tx: &mut Tx, guard: &Guard) -> Result<()> {
    let result = sign_and_commit(tx, guard).await;
    if result.is_err() {
        let _ = execute(&mut tx.conn, "ROLLBACK").await;
    }
    result
}

async fn sign_and_commit(tx: &mut Tx, guard: &Guard) -> Result<()> {
    tx.insert_kept().await?;
    let signed = tx.sign_checkpoint().await?;
    execute(&mut tx.conn, "COMMIT").await?;
    if let Some(signed) = signed {
        let (size, root) = (signed.tree.size(), signed.tree.root());
        tracing::debug!(size, root = %root, note = signed.row.note, "a checkpoint was signed and is durable");
        guard.publish_own(signed).await?;
    }
    Ok(())
}

/// A connection whose transaction failed is not used again.
async fn close(conn: Conn) {
    match conn {
        Conn::Sqlite(conn) => drop(conn.close().await),
        Conn::Postgres(conn) => drop(conn.close().await),
    }
}

pub(super) async fn execute(conn: &mut Conn, sql: &'static str) -> Result<()> {
    on!(conn, executor => sqlx::raw_sql(sql).execute(executor).await.map(|_| ())).map_err(Error::from)
}

fn fail_all(works: Vec<Work>, error: &Error) {
    tracing::error!(error = %error, "a transaction could not be begun");
    // Dropping the work drops its answer, and whoever waits hears that the write did not happen.
    drop(works);
}

/// The same error for each of those who shared the commit: errors of a database cannot be cloned.
fn repeat(result: &Result<()>) -> Result<()> {
    match result {
        Ok(()) => Ok(()),
        Err(Error::Refused(why)) => Err(why.clone().into()),
        Err(error) => Err(Error::Sql(sqlx::Error::Protocol(format!("the shared commit failed: {error:?}")))),
    }
}
