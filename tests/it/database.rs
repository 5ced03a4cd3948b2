//! What the database promises, on both: migrations, an append-only log, commits that are shared.

use std::time::Duration;

use countersign::audit::{ActorRole, Decoded, Kind, Source};
use countersign::clock::Timestamp;
use countersign::db::inbox::{self, NewDelivery};
use countersign::db::{self, Db, NewEntry, audit, promotion};
use countersign::ids::{Actor, PromotionId, PromotionNumber, UserId};
use futures_util::future::join_all;
use sqlx::AssertSqlSafe;

use crate::harness::database::{by_hand, columns, key, open, verified};
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

on_both!(a_schema_of_a_later_version_is_refused_and_left_as_it_is, url => {
    open(&url).await.close().await;
    // Columns that every version of the table has, on both databases.
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 SELECT 29990101000000, 'later', success, checksum, 0 FROM _sqlx_migrations ORDER BY version LIMIT 1";
    by_hand(&url, later).await.unwrap();
    let before = columns(&url).await;
    let to_read = db::ReadOnly::open(&url).await.map(drop);
    for refused in [Db::open(&url, key()).await.map(drop), db::migrate(&url).await, to_read] {
        let why = refused.unwrap_err().to_string();
        assert!(why.contains("29990101000000") && why.contains("Start that version"), "{why}");
    }
    assert_eq!(columns(&url).await, before);
});

