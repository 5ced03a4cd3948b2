//! A write transaction, as the pieces of work that share it see it.
//!
//! What a piece appends to the log waits in memory, so that many entries are inserted by one statement: at
//! the end of the transaction, or before the next statement of anybody in it, who therefore finds everything
//! as if it stood there. A piece that only appends needs no savepoint: if it fails, its rows are forgotten.

use std::mem::take;

use super::audit::{Rows, Tail};
use super::commit::execute;
use super::guard::Guard;
use super::{Conn, Error, Result};

/// A write transaction: a connection, and the end of the log.
pub struct Tx {
    pub(super) conn: Conn,
    pub(super) guard: Guard,
    pub(super) log: Tail,
    /// The end of the log and the rows before the piece of work that runs.
    before: Tail,
    kept: Rows,
    /// What the piece of work that runs has appended since its last statement.
    pub(super) pending: Rows,
    /// Whether the piece of work that runs has run a statement.
    in_savepoint: bool,
    broken: Option<String>,
}

impl Tx {
    pub(super) fn new(conn: Conn, guard: Guard) -> Self {
        let epoch = guard.signer.epoch();
        Self {
            conn,
            guard,
            log: Tail::of(epoch),
            before: Tail::of(epoch),
            kept: Rows::default(),
            pending: Rows::default(),
            in_savepoint: false,
            broken: None,
        }
    }

    /// To read and write tables with; they hold what was appended so far.
    pub async fn conn(&mut self) -> Result<&mut Conn> {
        if !self.in_savepoint {
            let opened = self.open_savepoint().await;
            self.shared(opened)?;
            self.in_savepoint = true;
        }
        take(&mut self.pending).insert(&mut self.conn, self.log.epoch).await?;
        Ok(&mut self.conn)
    }

    async fn open_savepoint(&mut self) -> Result<()> {
        self.insert_kept().await?;
        execute(&mut self.conn, "SAVEPOINT work").await
    }

    /// Inserts what is left of the pieces of work that were kept.
    pub(super) async fn insert_kept(&mut self) -> Result<()> {
        take(&mut self.kept).insert(&mut self.conn, self.log.epoch).await
    }

    /// Remembers an error that no savepoint can undo: it is that of all who share the transaction, even when
    /// the piece of work that met it goes on.
    pub(super) fn shared<T>(&mut self, result: Result<T>) -> Result<T> {
        if let (Err(error), false) = (&result, self.in_savepoint) {
            self.broken = Some(format!("{error:?}"));
        }
        result
    }

    /// The piece of work that ran stays. An error is that of the whole transaction.
    pub(super) async fn keep(&mut self) -> Result<()> {
        self.end("RELEASE SAVEPOINT work").await?;
        self.kept.append(take(&mut self.pending));
        self.before = self.log.clone();
        Ok(())
    }

    /// The piece of work that ran has never been. An error is that of the whole transaction.
    pub(super) async fn undo(&mut self) -> Result<()> {
        self.end("ROLLBACK TO SAVEPOINT work; RELEASE SAVEPOINT work").await?;
        self.pending = Rows::default();
        self.log = self.before.clone();
        Ok(())
    }

    async fn end(&mut self, savepoint: &'static str) -> Result<()> {
        if let Some(why) = self.broken.take() {
            return Err(Error::Sql(sqlx::Error::Protocol(why)));
        }
        if take(&mut self.in_savepoint) {
            execute(&mut self.conn, savepoint).await?;
        }
        Ok(())
    }
}
