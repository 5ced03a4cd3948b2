//! What the database promises, on both: migrations, an append-only log, commits that are shared.

use std::time::Duration;

use countersign::audit::{Decoded, Kind, Source};
use countersign::clock::Timestamp;
use countersign::db::inbox::{self, NewDelivery};
use countersign::db::{self, Db, NewEntry, audit, promotion};
use countersign::ids::PromotionId;
use countersign::ids::PromotionNumber;
use futures_util::future::join_all;

use crate::harness::database::{by_hand, columns, open, verified};
use crate::harness::{On, postgres};
use crate::{on_both, scenario};

const NOW: Timestamp = Timestamp(1_795_252_500_000);

fn entry(now: Timestamp) -> NewEntry {
    NewEntry::new(Kind::RequestRefused, now, Source::internal("test")).refused("head_moved")
}

on_both!(migrations_run_from_the_first_and_again_change_nothing, url => {
    let first = open(&url).await;
    first.write(|tx| Box::pin(async move { tx.append(entry(NOW)).await })).await.unwrap();
    first.close().await;
    let before = columns(&url).await;
    let second = open(&url).await;
    assert_eq!(columns(&url).await, before);
    assert_eq!(verified(&second).await.entries, 1, "and what was there still is");
});

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let Some(shared) = postgres::fresh_database().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let embedded = format!("sqlite://{}", folder.path().join("countersign.db").display());
    open(&shared).await.close().await;
    open(&embedded).await.close().await;
    let tables = columns(&embedded).await;
    assert!(tables.len() > 60, "{tables:#?}");
    assert_eq!(tables, columns(&shared).await);
}

on_both!(the_log_can_only_be_appended_to, url => {
    let db = open(&url).await;
    for _ in 0..300 {
        db.write(|tx| Box::pin(async move { tx.append(entry(NOW)).await })).await.unwrap();
    }
    for sql in [
        "UPDATE entry SET kind = 'vote.recorded' WHERE idx = 0",
        "DELETE FROM entry WHERE idx = 0",
        "UPDATE checkpoint SET note = 'x'",
        "DELETE FROM checkpoint",
        "UPDATE node SET idx = 7",
        "DELETE FROM node",
    ] {
        let refused = by_hand(&url, sql).await.expect_err(sql).to_string();
        assert!(refused.contains("the log is append-only"), "{sql}: {refused}");
    }
    by_hand(&url, "DELETE FROM disclosure").await.expect("personal data may be forgotten");
    assert_eq!(verified(&db).await.entries, 300, "and the log verifies without it");
});

on_both!(writes_share_commits_and_failed_ones_leave_nothing, url => {
    let db = open(&url).await;
    let writes = (0..60).map(|number| {
        let db = db.clone();
        async move {
            let delivery = NewDelivery {
                guid: format!("guid-{number}").parse().unwrap(),
                event: "push".to_owned(),
                lane: 1,
                received_at: NOW,
                body: inbox::pack(b"{}"),
            };
            let result = db.write(move |tx| Box::pin(async move {
                inbox::insert(tx.conn(), &delivery).await?;
                let index = tx.append(entry(NOW)).await?;
                match number % 4 {
                    1 => Err(db::Error::Stale("test".to_owned())),
                    2 => panic!("a piece of work that panics"),
                    3 => promotion::find(tx.conn(), PromotionId { repo: countersign::ids::RepoId(1), number: PromotionNumber(1) }).await.map(|_| index),
                    _ => Ok(index),
                }
            })).await;
            (number, result)
        }
    });
    let results = join_all(writes).await;
    let mut kept: Vec<u64> = Vec::new();
    for (number, result) in results {
        assert_eq!(result.is_ok(), matches!(number % 4, 0 | 3), "{number}: {result:?}");
        kept.extend(result.ok());
    }
    kept.sort_unstable();
    assert_eq!(kept, (0..30).collect::<Vec<_>>(), "indexes are given without a gap");
    db.close().await;
    let db = open(&url).await;
    let log = verified(&db).await;
    assert_eq!(log.entries, 30);
    assert!(log.checkpoints < 30, "{} commits for 60 writes", log.checkpoints);
    let mut conn = db.read().await.unwrap();
    assert_eq!(inbox::depth(&mut conn).await.unwrap().waiting, 30);
});

// A statement that the database refuses spoils neither the others nor the log.
on_both!(a_statement_that_fails_takes_nobody_with_it, url => {
    let db = open(&url).await;
    let taken = |number: i64| {
        let db = db.clone();
        async move {
            db.write(move |tx| Box::pin(async move {
                tx.append(entry(NOW)).await?;
                let sql = "INSERT INTO vote (repo, promotion, voter, login, choice, at) VALUES (1, 1, 1, 'a', 'neither', 1)";
                match (number % 2, tx.conn()) {
                    (0, _) => Ok(()),
                    (_, db::Conn::Sqlite(conn)) => Ok(sqlx::query(sql).execute(&mut **conn).await.map(drop)?),
                    (_, db::Conn::Postgres(conn)) => Ok(sqlx::query(sql).execute(&mut **conn).await.map(drop)?),
                }
            })).await
        }
    };
    for (number, result) in (0..).zip(join_all((0..20).map(taken)).await) {
        assert_eq!(result.is_ok(), number % 2 == 0, "{number}: {result:?}");
    }
    assert_eq!(verified(&db).await.entries, 10);
});

on_both!(time_does_not_go_back_in_the_log, url => {
    let db = open(&url).await;
    for seconds in [100, 40, 0, 101, 99] {
        let now = NOW.plus(Duration::from_secs(seconds));
        db.write(move |tx| Box::pin(async move { tx.append(entry(now)).await })).await.unwrap();
    }
    assert_eq!(observed(&db).await, [100, 100, 100, 101, 101]);
});

async fn observed(db: &Db) -> Vec<u64> {
    let mut conn = db.read().await.unwrap();
    let entries = audit::entries_from(&mut conn, 0, 100).await.unwrap();
    let seconds = |stored: &audit::StoredEntry| {
        Decoded::parse(&stored.body).unwrap().entry.observed_at.since(NOW).as_secs()
    };
    entries.iter().map(seconds).collect()
}

/// PostgreSQL's writers take turns: two programs append to one log, and it is one log.
#[tokio::test]
async fn two_programs_append_to_one_log() {
    crate::harness::database::with(On::Postgres, async |url| {
        let (one, two) = (open(&url).await, open(&url).await);
        let append = |db: Db| async move {
            for _ in 0..20 {
                db.write(|tx| Box::pin(async move { tx.append(entry(NOW)).await })).await.unwrap();
            }
        };
        tokio::join!(append(one.clone()), append(two.clone()), append(one.clone()), append(two));
        assert_eq!(verified(&one).await.entries, 80);
    })
    .await;
}

scenario!(who_read_before_somebody_else_wrote_must_read_again, s => {
    s.comment("alice", "/promote production").await;
    let mut conn = s.app.db.read().await.unwrap();
    let repo = countersign::ids::RepoId(200);
    let read = promotion::open(&mut conn, repo).await.unwrap().remove(0);
    drop(conn);
    let (first, second) = (read.clone(), read);
    s.app.db.write(move |tx| Box::pin(async move { promotion::update(tx, &first, None).await })).await.unwrap();
    let late = s.app.db.write(move |tx| Box::pin(async move { promotion::update(tx, &second, None).await })).await;
    assert!(matches!(late, Err(db::Error::Stale(_))), "{late:?}");
});
