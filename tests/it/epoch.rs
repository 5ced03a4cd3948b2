//! A history that was lost is followed by a log of its own, and nobody's promotion is done twice.

use std::time::Duration;

use countersign::audit::Decoded;
use countersign::db::{Guarding, Purpose, tile};
use countersign::github::fake::faults::Fault;

use crate::harness::database::backup_of;
use crate::scenario;

scenario!(a_promotion_under_way_goes_on_in_the_next_epoch, s => {
    s.fake.fail_next("POST", "/repos/acme/shop/actions/workflows/**", Fault::DropBefore);
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.dispatched().len(), 0, "the workflow is still to be dispatched");
    s.app.db.close().await;
    let backup = backup_of(&s.database).await;
    s.restart().await;
    s.calms_down().await;
    assert_eq!(s.dispatched().len(), 1, "done in the part of the history that is lost");
    s.app.db.close().await;
    s.database = backup;
    let refused = s.starts(Guarding::default()).await.unwrap_err().to_string();
    assert!(refused.contains("--new-epoch"), "{refused}");
    s.starts(Guarding { purpose: Purpose::NewEpoch, ..Guarding::default() }).await.unwrap();
    s.advance(Duration::from_mins(2));
    s.calms_down().await;
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
