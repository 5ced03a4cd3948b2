//! The inbox and the outbox on both databases: stored once, claimed with a lease, in order per lane.

use std::time::Duration;

use countersign::audit::{Kind, Source};
use countersign::clock::Timestamp;
use countersign::db::inbox::{self, Claimed, NewDelivery};
use countersign::db::outbox::{self, Ended};
use countersign::db::{self, Db, LEASE, NewEntry, notice};
use countersign::effect::{Effect, MarkSeed, Notice, Reaction};
use countersign::ids::{CommentId, PromotionId, PromotionNumber, RepoId};

use crate::harness::database::{by_hand, open, shop};
use crate::on_both;

const NOW: Timestamp = Timestamp(1_795_252_500_000);

fn at(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn delivery(guid: &str, lane: i64) -> NewDelivery {
    NewDelivery {
        guid: guid.parse().unwrap(),
        event: "push".to_owned(),
        lane,
        received_at: NOW,
        body: inbox::pack(guid.as_bytes()),
    }
}

async fn arrive(db: &Db, guid: &str, lane: i64) {
    let new = delivery(guid, lane);
    db.write(move |tx| Box::pin(async move { inbox::insert(tx.conn().await?, &new).await })).await.unwrap();
}

async fn claim(db: &Db, now: Timestamp) -> Vec<Claimed> {
    db.write(move |tx| Box::pin(async move { inbox::claim(tx.conn().await?, now, LEASE, 16).await }))
        .await
        .unwrap()
}

async fn finish(db: &Db, claimed: Claimed, now: Timestamp) -> db::Result<()> {
    db.write(move |tx| Box::pin(async move { inbox::finish(tx, &claimed, now).await })).await
}

fn names(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|delivery| delivery.guid.as_str()).collect()
}

on_both!(a_guid_is_stored_once, url => {
    let db = open(&url).await;
    arrive(&db, "a", 1).await;
    arrive(&db, "a", 1).await;
    let claimed = claim(&db, NOW).await;
    assert_eq!(names(&claimed), ["a"]);
    assert_eq!(claimed[0].body, b"a");
    finish(&db, claimed[0].clone(), NOW).await.unwrap();
    arrive(&db, "a", 1).await;
    assert!(claim(&db, at(3600)).await.is_empty(), "handled is handled");
    let mut conn = db.read().await.unwrap();
    assert!(inbox::knows(&mut conn, &"a".parse().unwrap()).await.unwrap());
    assert!(!inbox::knows(&mut conn, &"b".parse().unwrap()).await.unwrap());
});

on_both!(lanes_keep_their_order_and_go_beside_each_other, url => {
    let db = open(&url).await;
    for (guid, lane) in [("a1", 1), ("a2", 1), ("b1", 2), ("a3", 1), ("b2", 2)] {
        arrive(&db, guid, lane).await;
    }
    let first = claim(&db, NOW).await;
    assert_eq!(names(&first), ["a1", "b1"]);
    assert!(claim(&db, at(1)).await.is_empty(), "both lanes are busy");
    let again = first[0].clone();
    db.write(move |tx| Box::pin(async move { inbox::try_again(tx, &again, at(300), "not now").await })).await.unwrap();
    finish(&db, first[1].clone(), at(2)).await.unwrap();
    assert_eq!(names(&claim(&db, at(3)).await), ["b2"], "a2 waits for a1");
    let retried = claim(&db, at(300)).await;
    let a1 = retried.iter().find(|delivery| delivery.guid.as_str() == "a1").unwrap();
    assert_eq!(a1.attempts, 2);
    finish(&db, a1.clone(), at(301)).await.unwrap();
    assert_eq!(names(&claim(&db, at(302)).await), ["a2"]);
});

on_both!(a_claim_takes_no_more_than_asked_for, url => {
    let db = open(&url).await;
    for lane in 0..9 {
        arrive(&db, &format!("of-{lane}"), lane).await;
    }
    let few = db.write(|tx| Box::pin(async move { inbox::claim(tx.conn().await?, NOW, LEASE, 4).await })).await.unwrap();
    assert_eq!(names(&few), ["of-0", "of-1", "of-2", "of-3"], "the oldest");
    assert_eq!(claim(&db, NOW).await.len(), 5);
});

on_both!(who_lost_the_lease_can_do_nothing_more, url => {
    let db = open(&url).await;
    arrive(&db, "a", 1).await;
    let slow = claim(&db, NOW).await.remove(0);
    assert!(claim(&db, NOW.plus(LEASE.saturating_sub(Duration::from_secs(1)))).await.is_empty());
    let later = NOW.plus(LEASE);
    let quick = claim(&db, later).await.remove(0);
    assert_eq!(quick.attempts, 2);

    let lost = |result: db::Result<()>| matches!(result, Err(db::Error::LeaseLost(_)));
    assert!(lost(finish(&db, slow.clone(), later).await));
    let (one, two, three) = (slow.clone(), slow.clone(), slow);
    assert!(lost(db.write(move |tx| Box::pin(async move { inbox::step(tx, &one, 1).await })).await));
    assert!(lost(db.write(move |tx| Box::pin(async move { inbox::bury(tx, &two, later, "no").await })).await));
    let put_off = db.write(move |tx| Box::pin(async move { inbox::try_again(tx, &three, later, "no").await }));
    assert!(lost(put_off.await));

    finish(&db, quick.clone(), later).await.unwrap();
    assert!(lost(finish(&db, quick, later).await), "and nobody finishes twice");
});

