//! The database: SQLite (embedded, the default) or PostgreSQL (several replicas), one behaviour.
//!
//! Every SQL text is written once, in the common dialect: `$1` placeholders, `ON CONFLICT`, `RETURNING`,
//! integers for times. Reads take a [`Conn`]; everything that writes goes through [`Db::write`], which
//! lets many writers share one durable commit. Writes are serial in both databases (SQLite has one
//! writer; PostgreSQL takes one advisory lock), so a row number handed out in a transaction is the order
//! of commits, and the log is appended to by one writer at a time, however many replicas run.

pub mod anchor;
pub mod audit;
mod backfill;
pub mod change;
mod commit;
mod entry;
pub mod epoch;
mod guard;
pub mod evidence;
pub mod cosignature;
pub mod head;
mod high_water;
pub mod inbox;
pub mod introduced;
pub mod judgement;
pub mod known;
mod migrate;
pub mod notice;
mod only_writer;
pub mod outbox;
mod packed;
pub mod place;
pub mod policy_text;
pub mod promotion;
pub mod push;
mod refused;
pub mod report;
pub mod repository;
pub mod rotation;
pub mod scan_point;
pub mod scans_check;
mod signer;
pub mod receipt;
pub mod redact;
pub mod subject;
pub mod tile;
pub mod timestamp;
mod tx;
pub mod waiver;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};
use tokio::sync::Notify;

use crate::audit::{LogKey, Recovered, Verifier};
use crate::authz::WrongRight;
use crate::clock::Timestamp;
use guard::{Guard, unsigned};
use only_writer::OnlyWriter;
use signer::Signer;

pub use audit::RecordedIntent;
pub use entry::NewEntry;
pub use guard::{Anchored, Guarding, Purpose};
pub use high_water::Place;
pub use refused::{Lost, Refused};
pub use tx::Tx;

/// Runs one expression against whichever database this connection is to.
macro_rules! on {
    ($conn:expr, $executor:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(connection) => {
                let $executor = &mut **connection;
                $body
            }
            $crate::db::Conn::Postgres(connection) => {
                let $executor = &mut **connection;
                $body
            }
        }
    };
}
pub(crate) use on;

/// How long a worker has for what it claimed before somebody else may take it, unless settings say otherwise.
pub const LEASE: Duration = Duration::from_secs(90);

/// Why the database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached or refused the statement; trying again may help.
    #[error("the database failed")]
    Sql(#[from] sqlx::Error),
    /// Its schema cannot be brought up to date.
    #[error("the database cannot be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A later version of Countersign brought its schema up to date.
    #[error(
        "the database is of a later version of Countersign: its schema has the migration {migration}, which this \
         version does not know. Nothing was changed. Start that version or a later one, or restore a backup from \
         before it was started"
    )]
    LaterSchema {
        /// The first migration that is not known here.
        migration: i64,
    },
    /// Its schema is not up to date, and whoever opened it may not bring it there.
    #[error(
        "the database is of an earlier version of Countersign, or of none: its schema lacks the migration {migration}, \
         which this version needs. Nothing was changed. `countersign migrate` brings it up to date; as it is, the \
         version that wrote it reads it"
    )]
    EarlierSchema {
        /// The first migration that is missing there.
        migration: i64,
    },
    /// Somebody else changed it meanwhile: read again and decide again.
    #[error("{0} was changed by somebody else meanwhile")]
    Stale(String),
    /// The lease ran out and somebody else has the row now: leave it to them.
    #[error("the lease on {0} was lost")]
    LeaseLost(String),
    /// A row that cannot be.
    #[error("{table}: row {row} cannot be: {why}")]
    Impossible {
        /// Which table.
        table: &'static str,
        /// Which row.
        row: String,
        /// Why not.
        why: String,
    },
    /// The log refused an entry.
    #[error("the log cannot take the entry: {0}")]
    Log(String),
    /// A right was shown for something that it does not allow.
    #[error(transparent)]
    WrongRight(#[from] WrongRight),
    /// Nothing may be written: what happened, and the way out.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The URL names no database we know.
    #[error("{0}")]
    Url(String),
    /// No transaction could be begun (the log says why), or the program is going down.
    #[error("the database could not begin to write")]
    Stopped,
}

