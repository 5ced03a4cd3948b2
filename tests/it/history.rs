//! What is kept so that history can be told later: through whose hands commits came, and what was written before.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign::clock::Timestamp;
use countersign::db::{self, repository};
use countersign::effect::MarkSeed;
use countersign::ids::{
    Actor, DeploymentId, InstallationId, IssueNumber, PromotionId, PromotionNumber, Repo, RepoId, UserId,
};
use countersign::policy::facts::{TargetKind, Tuple};
use countersign::promotion::{DeployPlan, Promotion, State};

use countersign::github::fake::faults::Fault;
use serde_json::json;

use crate::harness::SHOP;
use crate::harness::acts::{BRANCH, change};
use crate::harness::database::{by_hand, told};
use crate::harness::released::V0_1_0;
use crate::{on_both, scenario};

scenario!(every_push_is_kept_with_its_ref_its_moment_and_what_was_there_before, s => {
    let before = s.head();
    let after = s.push("alice", &change("Once more")).await;
    s.fake.force_push(SHOP, "alice", BRANCH, &before).unwrap();
    s.settle().await;
    s.fake.change(|state| {
        let (repo, bob) = (state.repo_id(SHOP)?, state.who("bob")?);
        state.move_tag(repo, bob, "v1", &after)
    }).unwrap();
    s.settle().await;
    let pushes = told(&s.database, &format!(
        "SELECT login || ' ' || ref || ' ' || COALESCE(before, 'nothing') FROM push WHERE sha IN ('{before}', '{after}') \
         AND at > 0 ORDER BY at, ref DESC")).await;
    let pushes: BTreeSet<&str> = pushes.iter().map(String::as_str).collect();
    for told in [
        format!("alice refs/heads/{BRANCH} {before}"),
        format!("alice refs/heads/{BRANCH} {after}"),
        "bob refs/tags/v1 nothing".to_owned(),
    ] {
        assert!(pushes.contains(told.as_str()), "{told} in {pushes:?}");
    }
});

scenario!(every_commit_is_kept_with_the_hands_it_came_through, s => {
    let head = s.head();
    s.fake.enqueue(SHOP, "carol", 1).unwrap();
    let merge = s.fake.merge(SHOP, "bob", 1).unwrap();
    s.settle().await;
    let hands = |sha: String| {
        let database = s.database.clone();
        async move {
            told(&database, &format!(
                "SELECT COALESCE(login, '-') || ' ' || pull || ' ' || COALESCE(author_login, '-') || ' ' || \
                 COALESCE(enqueued_by_login, '-') || ' ' || COALESCE(merged_by_login, '-') \
                 FROM introduced WHERE sha = '{sha}' ORDER BY pull")).await
        }
    };
    assert_eq!(hands(head).await, ["alice 0 - - -", "- 1 alice carol bob"]);
    assert_eq!(hands(merge).await, ["bob 0 - - -", "- 1 alice - bob"]);
});

scenario!(what_a_lost_push_brought_is_seen_later_and_nobodys, s => {
    let lost = s.fake.push(SHOP, "bob", &change("Nobody told of this")).unwrap();
    s.lose_deliveries();
    s.fake.merge(SHOP, "carol", 1).unwrap();
    s.settle().await;
    let seen = told(&s.database, &format!(
        "SELECT CAST(pusher AS TEXT) FROM introduced WHERE sha = '{lost}' AND pull = 0 AND seen_at > 0")).await;
    assert_eq!(seen, ["0"], "carol merged what somebody else had pushed");
});

scenario!(what_each_promotion_brought_is_kept, s => {
    let brought = |number: i64| format!("SELECT sha || ' ' || CASE WHEN first_seen_at > 0 THEN 'seen' ELSE '-' END || ' ' \
        || CASE WHEN committed_at > 0 THEN 'dated' ELSE '-' END FROM change WHERE promotion = {number} ORDER BY sha");
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(told(&s.database, &brought(1)).await, [format!("{} seen dated", s.head())], "the first one is what it is");
    let (first, second) = (s.push("alice", &change("One")).await, s.push("alice", &change("Two")).await);
    s.ci("success").await;
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    let mut both = [format!("{first} seen dated"), format!("{second} seen dated")];
    both.sort();
    assert_eq!(told(&s.database, &brought(2)).await, both);
    let lists = "SELECT promotion || ' ' || state || ' ' || complete || ' ' || attempts || target FROM change_list ORDER BY promotion";
    assert_eq!(told(&s.database, lists).await, ["1 listed 1 1", "2 listed 1 1"]);
});

scenario!(what_github_does_not_list_is_asked_for_again_and_holds_up_nothing, s => {
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    s.push("alice", &change("One")).await;
    s.ci("success").await;
    s.comment("alice", "/promote staging").await;
    let broken = Fault::Status(500, json!({ "message": "Server Error" }));
    s.fake.fail_times("GET", "/repos/acme/shop/compare/*", broken, 3);
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging").last().unwrap(), "success");
    for _ in 0..10 {
        s.advance(Duration::from_mins(2));
        s.settle().await;
    }
    let lists = "SELECT promotion || ' ' || state FROM change_list ORDER BY promotion";
    assert_eq!(told(&s.database, lists).await, ["1 listed", "2 listed"]);
});

