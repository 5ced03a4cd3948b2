//! Tiles, checkpoints and proofs out of the database, on both.

use countersign::audit::proof::check_consistency;
use countersign::audit::tile::unbundle;
use countersign::audit::{Hash, Kind, Source, TileLevel, TilePath, leaf_hash};
use countersign::clock::Timestamp;
use countersign::db::{Db, NewEntry, audit, tile};

use crate::harness::database::{key, open, verified};
use crate::on_both;

const EPOCH: i64 = 0;

/// Appends so many entries in one transaction.
async fn append(db: &Db, count: usize) {
    db.write(move |tx| {
        Box::pin(async move {
            for _ in 0..count {
                let entry =
                    NewEntry::new(Kind::Heartbeat, Timestamp(1_795_252_500_000), Source::internal("test"));
                tx.append(entry).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

fn path(text: &str) -> TilePath {
    text.parse().unwrap()
}

on_both! { tiles_hold_what_the_tree_says, url => {
    let db = open(&url).await;
    append(&db, 300).await;
    append(&db, 300).await;
    let mut conn = db.read().await.unwrap();
    let entries = audit::entries_from(&mut conn, 0, 1000).await.unwrap();
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(&entry.body)).collect();
    for path in TilePath::all(600) {
        let bytes = tile::tile(&mut conn, EPOCH, &path, 600).await.unwrap().unwrap();
        let first = usize::try_from(path.first().unwrap()).unwrap();
        let range = first..first + usize::from(path.width);
        match path.level {
            TileLevel::Entries => {
                let bodies: Vec<&[u8]> = unbundle(&bytes).map(Result::unwrap).collect();
                assert!(bodies.iter().eq(entries[range].iter().map(|entry| &entry.body)), "{path}");
            }
            TileLevel::Hashes(0) => assert_eq!(bytes, leaves[range].iter().flat_map(|leaf| *leaf.as_bytes()).collect::<Vec<u8>>()),
            TileLevel::Hashes(_) => assert_eq!(bytes.len(), 2 * 32, "{path}"),
        }
    }
    // A width that was never the tree's widest, and what no tree of that size has.
    assert!(tile::tile(&mut conn, EPOCH, &path("tile/0/001.p/3"), 600).await.unwrap().is_some());
    for beyond in ["tile/0/002", "tile/0/002.p/89", "tile/entries/003.p/1", "tile/1/000.p/3", "tile/2/000.p/1"] {
        assert!(tile::tile(&mut conn, EPOCH, &path(beyond), 600).await.unwrap().is_none(), "{beyond}");
    }
    assert!(tile::tile(&mut conn, 1, &path("tile/0/000"), 600).await.unwrap().is_none(), "another epoch");
    assert_eq!(tile::epochs(&mut conn).await.unwrap(), [EPOCH]);
}}

on_both! { proofs_hold_for_every_entry, url => {
    let db = open(&url).await;
    append(&db, 257).await;
    append(&db, 343).await;
    let mut conn = db.read().await.unwrap();
    let entries = audit::entries_from(&mut conn, 0, 1000).await.unwrap();
    for entry in &entries {
        let proof = tile::proof(&mut conn, EPOCH, entry.index, 600).await.unwrap().unwrap();
        assert_eq!(proof.check(&entry.body, &key().verifier()).unwrap().size, 600);
    }
    assert!(tile::proof(&mut conn, EPOCH, 600, 600).await.unwrap().is_none(), "no such entry");
    assert!(tile::proof(&mut conn, EPOCH, 0, 599).await.unwrap().is_none(), "nobody signed that size");
    let old = tile::checkpoint_of(&mut conn, EPOCH, 257).await.unwrap().unwrap();
    let old = countersign::audit::Checkpoint::open(&old, &key().verifier()).unwrap();
    let path = tile::consistency(&mut conn, EPOCH, 257, 600).await.unwrap().unwrap();
    drop(conn);
    check_consistency((257, old.root), (600, verified(&db).await.root), &path).unwrap();
}}
