//! The schema: forward only, written once where the DDL is common and per database where it is not.

use std::collections::BTreeSet;

use sqlx::migrate::{MigrateError, Migration, Migrator};

use crate::db::{Conn, Error, Pools, Result, backfill, on};

static COMMON: Migrator = sqlx::migrate!("./migrations");
static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

impl Pools {
    pub(super) async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { .. } => self.run(in_order(&SQLITE)).await?,
            Self::Postgres(_) => self.run(in_order(&POSTGRES)).await?,
        }
        backfill::run(self).await
    }

    /// That the schema is the one that [`Self::migrate`] makes, for who may only read.
    pub(super) async fn check_schema(&self) -> Result<()> {
        let mut conn = self.read().await?;
        let own = match &conn {
            Conn::Sqlite(_) => &SQLITE,
            Conn::Postgres(_) => &POSTGRES,
        };
        compare(&in_order(own), &applied(&mut conn).await?)
    }

    /// What was migrated by a later version is left as it is: this one would not know what it writes into.
    async fn run(&self, migrator: Migrator) -> Result<()> {
        let migrated = match self {
            Self::Sqlite { write, .. } => migrator.run(write).await,
            Self::Postgres(pool) => migrator.run(pool).await,
        };
        migrated.map_err(|error| match error {
            MigrateError::VersionMissing(migration) => Error::LaterSchema { migration },
            error => Error::Migrate(error),
        })
    }
}

/// As migrating does it: what this version does not know comes before what is missing.
fn compare(known: &Migrator, applied: &BTreeSet<i64>) -> Result<()> {
    let known: BTreeSet<i64> = known.iter().map(|migration| migration.version).collect();
    if let Some(&migration) = applied.difference(&known).next() {
        return Err(Error::LaterSchema { migration });
    }
    match known.difference(applied).next() {
        Some(&migration) => Err(Error::EarlierSchema { migration }),
        None => Ok(()),
    }
}

/// The migrations that were run to their end; none where there is no table of them.
async fn applied(conn: &mut Conn) -> Result<BTreeSet<i64>> {
    let table = match conn {
        Conn::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
        Conn::Postgres(_) => "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')",
    };
    let tables: i64 = on!(&mut *conn, executor => sqlx::query_scalar(table).fetch_one(executor).await)?;
    if tables == 0 {
        return Ok(BTreeSet::new());
    }
    let versions = "SELECT version FROM _sqlx_migrations WHERE success";
    let versions: Vec<i64> = on!(conn, executor => sqlx::query_scalar(versions).fetch_all(executor).await)?;
    Ok(versions.into_iter().collect())
}

fn in_order(own: &Migrator) -> Migrator {
    let mut all: Vec<Migration> = COMMON.iter().chain(own.iter()).cloned().collect();
    all.sort_by_key(|migration| migration.version);
    Migrator::with_migrations(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The newest migration of 0.1.0.
    const OF_0_1_0: i64 = 20_261_121_160_200;

    #[tokio::test]
    async fn a_schema_that_a_later_version_made_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("countersign.db").display());
        let pools = Pools::open(&url).await.unwrap();
        pools.migrate().await.unwrap();
        let today = in_order(&SQLITE);
        let of_0_1_0 = today.iter().filter(|migration| migration.version <= OF_0_1_0).cloned().collect();
        let later = today.iter().find(|migration| migration.version > OF_0_1_0).unwrap().version;
        let error = pools.run(Migrator::with_migrations(of_0_1_0)).await.unwrap_err();
        assert!(matches!(error, Error::LaterSchema { migration } if migration == later), "{error:?}");
        insta::assert_snapshot!(error.to_string().replace(&later.to_string(), "N"), @"the database is of a later version of Countersign: its schema has the migration N, which this version does not know. Nothing was changed. Start that version or a later one, or restore a backup from before it was started");
        pools.close().await;
    }
}