on_both!(what_0_1_0_wrote_of_pushes_still_keeps_people_from_approving, url => {
    V0_1_0.makes(&url).await;
    let sha = "a".repeat(40);
    for sql in [
        format!("INSERT INTO push (repo, sha, pusher, login) VALUES (200, '{sha}', 2, 'bob')"),
        format!("INSERT INTO push (repo, sha, pusher, login) VALUES (200, '{sha}', 9, 'github-actions[bot]')"),
        format!("INSERT INTO head (repo, pull, seq, sha, since, pusher, login, head_ref, fork) \
                 VALUES (200, 1, 1, '{sha}', 5000, 9, 'github-actions[bot]', 'topic', 0)"),
        format!("INSERT INTO head (repo, pull, seq, sha, since, pusher, login, head_ref, fork) \
                 VALUES (200, 2, 1, '{sha}', 5000, NULL, NULL, 'other', 0)"),
    ] {
        by_hand(&url, &sql).await.unwrap();
    }
    db::migrate(&url).await.unwrap();
    let reader = db::ReadOnly::open(&url).await.unwrap();
    let mut conn = reader.moment().await.unwrap();
    let repo = RepoId(200);
    let pushers = db::introduced::pushers(&mut conn, repo, &sha.parse().unwrap()).await.unwrap();
    let named: Vec<_> = pushers.iter().map(|actor| (actor.login.as_str(), actor.bot)).collect();
    assert_eq!(named, [("bob", false), ("github-actions[bot]", true)]);
    let heads = db::head::latest(&mut conn, repo, IssueNumber(1)).await.unwrap();
    assert!(heads[0].pusher.as_ref().unwrap().bot);
    drop(conn);
    reader.close().await;
});

const PROMOTIONS: &str = "SELECT number || ' ' || environment || ' ' || state || ' ' || requested_at || ' ' || \
    COALESCE(CAST(ended_at AS TEXT), '-') || ' ' || requester || ' ' || kind || ' ' || urgency FROM promotion ORDER BY number";
const PLACES: &str = "SELECT repo || ' ' || environment || ' ' || COALESCE(CAST(live AS TEXT), '-') || ' ' || \
    COALESCE(CAST(live_from AS TEXT), '-') || ' ' || last || ' ' || last_state || ' ' || last_at || ' ' || waiting \
    FROM place ORDER BY environment";
const REPOSITORIES: &str =
    "SELECT id || ' ' || owner || '/' || name || ' ' || installation FROM repository ORDER BY id";

/// A promotion as 0.1.0 stored it.
fn stored(number: i64, environment: &str, state: State) -> Promotion {
    let tuple = Tuple {
        promotion: PromotionId { repo: RepoId(200), number: PromotionNumber(number) },
        environment: environment.parse().unwrap(),
        commit: "a".repeat(40).parse().unwrap(),
        policy: "b".repeat(40).parse().unwrap(),
        parameters: std::collections::BTreeMap::new(),
        requester: Actor { id: UserId(1), login: "alice".parse().unwrap(), bot: false },
        subject: IssueNumber(7),
        target: TargetKind::Head,
        requested_at: Timestamp::from_seconds(number),
        expires_at: Timestamp::from_seconds(9_000_000_000),
    };
    let name = "acme/shop".parse().unwrap();
    let repo = Repo { id: RepoId(200), name, installation: InstallationId(400) };
    Promotion {
        tuple,
        repo,
        reason: None,
        deploy: DeployPlan::default(),
        state,
        requirements: Vec::new(),
        check_run: None,
        marks: MarkSeed::new(countersign::clock::random()),
        version: 0,
    }
}

fn inserted(promotion: &Promotion, live: &str) -> String {
    format!(
        "INSERT INTO promotion (repo, number, subject, environment, commit_sha, state, version, document, live_from, live_until) \
         VALUES (200, {}, 7, '{}', '{}', '{}', 0, '{}', {live})",
        promotion.id().number.0,
        promotion.tuple.environment,
        promotion.tuple.commit,
        promotion.state.name(),
        serde_json::to_string(promotion).unwrap()
    )
}

