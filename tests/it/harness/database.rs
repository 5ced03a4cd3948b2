//! A database alone, without the program around it.

use countersign::audit::{Hash, LogKey, LogVerifier, Verified, Verifier};
use countersign::db::{Db, audit};
use countersign::ids::{InstallationId, Repo, RepoId};
use sqlx::{AssertSqlSafe, Row as _};

use super::{On, postgres};

/// Declares one test for both databases; the body gets a fresh database's URL.
#[macro_export]
macro_rules! on_both {
    ($(#[$meta:meta])* $name:ident, $url:ident => $body:block) => {
        mod $name {
            use super::*;

            async fn test($url: String) $body

            $(#[$meta])*
            #[tokio::test]
            async fn on_sqlite() {
                $crate::harness::database::with($crate::harness::On::Sqlite, async |url| test(url).await).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn on_postgres() {
                $crate::harness::database::with($crate::harness::On::Postgres, async |url| test(url).await).await;
            }
        }
    };
}

/// Runs a test with a fresh database, unless there is no PostgreSQL here.
pub async fn with(on: On, test: impl AsyncFn(String)) {
    let folder = tempfile::tempdir().unwrap();
    match on {
        On::Sqlite => test(format!("sqlite://{}", folder.path().join("countersign.db").display())).await,
        On::Postgres => {
            if let Some(url) = postgres::fresh_database().await {
                test(url).await;
            }
        }
    }
}

/// The key that every test's log is signed with.
pub fn key() -> LogKey {
    LogKey::from_seed("countersign.example/acme".parse().unwrap(), [7; 32])
}

/// The database at that URL.
pub async fn open(url: &str) -> Db {
    Db::open(url, key()).await.unwrap()
}

/// A backup of a database that nobody has open, under a URL of its own.
pub async fn backup_of(url: &str) -> String {
    let Some(file) = url.strip_prefix("sqlite://") else { return postgres::copy_of(url).await };
    let copy = format!("{file}.backup");
    std::fs::copy(file, &copy).unwrap();
    format!("sqlite://{copy}")
}

/// A repository.
pub fn shop() -> Repo {
    Repo { id: RepoId(1), name: "acme/shop".parse().unwrap(), installation: InstallationId(2) }
}

/// The whole log, checked from its first entry with every checkpoint that was signed.
pub async fn verified(db: &Db) -> Verified {
    verified_with(db, db.verifier()).await
}

/// The same, of a log with another key.
pub async fn verified_with(db: &Db, by: Verifier) -> Verified {
    let mut conn = db.read().await.unwrap();
    let entries = audit::entries_from(&mut conn, 0, 100_000).await.unwrap();
    let checkpoints = audit::checkpoints_after(&mut conn, 0, 100_000).await.unwrap();
    let latest = audit::latest_checkpoint(&mut conn).await.unwrap().expect("a checkpoint");
    let mut verifier = LogVerifier::new(by);
    let mut waiting = checkpoints.iter().peekable();
    for entry in &entries {
        let hash = Hash::from_slice(&entry.leaf_hash).unwrap();
        verifier.entry(entry.index, &entry.body, Some(hash)).unwrap();
        while let Some((_, note)) = waiting.next_if(|(size, _)| *size == entry.index + 1) {
            verifier.checkpoint(note).unwrap();
        }
    }
    assert!(waiting.next().is_none(), "a checkpoint of entries that are not there");
    verifier.finish(&latest).unwrap()
}

/// Runs SQL past the program, as somebody with access to the database would.
pub async fn by_hand(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&pool).await.map(drop)
    } else {
        let pool = sqlx::PgPool::connect(url).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&pool).await.map(drop)
    }
}

/// What a query gives: every row as one text, its values (texts all of them) between bars.
pub async fn told(url: &str, sql: &str) -> Vec<String> {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        let rows = sqlx::query(sql).fetch_all(&pool).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect()
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        let rows = sqlx::query(sql).fetch_all(&pool).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect()
    }
}

/// Every value of every table, as bytes, with its column.
pub async fn every_value(url: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for column in columns(url).await {
        let (table, name) = column.split_once('.').unwrap();
        let values: Vec<Option<Vec<u8>>> = if url.starts_with("sqlite:") {
            let pool = sqlx::SqlitePool::connect(url).await.unwrap();
            let sql = format!("SELECT CAST({name} AS BLOB) FROM {table}");
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap()
        } else {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            let sql = format!(
                "SELECT CASE WHEN pg_typeof({name})::text IN ('bytea', 'blob') THEN decode(ltrim({name}::text, '\\x'), 'hex') \
                 ELSE convert_to({name}::text, 'UTF8') END FROM {table}"
            );
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap()
        };
        found.extend(values.into_iter().flatten().map(|value| (column.clone(), value)));
    }
    found
}

/// Every table's columns, in their order.
pub async fn columns(url: &str) -> Vec<String> {
    let rows: Vec<String> = if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        let sql = "SELECT t.name || '.' || c.name AS name FROM sqlite_master t, pragma_table_info(t.name) c \
                   WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
        let rows = sqlx::query(sql).fetch_all(&pool).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        let sql = "SELECT table_name || '.' || column_name FROM information_schema.columns \
                   WHERE table_schema = 'public' ORDER BY table_name, ordinal_position";
        let rows = sqlx::query(sql).fetch_all(&pool).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    rows.into_iter().filter(|column| !column.starts_with("_sqlx_migrations")).collect()
}
