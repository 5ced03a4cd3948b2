//! What stands in the log's tables beside what was signed is believed only as far as it follows from that: one bit
//! changed there, by a disk or by somebody with access, is found before anything grows on it.

use countersign::audit::{Kind, Source};
use countersign::db::{self, Db, Guarding, NewEntry, Place, Purpose};
use sqlx::AssertSqlSafe;

use crate::export::{NOW, append, countersign, said};
use crate::harness::Scenario;
use crate::harness::database::{by_hand, key, open, verified};
use crate::{on_both, scenario};

/// Something that stands beside what was signed.
struct Beside {
    table: &'static str,
    column: &'static str,
    /// Its row.
    row: &'static str,
    /// How `audit verify` names the row and the column.
    named: &'static str,
}

/// The rows that an append believes. The log has 300 entries, the last 20 in a transaction of their own.
const END: [Beside; 3] = [
    beside("frontier", "size = 300", "checkpoint 300: its `frontier`"),
    beside("root", "size = 300", "checkpoint 300: its `root`"),
    beside("at", "size = 300", "checkpoint 300: its `at`"),
];

/// The rows that no append looks at.
const OTHERS: [Beside; 6] = [
    beside("frontier", "size = 280", "checkpoint 280: its `frontier`"),
    beside("root", "size = 280", "checkpoint 280: its `root`"),
    Beside {
        table: "node",
        column: "hash",
        row: "level = 8 AND idx = 0",
        named: "node 0 of level 8: its `hash`",
    },
    Beside { table: "entry", column: "kind", row: "idx = 7", named: "entry 7: its `kind`" },
    Beside { table: "entry", column: "repo", row: "idx = 299", named: "entry 299: its `repo`" },
    Beside { table: "entry", column: "promotion", row: "idx = 0", named: "entry 0: its `promotion`" },
];

const fn beside(column: &'static str, row: &'static str, named: &'static str) -> Beside {
    Beside { table: "checkpoint", column, row, named }
}

impl Beside {
    /// Changes one bit of it, or changes it back.
    async fn flip(&self, url: &str) {
        let Self { table, column, row, .. } = self;
        let sqlite = url.starts_with("sqlite:");
        let value = match *column {
            "frontier" | "root" | "hash" => flipped(url, self, sqlite).await,
            "kind" => "CASE kind WHEN 'request.refused' THEN 'request.refuseb' ELSE 'request.refused' END"
                .to_owned(),
            "promotion" => "CASE WHEN promotion IS NULL THEN 1 END".to_owned(),
            number => format!("{number} + 1 - 2 * ({number} % 2)"),
        };
        past_triggers(url, table, &format!("UPDATE {table} SET {column} = {value} WHERE {row}")).await;
    }
}

/// A literal of its bytes with the last bit changed.
async fn flipped(url: &str, Beside { table, column, row, .. }: &Beside, sqlite: bool) -> String {
    let mut bytes: Vec<u8> = if sqlite {
        let sql = format!("SELECT {column} FROM {table} WHERE {row}");
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap()
    } else {
        let sql = format!("SELECT {column}::bytea FROM {table} WHERE {row}");
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap()
    };
    *bytes.last_mut().unwrap() ^= 1;
    let digits = hex::encode(bytes);
    if sqlite { format!("x'{digits}'") } else { format!("'\\x{digits}'") }
}