on_both!(what_0_1_0_wrote_of_promotions_tells_times_places_and_names, url => {
    V0_1_0.makes(&url).await;
    let succeeded =
        |at| State::Succeeded { deployment: DeploymentId(5), run: None, at: Timestamp::from_seconds(at) };
    for sql in [
        inserted(&stored(1, "staging", succeeded(20)), "20000, 40000"),
        inserted(&stored(2, "staging", succeeded(40)), "40000, NULL"),
        inserted(&stored(3, "staging", State::Blocked), "NULL, NULL"),
        inserted(&stored(4, "production", State::Expired { at: Timestamp::from_seconds(60) }), "NULL, NULL"),
        "INSERT INTO promotion (repo, number, subject, environment, commit_sha, state, version, document) \
         VALUES (201, 1, 7, 'staging', 'x', 'expired', 0, '{}')".to_owned(),
    ] {
        by_hand(&url, &sql).await.unwrap();
    }
    // The second time there is nothing to do, and nothing changes.
    for _ in 0..2 {
        db::migrate(&url).await.unwrap();
        assert_eq!(told(&url, &PROMOTIONS.replace("FROM promotion", "FROM promotion WHERE repo = 200")).await, [
            "1 staging succeeded 1000 20000 1 promotion normal",
            "2 staging succeeded 2000 40000 1 promotion normal",
            "3 staging blocked 3000 - 1 promotion normal",
            "4 production expired 4000 60000 1 promotion normal",
        ]);
        assert_eq!(told(&url, &PLACES.replace("FROM place", "FROM place WHERE repo = 200")).await, [
            "200 production - - 4 expired 60000 0",
            "200 staging 2 40000 3 blocked 3000 1",
        ]);
        assert_eq!(told(&url, REPOSITORIES).await, ["200 acme/shop 400"], "one that cannot be read tells nothing");
    }
});

on_both!(a_promotion_can_be_in_every_state_that_is_to_come_and_in_no_other, url => {
    V0_1_0.makes(&url).await;
    by_hand(&url, &inserted(&stored(1, "staging", State::Blocked), "NULL, NULL")).await.unwrap();
    db::migrate(&url).await.unwrap();
    for change in [
        "state = 'verifying'", "state = 'rolled_back'", "kind = 'rollback'", "urgency = 'emergency'", "subject = NULL",
    ] {
        by_hand(&url, &format!("UPDATE promotion SET {change}")).await.expect(change);
    }
    for change in ["state = 'soaking'", "kind = 'other'", "urgency = 'high'", "environment = NULL"] {
        by_hand(&url, &format!("UPDATE promotion SET {change}")).await.expect_err(change);
    }
});

scenario!(what_is_made_anew_from_rows_is_what_was_written_with_them, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/promote staging").await;
    s.comment("bob", "/cancel p3").await;
    let mut kept = Vec::new();
    for sql in [PROMOTIONS, PLACES, REPOSITORIES] {
        kept.push(told(&s.database, sql).await);
    }
    assert!(kept[1].iter().any(|place| place.contains(" production - - 2 awaiting_approval ")), "{kept:#?}");
    assert!(kept[1].iter().any(|place| place.contains(" staging 1 ")), "{kept:#?}");
    for sql in [
        "UPDATE promotion SET requested_at = NULL, ended_at = NULL, requester = NULL",
        "DELETE FROM place",
        "DELETE FROM repository",
    ] {
        by_hand(&s.database, sql).await.unwrap();
    }
    for _ in 0..2 {
        s.restart().await;
        let mut again = Vec::new();
        for sql in [PROMOTIONS, PLACES, REPOSITORIES] {
            again.push(told(&s.database, sql).await);
        }
        assert_eq!(again, kept);
    }
});

scenario!(a_repository_is_found_by_the_name_it_has_and_by_those_it_had, s => {
    let id = RepoId(200);
    s.fake.rename_repo(SHOP, "bob", "store").unwrap();
    s.fake.change(|state| {
        let (repo, bob) = (state.repo_id("acme/store")?, state.who("bob")?);
        state.push(repo, bob, &change("After the new name")).map(|_| ())
    }).unwrap();
    s.settle().await;
    let mut conn = s.app.db.read().await.unwrap();
    for name in ["acme/store", "ACME/Store", "acme/shop"] {
        assert_eq!(repository::named(&mut conn, &name.parse().unwrap()).await.unwrap(), Some(id), "{name}");
    }
    assert_eq!(repository::named(&mut conn, &"acme/other".parse().unwrap()).await.unwrap(), None);
    let known = repository::find(&mut conn, id).await.unwrap().unwrap();
    assert_eq!(known.repo.name.to_string(), "acme/store");
    assert_eq!(known.about.default_branch.unwrap().as_str(), "main");
    assert_eq!((known.about.private, known.gone_at), (Some(false), None));
});

scenario!(a_policy_is_known_as_it_was_read_last, s => {
    s.staged().await;
    let seen = async |s: &crate::harness::Scenario| {
        let mut conn = s.app.db.read().await.unwrap();
        repository::find(&mut conn, RepoId(200)).await.unwrap().unwrap().policy
    };
    let good = seen(s).await;
    assert!(good.blob.is_some() && good.error.is_none(), "{good:?}");
    s.policy("version: 1\nenviroments: {}\n").await;
    s.comment("alice", "/promote staging").await;
    let bad = seen(s).await;
    assert!(bad.blob.is_some() && bad.blob != good.blob, "{bad:?}");
    assert!(bad.error.unwrap().contains("cannot be used"));
});
