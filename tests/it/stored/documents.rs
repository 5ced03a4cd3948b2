//! Every kind of document that a release stored is read by this version.

use std::collections::BTreeSet;

use countersign::db::{self, Db, LEASE, inbox, notice, outbox};
use countersign::github::webhook;
use countersign::ids::{CommitSha, IssueNumber, PromotionId, PromotionNumber, RepoId};
use countersign::policy::Policy;

use crate::harness::database::{by_hand, open, told};
use crate::harness::released::V0_1_0;
use crate::on_both;

const SHOP: RepoId = RepoId(200);
const PULL: IssueNumber = IssueNumber(1);

async fn opened(url: &str) -> Db {
    V0_1_0.leaves(url).await;
    open(url).await
}

async fn commits(url: &str, table: &str) -> Vec<CommitSha> {
    let sql = format!("SELECT DISTINCT commit_sha FROM {table} ORDER BY commit_sha");
    told(url, &sql).await.iter().map(|sha| sha.parse().unwrap()).collect()
}

on_both!(its_promotions_and_votes_are_read, url => {
    let db = opened(&url).await;
    let mut conn = db.read().await.unwrap();
    let (mut states, mut votes) = (BTreeSet::new(), 0);
    for number in 1..=11 {
        let id = PromotionId { repo: SHOP, number: PromotionNumber(number) };
        states.insert(db::promotion::find(&mut conn, id).await.unwrap().unwrap().state.name());
        votes += db::promotion::votes(&mut conn, id).await.unwrap().len();
    }
    let all = ["approved", "awaiting_approval", "cancelled", "expired", "failed", "rejected", "succeeded", "superseded"];
    assert_eq!(states.into_iter().collect::<Vec<_>>(), all);
    assert!(votes > 2, "{votes}");
});

on_both!(its_reports_runs_and_waivers_are_read, url => {
    let db = opened(&url).await;
    let mut conn = db.read().await.unwrap();
    let mut states = BTreeSet::new();
    for commit in commits(&url, "report").await {
        for received in db::report::of_commit(&mut conn, SHOP, &commit).await.unwrap() {
            states.insert(received.report.state.as_str());
        }
    }
    assert_eq!(states.into_iter().collect::<Vec<_>>(), ["ok", "unreadable"]);
    let mut runs = 0;
    for commit in commits(&url, "report_run").await {
        runs += db::report::known_runs(&mut conn, SHOP, &commit).await.unwrap().len();
    }
    assert!(runs > 1, "{runs}");
    assert!(!db::waiver::all(&mut conn, SHOP).await.unwrap().is_empty());
    for commit in commits(&url, "scans_check").await {
        db::scans_check::annotated(&mut conn, SHOP, &commit).await.unwrap();
    }
});

on_both!(its_answers_heads_and_policies_are_read, url => {
    let db = opened(&url).await;
    let mut conn = db.read().await.unwrap();
    assert!(!db::subject::answers(&mut conn, SHOP, PULL).await.unwrap().is_empty());
    assert!(db::subject::comment(&mut conn, SHOP, PULL).await.unwrap().is_some());
    let heads = db::head::latest(&mut conn, SHOP, PULL).await.unwrap();
    let pushers = db::introduced::pushers(&mut conn, SHOP, &heads[0].sha).await.unwrap();
    assert_eq!(pushers.iter().map(|actor| actor.login.as_str()).collect::<Vec<_>>(), ["alice"]);
    let blobs = told(&url, "SELECT blob FROM policy_text").await;
    assert!(blobs.len() > 1, "{blobs:?}");
    for blob in blobs {
        let text = db::policy_text::find(&mut conn, &blob.parse().unwrap()).await.unwrap().unwrap();
        Policy::parse("countersign.yml", std::str::from_utf8(&text).unwrap()).unwrap();
    }
});

// All of them are made to wait, and as many are claimed: whatever cannot be read would be left out.
on_both!(its_effects_notices_and_deliveries_are_read, url => {
    let db = opened(&url).await;
    let now = V0_1_0.now();
    for again in [
        "UPDATE effect SET state = 'waiting', run_at = 0, promotion = 1000 + seq",
        "UPDATE notice SET wanted = told + 1, run_at = 0",
        "UPDATE delivery SET state = 'waiting', run_at = 0, lane = seq",
    ] {
        by_hand(&url, again).await.unwrap();
    }
    let rows = |table: &str| V0_1_0.tables().into_iter().find(|(name, _)| name == table).unwrap().1.len();
    let effects = db.write(move |tx| Box::pin(async move { outbox::claim(tx.conn().await?, now, LEASE, 10_000).await }));
    let effects = effects.await.unwrap();
    assert_eq!(effects.len(), rows("effect"));
    let kinds: BTreeSet<_> = effects.iter().map(|claimed| claimed.effect().name()).collect();
    assert!(kinds.len() > 2, "{kinds:?}");
    let notices = db.write(move |tx| Box::pin(async move { notice::claim(tx.conn().await?, now, LEASE, 10_000).await }));
    assert_eq!(notices.await.unwrap().len(), rows("notice"));
    let deliveries = db.write(move |tx| Box::pin(async move { inbox::claim(tx.conn().await?, now, LEASE, 10_000).await }));
    let deliveries = deliveries.await.unwrap();
    assert_eq!(deliveries.len(), rows("delivery"));
    for claimed in deliveries.iter().filter(|claimed| !claimed.event.contains('.')) {
        webhook::to_event(&claimed.event, &claimed.body).unwrap();
    }
});
