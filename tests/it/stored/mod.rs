//! What a released version stored is read, migrated, verified, replayed and continued by this one, for ever.

mod continued;
mod documents;
mod write;

use countersign::db;
use countersign::trail::replay::replay;

use crate::export::{countersign, said};
use crate::harness::database::{columns, key, told};
use crate::harness::released::{Release, V0_1_0};
use crate::on_both;

/// Nothing of the story has them: they come from witnesses, authorities and places outside.
const EMPTY: [&str; 3] = ["anchor", "cosignature", "timestamp_token"];

/// Every release whose database is kept.
const RELEASES: [Release; 1] = [V0_1_0];

on_both!(every_table_of_a_release_has_rows_here, url => {
    V0_1_0.makes(&url).await;
    let there: Vec<String> = V0_1_0.tables().into_iter().map(|(table, _)| table).collect();
    let mut wanted: Vec<String> =
        columns(&url).await.iter().map(|column| column.split_once('.').unwrap().0.to_owned()).collect();
    wanted.sort();
    wanted.dedup();
    wanted.retain(|table| !table.starts_with("_sqlx"));
    assert_eq!(there, wanted);
    for (table, rows) in V0_1_0.tables() {
        assert_eq!(rows.is_empty(), EMPTY.contains(&table.as_str()), "{table}");
    }
});

on_both!(it_is_migrated_verified_and_told, url => {
    for release in RELEASES {
        release.leaves(&url).await;
        db::migrate(&url).await.unwrap();
        let vkey = key().verifier().to_string();
        let verdict = said(&countersign(&["audit", "verify", "--database", &url, "--key", &vkey, "--strict"]), 0);
        assert_eq!(verdict.matches("VERIFIED").count(), 2, "both epochs: {verdict}");
        for promotion in 1..=11 {
            let promotion = format!("p{promotion}");
            let show = ["audit", "show", "--database", &url, "--repo", "acme/shop", "--promotion", &promotion];
            let story = said(&countersign(&show), 0);
            assert!(story.contains(&format!(" {promotion}: ")), "{story}");
        }
    }
});

on_both!(its_decisions_come_out_the_same, url => {
    for release in RELEASES {
        release.leaves(&url).await;
        db::migrate(&url).await.unwrap();
        said(&countersign(&["audit", "replay", "--database", &url]), 0);
        let reader = db::ReadOnly::open(&url).await.unwrap();
        let report = replay(&mut reader.moment().await.unwrap()).await.unwrap();
        reader.close().await;
        assert!(report.same > 10, "{report:#?}");
        assert!(report.redacted > 0, "somebody was erased: {report:#?}");
        assert_eq!(report.same + report.redacted, report.decisions, "{report:#?}");
        assert_eq!((report.different.len(), report.missing.len(), report.unchecked.len()), (0, 0, 0), "{report:#?}");
    }
});

on_both!(what_history_needs_is_filled_in_from_its_rows, url => {
    V0_1_0.leaves(&url).await;
    // The second time there is nothing to do, and nothing changes.
    let mut before = None;
    for _ in 0..2 {
        db::migrate(&url).await.unwrap();
        let mut filled = Vec::new();
        for sql in [
            "SELECT environment || ' ' || live || ' ' || last || ' ' || last_state || ' ' || waiting FROM place \
             WHERE live IS NOT NULL ORDER BY environment",
            "SELECT number || ' ' || requester || ' ' || COALESCE(CAST(ended_at AS TEXT), '-') FROM promotion \
             WHERE requested_at IS NOT NULL ORDER BY number",
            "SELECT owner || '/' || name || ' ' || installation FROM repository",
            "SELECT commit_sha || ' ' || at FROM scan_point ORDER BY at",
        ] {
            filled.push(told(&url, sql).await);
        }
        assert_eq!(filled[0], ["production 3 10 awaiting_approval 1", "staging 9 11 approved 0"]);
        assert_eq!(filled[1].len(), 11, "{filled:#?}");
        assert_eq!(filled[2], ["acme/shop 400"]);
        assert!(!filled[3].is_empty(), "{filled:#?}");
        assert!(before.is_none_or(|before| before == filled));
        before = Some(filled);
    }
});

#[test]
fn its_exports_are_verified() {
    let vkey = key().verifier();
    for release in RELEASES {
        for (epoch, name) in [("0", "countersign.example/acme"), ("1", "countersign.example/acme/1")] {
            let vkey = vkey.named(name.parse().unwrap()).to_string();
            let folder = release.folder().join("export").join(epoch).display().to_string();
            let verdict = said(&countersign(&["audit", "verify", &folder, "--key", &vkey, "--strict"]), 0);
            assert!(verdict.starts_with("VERIFIED"), "{verdict}");
            let story = said(&countersign(&["audit", "show", &folder]), 0);
            assert!(story.contains("requester alice"), "what is disclosed is told: {story}");
        }
    }
}