on_both!(what_was_done_of_a_delivery_is_remembered, url => {
    let db = open(&url).await;
    arrive(&db, "a", 1).await;
    let first = claim(&db, NOW).await.remove(0);
    db.write(move |tx| Box::pin(async move { inbox::step(tx, &first, 2).await })).await.unwrap();
    let second = claim(&db, at(600)).await.remove(0);
    assert_eq!(second.steps, 2);
    db.write(move |tx| Box::pin(async move { inbox::bury(tx, &second, at(601), "enough").await })).await.unwrap();
    let mut conn = db.read().await.unwrap();
    assert_eq!(inbox::buried(&mut conn, 9).await.unwrap(), [("a".to_owned(), "enough".to_owned())]);
    assert_eq!(inbox::depth(&mut conn).await.unwrap(), inbox::Depth { waiting: 0, buried: 1 });
    assert!(!inbox::knows(&mut conn, &"a".parse().unwrap()).await.unwrap(), "GitHub may send it again");
    drop(conn);
    let came_again = NewDelivery { received_at: at(602), ..delivery("a", 1) };
    db.write(move |tx| Box::pin(async move { inbox::insert(tx.conn().await?, &came_again).await })).await.unwrap();
    let again = claim(&db, at(602)).await.remove(0);
    assert_eq!((again.attempts, again.steps), (1, 2), "it runs again, and not what was done");
    assert_eq!((again.first_received_at, again.received_at), (NOW, at(602)), "as of when it came again");
});

fn promotion(number: i64) -> PromotionId {
    PromotionId { repo: RepoId(1), number: PromotionNumber(number) }
}

async fn intend(db: &Db, number: i64, effect: Effect) {
    let store = db.write(move |tx| {
        Box::pin(async move {
            let mark = MarkSeed::new(countersign::clock::random()).mark(&effect);
            let entry =
                NewEntry::new(Kind::EffectIntended, NOW, Source::internal("test")).effect(effect.name());
            let intent = tx.append_intent(entry, mark.as_str()).await?;
            outbox::insert(tx, promotion(number), (&effect, &intent), None, NOW).await
        })
    });
    store.await.unwrap();
}

async fn claim_effects(db: &Db, now: Timestamp) -> Vec<outbox::Claimed> {
    db.write(move |tx| Box::pin(async move { outbox::claim(tx.conn().await?, now, LEASE, 16).await }))
        .await
        .unwrap()
}

on_both!(effects_go_in_order_and_only_one_may_end_them, url => {
    let db = open(&url).await;
    intend(&db, 1, Effect::CreateDeployment).await;
    intend(&db, 1, Effect::CancelRun { run: countersign::ids::RunId(7) }).await;
    intend(&db, 2, Effect::CreateDeployment).await;
    let mut first = claim_effects(&db, NOW).await;
    first.sort_by_key(|claimed| claimed.promotion().number.0);
    assert_eq!(first.iter().map(outbox::Claimed::promotion).collect::<Vec<_>>(), [promotion(1), promotion(2)]);
    assert_eq!(*first[0].effect(), Effect::CreateDeployment);
    assert!(claim_effects(&db, NOW.plus(LEASE.saturating_sub(Duration::from_secs(1)))).await.is_empty());

    let later = NOW.plus(LEASE);
    let second = claim_effects(&db, later).await;
    let same = second.iter().find(|claimed| claimed.promotion() == promotion(1)).unwrap().clone();
    assert_eq!((same.attempts(), same.intent().mark()), (2, first[0].intent().mark()), "the same intent");
    let slow = first.remove(0);
    let late = db.write(move |tx| Box::pin(async move { outbox::finish(tx, &slow, Ended::Succeeded, None).await }));
    assert!(matches!(late.await, Err(db::Error::LeaseLost(_))));
    db.write(move |tx| Box::pin(async move { outbox::finish(tx, &same, Ended::Succeeded, None).await })).await.unwrap();
    let next = claim_effects(&db, later).await;
    assert_eq!(next.len(), 1);
    assert!(matches!(next[0].effect(), Effect::CancelRun { .. }));
});