/// As somebody with the database's rights can.
async fn past_triggers(url: &str, table: &str, sql: &str) {
    let free = if url.starts_with("sqlite:") {
        format!("DROP TRIGGER IF EXISTS {table}_no_update; DROP TRIGGER IF EXISTS {table}_no_delete")
    } else {
        format!("ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
    };
    by_hand(url, &free).await.unwrap();
    by_hand(url, sql).await.unwrap();
}

async fn logged(url: &str) {
    let db = open(url).await;
    append(&db, 280).await;
    append(&db, 20).await;
    db.close().await;
}

/// What `audit verify` says of the database.
fn verify(url: &str, code: i32) -> String {
    let key = key().verifier().to_string();
    said(&countersign(&["audit", "verify", "--database", url, "--key", &key]), code)
}

async fn one_more(db: &Db) -> db::Result<u64> {
    let entry = NewEntry::new(Kind::Heartbeat, NOW, Source::internal("test"));
    db.write(move |tx| Box::pin(async move { tx.append(entry).await })).await
}

async fn guarded(url: &str) -> db::Result<Db> {
    let guarding = Guarding { high_water: Some(Place::Nowhere), ..Guarding::default() };
    Db::open_guarded(url, key(), guarding, NOW).await
}

on_both!(one_bit_beside_the_newest_note_is_named_and_nothing_grows_on_it, url => {
    logged(&url).await;
    for one in &END {
        one.flip(&url).await;
        let text = verify(&url, 1);
        assert!(text.starts_with("TAMPERED") && text.contains(one.named), "{text}");
        let refused = guarded(&url).await.unwrap_err().to_string();
        for words in ["checkpoint 300", "Nothing is signed on top of it", "`countersign audit verify`", "backup"] {
            assert!(refused.contains(words), "{refused}");
        }
        let unguarded = open(&url).await;
        assert!(one_more(&unguarded).await.is_err(), "{}", one.named);
        unguarded.close().await;
        one.flip(&url).await;
        assert!(verify(&url, 0).contains("VERIFIED: 300 entries"));
    }
    let db = guarded(&url).await.unwrap();
    assert_eq!(one_more(&db).await.unwrap(), 300);
    assert_eq!(verified(&db).await.entries, 301);
});

on_both!(a_bit_that_flips_while_the_program_runs_is_found_before_the_next_append, url => {
    let db = open(&url).await;
    append(&db, 280).await;
    append(&db, 20).await;
    for one in &END {
        one.flip(&url).await;
        assert!(one_more(&db).await.is_err(), "{}", one.named);
        one.flip(&url).await;
    }
    assert_eq!(one_more(&db).await.unwrap(), 300, "as it was signed, it goes on");
    assert_eq!(verified(&db).await.entries, 301);
});

on_both!(one_bit_of_what_no_append_looks_at_is_named, url => {
    logged(&url).await;
    for one in &OTHERS {
        one.flip(&url).await;
        let text = verify(&url, 1);
        assert!(text.starts_with("TAMPERED") && text.contains(one.named), "{} in {text}", one.named);
        one.flip(&url).await;
        assert!(verify(&url, 0).contains("VERIFIED: 300 entries"));
    }
    for (level, idx) in [(8, 1), (16, 0), (3, 0)] {
        let strange = format!("INSERT INTO node SELECT log, {level}, {idx}, hash FROM node WHERE level = 8 AND idx = 0");
        by_hand(&url, &strange).await.unwrap();
        let text = verify(&url, 1);
        assert!(text.contains(&format!("node {idx} of level {level}")), "{text}");
        past_triggers(&url, "node", &format!("DELETE FROM node WHERE level = {level} AND idx = {idx}")).await;
    }
    assert!(verify(&url, 0).contains("VERIFIED: 300 entries"));
});

on_both!(the_last_entry_is_believed_only_under_the_newest_note, url => {
    logged(&url).await;
    let leaf = Beside { table: "entry", column: "leaf_hash", row: "idx = 299", named: "" };
    let bytes = flipped(&url, &leaf, url.starts_with("sqlite:")).await;
    past_triggers(&url, "entry", &format!("UPDATE entry SET leaf_hash = {bytes}, body = {bytes} WHERE idx = 299")).await;
    let refused = guarded(&url).await.unwrap_err().to_string();
    assert!(refused.contains("its last entry"), "{refused}");
});

on_both!(a_size_that_was_not_signed_is_refused, url => {
    logged(&url).await;
    past_triggers(&url, "checkpoint", "UPDATE checkpoint SET size = 301 WHERE size = 300").await;
    let refused = guarded(&url).await.unwrap_err().to_string();
    assert!(refused.contains("checkpoint 301: its `size`"), "{refused}");
    let text = verify(&url, 1);
    assert!(text.contains("checkpoint 301: its `size`"), "{text}");
});

on_both!(a_damaged_end_of_which_there_is_no_backup_is_followed_by_the_next_epoch, url => {
    let next = || Guarding { high_water: Some(Place::Nowhere), purpose: Purpose::NewEpoch, ..Guarding::default() };
    logged(&url).await;
    let refused = Db::open_guarded(&url, key(), next(), NOW).await.unwrap_err().to_string();
    assert!(refused.contains("nothing is missing"), "{refused}");
    END[0].flip(&url).await;
    let db = Db::open_guarded(&url, key(), next(), NOW).await.unwrap();
    one_more(&db).await.unwrap();
    db.close().await;
    guarded(&url).await.unwrap().close().await;
    let text = verify(&url, 1);
    assert!(text.contains(END[0].named) && text.contains("VERIFIED: 2 entries"), "{text}");
    END[0].flip(&url).await;
    let text = verify(&url, 0);
    assert!(text.contains("VERIFIED: 300 entries") && text.contains("VERIFIED: 2 entries"), "{text}");
});

/// Nothing is appended once the server has looked at its own log.
async fn halts(s: &Scenario, one: &Beside) {
    s.workers.audit_log().await.unwrap();
    let why = one_more(&s.app.db).await.unwrap_err().to_string();
    assert!(why.contains("does not verify") && why.contains(one.named), "{} in {why}", one.named);
}

macro_rules! halting {
    ($($name:ident: $one:expr;)*) => {
        $(scenario!($name, s => {
            append(&s.app.db, 280).await;
            append(&s.app.db, 20).await;
            let one = $one;
            one.flip(&s.database).await;
            halts(s, &one).await;
            one.flip(&s.database).await;
        });)*
    };
}

halting! {
    the_self_audit_halts_for_an_older_frontier:
        beside("frontier", "size = (SELECT MIN(size) FROM checkpoint)", "its `frontier`");
    the_self_audit_halts_for_an_older_root:
        beside("root", "size = (SELECT MIN(size) FROM checkpoint)", "its `root`");
    the_self_audit_halts_for_a_node:
        Beside { table: "node", column: "hash", row: "level = 8 AND idx = 0", named: "node 0 of level 8" };
    the_self_audit_halts_for_a_label:
        Beside { table: "entry", column: "kind", row: "idx = 200", named: "entry 200: its `kind`" };
}

// The append itself refuses such an end, too: here it is as it was again, and the self-audit has seen it.
scenario!(the_self_audit_halts_for_the_newest_frontier, s => {
    append(&s.app.db, 280).await;
    append(&s.app.db, 20).await;
    let one = beside("frontier", "size = (SELECT MAX(size) FROM checkpoint)", "its `frontier`");
    one.flip(&s.database).await;
    s.workers.audit_log().await.unwrap();
    one.flip(&s.database).await;
    let why = one_more(&s.app.db).await.unwrap_err().to_string();
    assert!(why.contains("does not verify") && why.contains(one.named), "{why}");
});
