//! A history that was lost is followed by a log of its own, and nobody's promotion is done twice.

use std::time::Duration;

use countersign::audit::{Checkpoint, Decoded, LogKey};
use countersign::db::{Anchored, Db, Guarding, Place, Purpose, tile};
use countersign::github::fake::faults::Fault;

use crate::export::{NOW, append, countersign, said};
use crate::harness::Scenario;
use crate::harness::database::{backup_of, key, open};
use crate::{on_both, scenario};

impl Scenario {
    /// A backup of what there is now; the program goes on.
    async fn is_backed_up(&mut self) -> String {
        self.app.db.close().await;
        let backup = backup_of(&self.database).await;
        self.restart().await;
        backup
    }

    /// All that was done since then is lost, and the next epoch begins.
    async fn is_restored(&mut self, backup: String) {
        self.app.db.close().await;
        self.database = backup;
        let refused = self.starts(Guarding::default()).await.unwrap_err().to_string();
        assert!(refused.contains("--new-epoch"), "{refused}");
        self.starts(Guarding { purpose: Purpose::NewEpoch, ..Guarding::default() }).await.unwrap();
        self.advance(Duration::from_mins(20));
        self.calms_down().await;
    }
}

scenario!(a_promotion_under_way_goes_on_in_the_next_epoch, s => {
    s.fake.fail_next("POST", "/repos/acme/shop/actions/workflows/**", Fault::DropBefore);
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.dispatched().len(), 0, "the workflow is still to be dispatched");
    let backup = s.is_backed_up().await;
    s.calms_down().await;
    assert_eq!(s.dispatched().len(), 1, "done in the part of the history that is lost");
    s.is_restored(backup).await;
    let trail = s.trail().await;
    assert_eq!(trail[0], "- log.recovered");
    assert_eq!(trail[1], "p1 effect.intended dispatch_workflow");
    assert_eq!(s.dispatched().len(), 1, "nothing is done twice: {trail:#?}");
    s.deployment_ends("success").await;
    s.calms_down().await;
    assert_eq!(s.deployments("staging"), ["success"], "{:#?}", s.trail().await);
    let mut conn = s.app.db.read().await.unwrap();
    let first = tile::entries_from(&mut conn, 1, 0, 1).await.unwrap().remove(0);
    let lost = Decoded::parse(&first.body).unwrap().entry.recovered.unwrap();
    assert_eq!(lost.origin.as_str(), "countersign.example/acme");
    assert!(lost.size > lost.found, "{lost:?}");
    assert_eq!(tile::epochs(&mut conn).await.unwrap(), [0, 1], "the old epoch is kept as it was found");
});

// That the workflow was dispatched stands in the lost part alone.
scenario!(what_was_only_intended_in_the_lost_part_is_not_done_again, s => {
    s.fake.fail_next("POST", "/repos/acme/shop/deployments", Fault::DropBefore);
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.deployments("staging").len(), 0, "the deployment is still to be made");
    let backup = s.is_backed_up().await;
    s.calms_down().await;
    assert_eq!((s.deployments("staging").len(), s.dispatched().len()), (1, 1));
    s.is_restored(backup).await;
    let done = (s.deployments("staging").len(), s.dispatched().len());
    assert_eq!(done, (1, 1), "{:#?}", s.trail().await);
    s.deployment_ends("success").await;
    s.calms_down().await;
    assert_eq!(s.deployments("staging"), ["success"], "{:#?}", s.trail().await);
});

scenario!(what_was_approved_in_the_lost_part_is_approved_again_and_not_done_again, s => {
    s.asked_for_production("alice").await;
    let before = s.dispatched().len();
    let backup = s.is_backed_up().await;
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.dispatched().len(), before + 1, "{}", s.reply());
    s.deployment_ends("success").await;
    s.is_restored(backup).await;
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    s.calms_down().await;
    let done = (s.deployments("production"), s.dispatched().len());
    assert_eq!(done, (vec!["success".to_owned()], before + 1), "{:#?}", s.trail().await);
    assert_eq!(s.state(2).await, "succeeded");
});

/// A log of five entries that is known to have had nine, and four entries of the next epoch.
async fn with_two_epochs(url: &str) {
    let first = open(url).await;
    append(&first, 5).await;
    first.close().await;
    let checkpoint =
        Checkpoint { origin: "countersign.example/acme".parse().unwrap(), size: 9, root: [9; 32].into() };
    let guarding = Guarding {
        high_water: Some(Place::Nowhere),
        known: vec![Anchored { checkpoint, place: "an anchor".to_owned() }],
        purpose: Purpose::NewEpoch,
        ..Guarding::default()
    };
    let next = Db::open_guarded(url, key(), guarding, NOW).await.unwrap();
    append(&next, 3).await;
    next.close().await;
}

on_both!(each_epoch_is_a_log_of_its_own_for_whoever_checks_it, url => {
    with_two_epochs(&url).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let audit = |arguments: &[&str]| countersign(&[&["audit"], arguments].concat());
    let named = |name: &str| LogKey::from_seed(name.parse().unwrap(), [7; 32]).verifier().to_string();
    let vkeys = [named("countersign.example/acme"), named("countersign.example/acme/1")];

    for vkey in &vkeys {
        let text = said(&audit(&["verify", "--database", &url, "--key", vkey]), 0);
        for (entries, vkey) in [(5, &vkeys[0]), (4, &vkeys[1])] {
            assert!(text.contains(&format!("VERIFIED: {entries} entries")), "{text}");
            assert!(text.contains(&format!("Key:     {vkey}\n")), "{text}");
        }
    }
    for stranger in ["countersign.example/other", "countersign.example/acme/x"] {
        said(&audit(&["verify", "--database", &url, "--key", &named(stranger)]), 1);
    }
    let text = said(&audit(&["show", "--database", &url]), 0);
    let (_, text) = text.split_once("Epoch 1\n0  ").unwrap();
    let lost = "the log goes on after a loss, countersign.example/acme had 9 entries, 5 of them were found\n";
    assert!(text.contains(lost), "{text}");

    for (epoch, vkey) in vkeys.iter().enumerate() {
        let (out, proof, epoch) = (at(&format!("log{epoch}")), at("e.tlog-proof"), epoch.to_string());
        let place = ["--database", &url, "--epoch", &epoch];
        said(&audit(&[&["export", "--out", &out, "--key", &vkeys[0]], &place[..]].concat()), 0);
        assert!(said(&audit(&["verify", &out, "--key", vkey]), 0).starts_with("VERIFIED"));
        let text = said(&audit(&[&["prove", "--index", "0", "--out", &proof], &place[..]].concat()), 0);
        assert!(text.contains(vkey.split('+').next().unwrap()), "{text}");
        said(&audit(&["check", &proof, &at("e.entry"), "--key", vkey]), 0);
    }
});