/// What a database call gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn impossible(table: &'static str, row: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Impossible { table, row: format!("{row}"), why: format!("{why}") }
    }
}

/// What a queue hands out of one claimed row: one that cannot be read is said and left out, so that it harms no other.
fn readable<T>(row: Result<T>) -> Option<T> {
    row.inspect_err(
        |why| tracing::error!(error = %why, "a row that waits to be done cannot be read: it is left out"),
    )
    .ok()
}

/// The database, shared by everybody.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    writer: commit::Writer,
    guard: Guard,
    lock: Arc<Mutex<Option<OnlyWriter>>>,
    wake: Arc<Wake>,
}

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { write: SqlitePool, read: SqlitePool },
    Postgres(PgPool),
}

/// A database as somebody else keeps it: neither migrated nor written.
#[derive(Debug)]
pub struct ReadOnly {
    pools: Pools,
}

/// Rung when there is new work, so that nobody has to poll for it.
#[derive(Debug, Default)]
struct Wake {
    inbox: Notify,
    effects: Notify,
    notices: Notify,
}

/// A connection to either database.
#[derive(Debug)]
pub enum Conn {
    /// The embedded one.
    Sqlite(PoolConnection<Sqlite>),
    /// The shared one.
    Postgres(PoolConnection<Postgres>),
}

impl Db {
    /// Connects, brings the schema up to date, and starts the writer. The log is signed with `key`, whatever it
    /// holds: no mark is kept. What serves people opens it [guarded](Self::open_guarded).
    ///
    /// # Errors
    /// When the URL is neither `sqlite:` nor `postgres:`, the database cannot be opened or migrated, or
    /// another program writes to it that does not take turns.
    pub async fn open(url: &str, key: LogKey) -> Result<Self> {
        let lock = OnlyWriter::of(url).await?;
        let pools = Pools::open(url).await?;
        let signer = Signer::new(key, None).map_err(unsigned)?;
        pools.migrate().await?;
        let guard = Guard::open(&mut pools.read().await?, &Place::Nowhere, signer).await?;
        Ok(Self::start(pools, guard, lock))
    }

    /// As [`Self::open`], and refuses to continue a log that somebody else signed, or whose newest part is missing.
    ///
    /// # Errors
    /// As [`Self::open`]; and [`Refused`], with what happened and the way out.
    pub async fn open_guarded(url: &str, key: LogKey, guarding: Guarding, now: Timestamp) -> Result<Self> {
        let lock = OnlyWriter::of(url).await?;
        let pools = Pools::open(url).await?;
        let db = Box::pin(Self::examined(url, pools.clone(), key, guarding, lock, now)).await;
        if db.is_err() {
            pools.close().await;
        }
        db
    }