on_both!(a_notice_wanted_while_it_is_told_is_told_again, url => {
    let db = open(&url).await;
    let notice = Notice::React { comment: CommentId(5), reaction: Reaction::Eyes };
    let want = || {
        let notice = notice.clone();
        db.write(move |tx| Box::pin(async move { notice::want(tx.conn().await?, &shop(), &notice, NOW).await }))
    };
    let claim = |now| db.write(move |tx| Box::pin(async move { notice::claim(tx.conn().await?, now, LEASE, 16).await }));
    want().await.unwrap();
    want().await.unwrap();
    let first = claim(NOW).await.unwrap().remove(0);
    want().await.unwrap();
    assert!(claim(at(1)).await.unwrap().is_empty(), "somebody is at it");
    db.write(move |tx| Box::pin(async move { notice::told(tx.conn().await?, &first, at(2)).await })).await.unwrap();
    let second = claim(at(2)).await.unwrap().remove(0);
    db.write(move |tx| Box::pin(async move { notice::told(tx.conn().await?, &second, at(3)).await })).await.unwrap();
    assert!(claim(at(1000)).await.unwrap().is_empty());
    let mut conn = db.read().await.unwrap();
    assert_eq!(notice::waiting(&mut conn).await.unwrap(), 0);
});

on_both!(an_effect_that_cannot_be_read_waits_and_holds_up_its_own_promotion_alone, url => {
    let db = open(&url).await;
    intend(&db, 1, Effect::CreateDeployment).await;
    intend(&db, 1, Effect::CancelRun { run: countersign::ids::RunId(7) }).await;
    intend(&db, 2, Effect::CreateDeployment).await;
    let damage = "UPDATE effect SET document = '{\"effect\":\"launch\"}' WHERE seq = 1";
    by_hand(&url, damage).await.unwrap();
    let promotions = |claimed: Vec<outbox::Claimed>| claimed.iter().map(outbox::Claimed::promotion).collect::<Vec<_>>();
    assert_eq!(promotions(claim_effects(&db, NOW).await), [promotion(2)]);
    assert!(claim_effects(&db, at(1)).await.is_empty(), "not at every turn");
    assert_eq!(promotions(claim_effects(&db, NOW.plus(LEASE)).await), [promotion(2)]);
    assert_eq!(outbox::waiting(&mut db.read().await.unwrap()).await.unwrap(), 3, "nothing is deleted");
    by_hand(&url, "UPDATE effect SET document = '{\"effect\":\"create_deployment\"}' WHERE seq = 1").await.unwrap();
    let mended = claim_effects(&db, NOW.plus(LEASE * 2)).await;
    let first = mended.iter().find(|claimed| claimed.promotion() == promotion(1)).unwrap();
    assert!(first.attempts() > 1, "it is looked for at GitHub before it is done");
});

on_both!(a_notice_that_cannot_be_read_waits_and_the_others_are_told, url => {
    let db = open(&url).await;
    for comment in [5, 6] {
        let notice = Notice::React { comment: CommentId(comment), reaction: Reaction::Eyes };
        db.write(move |tx| Box::pin(async move { notice::want(tx.conn().await?, &shop(), &notice, NOW).await })).await.unwrap();
    }
    by_hand(&url, "UPDATE notice SET document = '{' WHERE key LIKE 'react:5:%'").await.unwrap();
    let claim = |now| db.write(move |tx| Box::pin(async move { notice::claim(tx.conn().await?, now, LEASE, 16).await }));
    let claimed = claim(NOW).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].notice.key(), "react:6:eyes");
    assert!(claim(at(1)).await.unwrap().is_empty(), "not at every turn");
    assert_eq!(notice::waiting(&mut db.read().await.unwrap()).await.unwrap(), 2);
});

on_both!(a_delivery_that_cannot_be_read_is_given_up_on_and_its_lane_goes_on, url => {
    let db = open(&url).await;
    for (guid, lane) in [("damaged", 1), ("endless", 1), ("behind", 1), ("elsewhere", 2)] {
        arrive(&db, guid, lane).await;
    }
    let bytes = |hex: &str| if url.starts_with("sqlite:") { format!("x'{hex}'") } else { format!("'\\x{hex}'") };
    for (guid, body) in [("damaged", bytes("00")), ("endless", bytes("ffffffff00"))] {
        by_hand(&url, &format!("UPDATE delivery SET body = {body} WHERE guid = '{guid}'")).await.unwrap();
    }
    let mut handled = Vec::new();
    for second in 0..3 {
        for claimed in claim(&db, at(second)).await {
            handled.push(claimed.guid.to_string());
            finish(&db, claimed, at(second)).await.unwrap();
        }
    }
    assert_eq!(handled, ["elsewhere", "behind"]);
    let buried = inbox::buried(&mut db.read().await.unwrap(), 9).await.unwrap();
    let names: Vec<_> = buried.iter().map(|(guid, _)| guid.as_str()).collect();
    assert_eq!(names, ["endless", "damaged"]);
    assert!(buried.iter().all(|(_, why)| why.contains("delivery")), "{buried:?}");
});
