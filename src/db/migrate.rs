//! The schema: forward only, written once where the DDL is common and per database where it is not.

use sqlx::migrate::{Migration, Migrator};

use crate::db::{Pools, Result, backfill};

static COMMON: Migrator = sqlx::migrate!("./migrations");
static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

impl Pools {
    pub(super) async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { write, .. } => in_order(&SQLITE).run(write).await?,
            Self::Postgres(pool) => in_order(&POSTGRES).run(pool).await?,
        }
        backfill::run(self).await
    }
}

fn in_order(own: &Migrator) -> Migrator {
    let mut all: Vec<Migration> = COMMON.iter().chain(own.iter()).cloned().collect();
    all.sort_by_key(|migration| migration.version);
    Migrator::with_migrations(all)
}