on_both!(a_schema_of_an_earlier_version_is_not_read_and_the_way_out_is_said, url => {
    open(&url).await.close().await;
    db::ReadOnly::open(&url).await.unwrap().close().await;
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
    for (change, why) in [
        (newest, "`countersign migrate` brings it up to date"),
        ("DROP TABLE _sqlx_migrations", "or of none"),
    ] {
        by_hand(&url, change).await.unwrap();
        let refused = db::ReadOnly::open(&url).await.map(drop).unwrap_err();
        assert!(matches!(refused, db::Error::EarlierSchema { .. }), "{refused:?}");
        assert!(refused.to_string().contains(why), "{refused}");
    }
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

on_both!(each_moment_shows_what_was_there_when_it_began, url => {
    let (db, reader) = (open(&url).await, db::ReadOnly::open(&url).await.unwrap());
    for entries in 1..=3 {
        db.write(|tx| Box::pin(async move { tx.append(entry(NOW)).await })).await.unwrap();
        let mut moment = reader.moment().await.unwrap();
        let newest = db::tile::newest_checkpoint(&mut moment, 0).await.unwrap();
        assert_eq!(newest.map(|(size, _)| size), Some(entries));
    }
});

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
            let result = db.write(move |tx| Box::pin(async move {
                inbox::insert(tx.conn().await?, &delivery(number)).await?;
                let index = tx.append(entry(NOW)).await?;
                match number % 4 {
                    1 => Err(db::Error::Stale("test".to_owned())),
                    2 => panic!("a piece of work that panics"),
                    3 => promotion::find(tx.conn().await?, PromotionId { repo: countersign::ids::RepoId(1), number: PromotionNumber(1) }).await.map(|_| index),
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
                match (number % 2, tx.conn().await?) {
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

fn by(login: &str, number: u64) -> NewEntry {
    let actor = Actor { id: UserId(1), login: login.parse().unwrap(), bot: false };
    entry(NOW).actor(ActorRole::Requester, &actor).reason(Some(&format!("reason {number}")))
}

fn delivery(number: u64) -> NewDelivery {
    NewDelivery {
        guid: format!("guid-{number}").parse().unwrap(),
        event: "push".to_owned(),
        lane: 1,
        received_at: NOW,
        body: inbox::pack(b"{}"),
    }
}

async fn count(url: &str, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    if url.starts_with("sqlite:") {
        sqlx::query_scalar(sql).fetch_one(&sqlx::SqlitePool::connect(url).await.unwrap()).await.unwrap()
    } else {
        sqlx::query_scalar(sql).fetch_one(&sqlx::PgPool::connect(url).await.unwrap()).await.unwrap()
    }
}

on_both!(what_was_appended_stands_in_the_tables_for_the_next_statement, url => {
    let db = open(&url).await;
    let seen = db.write(|tx| Box::pin(async move {
        let mut seen = Vec::new();
        for number in 0..3 {
            tx.append(by("alice", number)).await?;
            seen.push(audit::entries_from(tx.conn().await?, 0, 10).await?.len());
        }
        Ok(seen)
    })).await.unwrap();
    assert_eq!(seen, [1, 2, 3]);
});

on_both!(one_transaction_may_append_more_than_one_statement_inserts, url => {
    let db = open(&url).await;
    db.write(|tx| Box::pin(async move {
        for number in 0..700 {
            assert_eq!(tx.append(by("alice", number)).await?, number);
        }
        Ok(())
    })).await.unwrap();
    let log = verified(&db).await;
    assert_eq!((log.entries, log.checkpoints), (700, 1));
    assert_eq!(count(&url, "disclosure").await, 1400);
    assert_eq!(count(&url, "node").await, 2, "the tops of two full tiles");
});

// Those that only append are forgotten in memory; those that also ran SQL are rolled back.
on_both!(a_piece_of_work_that_fails_after_appending_leaves_no_row, url => {
    let db = open(&url).await;
    let writes = (0..120).map(|number| {
        let db = db.clone();
        async move {
            db.write(move |tx| Box::pin(async move {
                let index = tx.append(by("alice", number)).await?;
                if number % 3 == 1 {
                    inbox::insert(tx.conn().await?, &delivery(number)).await?;
                    tx.append(by("bob", number)).await?;
                }
                if number % 2 == 0 { Ok(index) } else { Err(db::Error::Stale("test".to_owned())) }
            })).await
        }
    });
    let kept = join_all(writes).await.iter().filter(|result| result.is_ok()).count();
    assert_eq!(kept, 60);
    assert_eq!(verified(&db).await.entries, 60 + 20, "every sixth appended two");
    assert_eq!(count(&url, "disclosure").await, 2 * (60 + 20));
    assert_eq!(count(&url, "delivery").await, 20);
});

/// What somebody with access to the database, or a bad disk, may do to an entry on its way there.
fn tampering(url: &str, sqlite: &str, postgres: &str) -> String {
    if url.starts_with("sqlite:") {
        return format!(
            "DROP TRIGGER entry_no_update; DROP TRIGGER entry_no_delete; \
             CREATE TRIGGER tamper AFTER INSERT ON entry WHEN NEW.idx = 3 BEGIN {sqlite}; END;"
        );
    }
    format!(
        "CREATE FUNCTION tamper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {postgres}; RETURN NEW; END $$; \
         CREATE TRIGGER tamper BEFORE INSERT ON entry FOR EACH ROW WHEN (NEW.idx = 3) EXECUTE FUNCTION tamper();"
    )
}

fn no_tampering(url: &str) -> &'static str {
    if url.starts_with("sqlite:") { "DROP TRIGGER tamper" } else { "DROP FUNCTION tamper CASCADE" }
}

/// Nothing that was stored otherwise than it was hashed is ever signed.
async fn is_not_signed(url: &str, sqlite: &str, postgres: &str) {
    let db = open(url).await;
    let append = |number| {
        db.write(move |tx| {
            Box::pin(async move {
                inbox::insert(tx.conn().await?, &delivery(number)).await?;
                tx.append(by("alice", number)).await
            })
        })
    };
    for number in 0..3 {
        append(number).await.unwrap();
    }
    by_hand(url, &tampering(url, sqlite, postgres)).await.unwrap();
    let refused = format!("{:?}", append(3).await.expect_err("a signature over something else"));
    assert!(refused.contains("read back"), "{refused}");
    assert_eq!(verified(&db).await.entries, 3);
    assert_eq!(
        (count(url, "disclosure").await, count(url, "delivery").await),
        (6, 3),
        "nothing of it remains"
    );
    by_hand(url, no_tampering(url)).await.unwrap();
    assert_eq!(append(3).await.unwrap(), 3, "and the log goes on where it was");
    assert_eq!(verified(&db).await.entries, 4);
}

on_both!(an_entry_with_another_byte_is_not_signed, url => {
    is_not_signed(
        &url,
        "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'head_moved', 'head_Moved') AS BLOB) WHERE idx = NEW.idx",
        "NEW.body := set_byte(NEW.body, 100, get_byte(NEW.body, 100) # 1)",
    ).await;
});

on_both!(an_entry_beside_another_hash_is_not_signed, url => {
    is_not_signed(
        &url,
        "UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = NEW.idx",
        "NEW.leaf_hash := set_byte(NEW.leaf_hash, 0, get_byte(NEW.leaf_hash, 0) # 1)",
    ).await;
});

on_both!(an_entry_that_is_not_there_is_not_signed, url => {
    is_not_signed(&url, "DELETE FROM entry WHERE idx = NEW.idx", "RETURN NULL").await;
});

on_both!(an_entry_that_was_changed_with_its_hash_is_not_signed, url => {
    is_not_signed(
        &url,
        "UPDATE entry SET (body, leaf_hash) = (SELECT body, leaf_hash FROM entry WHERE idx = 2) WHERE idx = NEW.idx",
        "SELECT body, leaf_hash INTO NEW.body, NEW.leaf_hash FROM entry WHERE idx = 2",
    ).await;
});

on_both!(an_entry_that_cannot_be_stored_fails_all_who_share_its_commit, url => {
    let db = open(&url).await;
    by_hand(&url, &tampering(&url, "SELECT RAISE(ABORT, 'no')", "RAISE EXCEPTION 'no'")).await.unwrap();
    let writes = (0..60).map(|number| {
        let db = db.clone();
        async move {
            db.write(move |tx| Box::pin(async move {
                if number % 2 == 0 {
                    return tx.append(by("alice", number)).await.map(drop);
                }
                inbox::insert(tx.conn().await?, &delivery(number)).await.map(drop)
            })).await
        }
    });
    let results = join_all(writes).await;
    let kept = |rest| results.iter().skip(rest).step_by(2).filter(|result| result.is_ok()).count();
    assert!(kept(0) <= 3, "the fourth entry is refused");
    assert_eq!(i64::try_from(kept(1)).unwrap(), count(&url, "delivery").await, "what was acknowledged is there");
    assert_eq!(i64::try_from(kept(0)).unwrap(), count(&url, "entry").await);
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
