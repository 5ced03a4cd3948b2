//! The mark in another database: one row for each log, swapped only by those who know what it holds.

use crate::audit::Origin;
use crate::db::{Pools, Refused, Result, on};

/// What it is called in messages: the URL may hold a password.
pub(super) const NAME: &str = "in the second database";

#[derive(Debug)]
pub(super) struct Table {
    pools: Pools,
    origin: String,
}

impl Table {
    pub(super) async fn open(url: &str, origin: &Origin) -> Result<Self> {
        let table = async {
            let pools = Pools::open(url).await?;
            on!(&mut pools.read().await?, executor => sqlx::raw_sql(
                "CREATE TABLE IF NOT EXISTS high_water (origin TEXT NOT NULL PRIMARY KEY, note TEXT NOT NULL)")
                .execute(executor).await.map(drop))?;
            Ok(Self { pools, origin: origin.to_string() })
        };
        table.await.map_err(|error| unusable("opened", &error))
    }

    pub(super) async fn read(&self) -> Result<Option<String>> {
        let read = async {
            let row = on!(&mut self.pools.read().await?, executor => sqlx::query_as::<_, (String,)>(
                "SELECT note FROM high_water WHERE origin = $1")
                .bind(self.origin.clone()).fetch_optional(executor).await)?;
            Ok(row.map(|(note,)| note))
        };
        read.await.map_err(|error| unusable("read", &error))
    }

    /// Puts `new` in place of `old`; false if it is not `old` that stands there.
    pub(super) async fn swap(&self, old: Option<&str>, new: &str) -> Result<bool> {
        let swap = async {
            let (origin, new) = (self.origin.clone(), new.to_owned());
            let mut conn = self.pools.read().await?;
            let changed = match old.map(str::to_owned) {
                Some(old) => on!(&mut conn, executor => sqlx::query(
                    "UPDATE high_water SET note = $3 WHERE origin = $1 AND note = $2")
                    .bind(origin).bind(old).bind(new).execute(executor).await.map(|done| done.rows_affected())),
                None => on!(&mut conn, executor => sqlx::query(
                    "INSERT INTO high_water (origin, note) VALUES ($1, $2) ON CONFLICT (origin) DO NOTHING")
                    .bind(origin).bind(new).execute(executor).await.map(|done| done.rows_affected())),
            };
            Ok(changed? == 1)
        };
        swap.await.map_err(|error| unusable("raised", &error))
    }

    pub(super) async fn close(&self) {
        self.pools.close().await;
    }
}

fn unusable(what: &'static str, error: &crate::db::Error) -> crate::db::Error {
    let why = match error {
        crate::db::Error::Sql(why) => why.to_string(),
        other => other.to_string(),
    };
    Refused::Mark { place: NAME.to_owned(), what, why }.into()
}