    async fn examined(
        url: &str,
        pools: Pools,
        key: LogKey,
        guarding: Guarding,
        lock: Option<OnlyWriter>,
        now: Timestamp,
    ) -> Result<Self> {
        pools.migrate().await?;
        let Guarding { old_key, high_water, known, purpose } = guarding;
        let place = high_water.map_or_else(|| Place::beside(url), Ok)?;
        let mut conn = pools.read().await?;
        let guard = Guard::open(&mut conn, &place, Signer::new(key, old_key).map_err(unsigned)?).await?;
        guard.check_key(&mut conn, purpose).await?;
        if purpose != Purpose::NewEpoch {
            guard.check_end(&mut conn).await?;
        }
        let mut lost = guard.lost(&mut conn, &known).await?;
        if lost.is_none() && purpose == Purpose::NewEpoch {
            lost = guard.damaged(&mut conn).await?;
        }
        match (lost, purpose) {
            (None, Purpose::NewEpoch) => Err(Refused::NothingLost(guard.signer.origin().clone()).into()),
            (Some(lost), Purpose::NewEpoch) => {
                drop(conn);
                let next = guard.next_epoch(&known).await?;
                let db = Self::start(pools, guard.in_epoch(next)?, lock);
                let lost = Recovered {
                    origin: lost.last.origin,
                    size: lost.last.size,
                    root: lost.last.root,
                    found: lost.found,
                };
                db.write(move |tx| Box::pin(async move { epoch::begin(tx, lost, now).await })).await?;
                Ok(db)
            }
            (Some(lost), Purpose::GoOn | Purpose::RotateKey) => Err(Refused::from(Box::new(lost)).into()),
            (None, Purpose::GoOn | Purpose::RotateKey) => {
                let newest = tile::newest_checkpoint(&mut conn, guard.signer.epoch().into()).await?;
                drop(conn);
                // What the database has above the mark was signed before it could be raised.
                if let Some((size, note)) = newest {
                    guard.tell_of_missing_mark(size).await;
                    guard.publish(&note).await?;
                }
                Ok(Self::start(pools, guard, lock))
            }
        }
    }

    fn start(pools: Pools, guard: Guard, lock: Option<OnlyWriter>) -> Self {
        let writer = commit::Writer::start(pools.clone(), guard.clone());
        let lock = Arc::new(Mutex::new(lock));
        let db = Self { pools, writer, guard, lock, wake: Arc::default() };
        db.trim_wal_in_background();
        db
    }

    /// The key that vouches for the log, in the epoch that is appended to.
    pub fn verifier(&self) -> Verifier {
        self.guard.signer.verifier()
    }

    /// This checkpoint of an epoch may be shown once this returns: nothing is shown that is above the high-water
    /// mark, so that what was seen cannot be taken back unnoticed.
    ///
    /// # Errors
    /// When the mark cannot be raised.
    pub async fn publish(&self, epoch: i64, note: &str) -> Result<()> {
        // An epoch is over when the mark is in a later one.
        if epoch >= i64::from(self.guard.signer.epoch()) { self.guard.publish(note).await } else { Ok(()) }
    }

    /// Everything that is in the log by now may be shown once this returns.
    ///
    /// # Errors
    /// When the mark cannot be raised.
    pub async fn publish_newest(&self) -> Result<()> {
        match anchor::head(&mut self.read().await?).await? {
            Some(head) => self.publish(head.epoch, &head.note).await,
            None => Ok(()),
        }
    }

    /// Nothing is appended any more until the program starts again, because the log has this fault.
    pub fn halt(&self, fault: String) {
        self.guard.halt(fault);
    }

    /// A connection to read with.
    pub async fn read(&self) -> Result<Conn> {
        self.pools.read().await
    }

    /// Runs `work` in a transaction that others may share, and returns when it is durable on disk.
    ///
    /// If `work` fails, nothing of it remains and the others are not affected.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Rings for whoever waits for deliveries.
    pub fn ring_inbox(&self) {
        self.wake.inbox.notify_one();
    }

    /// Rings for whoever waits for effects and notices.
    pub fn ring_outbox(&self) {
        self.wake.effects.notify_one();
        self.wake.notices.notify_one();
    }

    /// Waits until there may be deliveries; at most `limit`, since another replica's bell is not heard here.
    pub async fn inbox_rings(&self, limit: Duration) {
        let _ = tokio::time::timeout(limit, self.wake.inbox.notified()).await;
    }

    /// Waits until there may be effects; at most `limit`.
    pub async fn effects_ring(&self, limit: Duration) {
        let _ = tokio::time::timeout(limit, self.wake.effects.notified()).await;
    }

    /// Waits until there may be notices; at most `limit`.
    pub async fn notices_ring(&self, limit: Duration) {
        let _ = tokio::time::timeout(limit, self.wake.notices.notified()).await;
    }

    /// Stops taking writes, finishes those that wait, and closes every connection.
    pub async fn close(&self) {
        self.writer.stop().await;
        self.pools.close().await;
        self.guard.high_water.close().await;
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// SQLite's write-ahead log is folded back beside the commits, never within one: that pause would be
    /// some acknowledgement's p99.
    fn trim_wal_in_background(&self) {
        let Pools::Sqlite { read, .. } = self.pools.clone() else { return };
        tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_millis(500));
            while !read.is_closed() {
                every.tick().await;
                if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&read).await {
                    tracing::debug!(%error, "the write-ahead log could not be folded back now");
                }
            }
        });
    }
}

/// Brings the schema up to date, and does nothing else.
///
/// # Errors
/// As [`Db::open`].
pub async fn migrate(url: &str) -> Result<()> {
    let _lock = OnlyWriter::of(url).await?;
    let pools = Pools::open(url).await?;
    let migrated = pools.migrate().await;
    pools.close().await;
    migrated
}

impl ReadOnly {
    /// Opens a database that exists, with the schema of this version: of another, some of it would be misread.
    ///
    /// # Errors
    /// When the URL is neither `sqlite:` nor `postgres:`, there is no such database, or its schema is of a later
    /// version or an earlier one.
    pub async fn open(url: &str) -> Result<Self> {
        let pools = Pools::open_read_only(url).await?;
        let checked = pools.check_schema().await;
        if checked.is_err() {
            pools.close().await;
        }
        checked.map(|()| Self { pools })
    }

    /// A connection on which everything is as it is at this moment, whoever writes meanwhile.
    pub async fn moment(&self) -> Result<Conn> {
        let mut conn = self.pools.read().await?;
        // Its moment ends with it: given back, it would show that moment to whoever took it next.
        let begin = match &mut conn {
            Conn::Sqlite(conn) => {
                conn.close_on_drop();
                "BEGIN"
            }
            Conn::Postgres(conn) => {
                conn.close_on_drop();
                "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            }
        };
        on!(&mut conn, executor => sqlx::raw_sql(begin).execute(executor).await.map(|_| ()))?;
        Ok(conn)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pools.close().await;
    }
}

impl Pools {
    async fn open(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            return Self::open_sqlite(url).await;
        }
        if is_postgres(url) {
            return Ok(Self::Postgres(postgres_pool().connect_with(postgres_options(url)?).await?));
        }
        Err(Error::Url(format!(
            "{:?} names no database: write sqlite://FILE or postgres://USER@HOST/NAME",
            url.split("://").next().unwrap_or_default()
        )))
    }

    async fn open_sqlite(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let writing = options.clone().pragma("wal_autocheckpoint", "0");
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(writing).await?;
        let read = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        Ok(Self::Sqlite { write, read })
    }

    /// Each connection is closed when it comes back: it holds a moment that is over.
    async fn open_read_only(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false);
            let pool = SqlitePoolOptions::new().after_release(|_, _| Box::pin(async { Ok(false) }));
            let pool = pool.max_connections(1).connect_with(options).await?;
            return Ok(Self::Sqlite { write: pool.clone(), read: pool });
        }
        if is_postgres(url) {
            let pool = postgres_pool().after_release(|_, _| Box::pin(async { Ok(false) }));
            return Ok(Self::Postgres(pool.connect_with(postgres_options(url)?).await?));
        }
        Self::open(url).await
    }

    async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    async fn read(&self) -> Result<Conn> {
        Ok(match self {
            Self::Sqlite { read, .. } => Conn::Sqlite(read.acquire().await?),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    async fn write(&self) -> Result<Conn> {
        Ok(match self {
            Self::Sqlite { write, .. } => Conn::Sqlite(write.acquire().await?),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

fn postgres_options(url: &str) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url)?.application_name("countersign");
    Ok(options.options([("synchronous_commit", "on")]))
}

fn postgres_pool() -> PgPoolOptions {
    PgPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(10))
}
