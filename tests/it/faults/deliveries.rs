//! Webhooks come twice, late, out of order, not at all, or make no sense.

use std::time::Duration;

use countersign::github::fake::faults::Fault;
use countersign::github::fake::seed::{INSTALLATION, WEBHOOK_SECRET};
use countersign::github::fake::webhooks::{Delivery, signature};
use serde_json::{Value, json};

use crate::harness::{SHOP, Scenario};
use crate::scenario;

fn delivery(number: i64, event: &str, payload: &Value) -> Delivery {
    let body = payload.to_string().into_bytes();
    let guid = format!("00000000-0000-4000-8000-{number:012}");
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("X-GitHub-Event", event.to_owned()),
        ("X-GitHub-Delivery", guid.clone()),
        ("X-Hub-Signature-256", signature(WEBHOOK_SECRET, &body)),
    ];
    Delivery {
        id: number,
        guid,
        event: event.to_owned(),
        action: payload["action"].as_str().map(str::to_owned),
        installation: Some(INSTALLATION),
        repository: Some(200),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body,
        redelivery: false,
        created_at: countersign::clock::Timestamp(0),
    }
}

impl Scenario {
    /// The only webhook that GitHub has to send now.
    fn only_delivery(&self) -> Delivery {
        let mut waiting = self.fake.take_deliveries();
        assert_eq!(waiting.len(), 1);
        waiting.remove(0)
    }
}

scenario!(each_delivery_comes_twice, s => {
    let asked = s.says("alice", "/promote staging");
    loop {
        let deliveries = s.fake.take_deliveries();
        if deliveries.is_empty() {
            break;
        }
        for delivery in deliveries {
            s.deliver(&delivery).await;
            s.deliver(&delivery).await;
            s.workers.drain().await.unwrap();
            s.deliver(&delivery).await;
        }
        s.workers.drain().await.unwrap();
    }
    s.ends_well(asked).await;
});

scenario!(a_handled_delivery_that_comes_again_changes_nothing, s => {
    s.advance(Duration::from_secs(2));
    let asked = s.says("alice", "/promote staging");
    let delivery = s.only_delivery();
    s.deliver(&delivery).await;
    s.ends_well(asked).await;
    let (trail, reply) = (s.trail().await, s.reply());
    s.advance(Duration::from_hours(1));
    s.fake.change(|state| state.redeliver(delivery.id)).unwrap();
    s.settle().await;
    assert_eq!(s.trail().await, trail);
    assert_eq!(s.reply(), reply);
});

scenario!(a_run_ends_before_we_hear_that_it_began, s => {
    let asked = s.says("alice", "/promote staging");
    s.deliveries_arrive().await;
    s.workers.drain().await.unwrap();
    let run = s.running().unwrap();
    s.fake.begin_run(SHOP, run).unwrap();
    s.fake.finish_run(SHOP, run, "success").unwrap();
    let mut late = s.fake.take_deliveries();
    late.reverse();
    for delivery in &late {
        s.deliver(delivery).await;
        s.workers.drain().await.unwrap();
    }
    s.calms_down().await;
    assert_eq!(s.deployments("staging"), ["success"]);
    assert_eq!(s.reactions(asked), ["eyes", "rocket"]);
    let trail = s.trail().await;
    assert_eq!(trail.iter().filter(|line| line.contains("promotion.succeeded")).count(), 1, "{trail:#?}");
});

scenario!(a_push_we_hear_of_late_makes_the_head_ambiguous, s => {
    s.fake.push_file(SHOP, "alice", "gift-cards", ("src/new.js", "1")).unwrap();
    let late = s.fake.take_deliveries();
    let asked = s.comment("alice", "/promote staging").await;
    assert_eq!(s.reactions(asked), ["eyes", "-1"], "GitHub shows a head that no push told us of");
    for delivery in &late {
        s.deliver(delivery).await;
    }
    s.settle().await;
    let head = s.head();
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &head), "success").unwrap();
    s.settle().await;
    let asked = s.says("alice", "/promote staging");
    s.calms_down().await;
    s.deployment_ends("success").await;
    assert_eq!(s.reactions(asked), ["eyes", "rocket"]);
    assert_eq!(s.deployments("staging"), ["success"]);
});

scenario!(a_missed_delivery_is_asked_for_again, s => {
    let asked = s.says("alice", "/promote staging");
    let missed = s.only_delivery();
    s.fake.record_attempt(&missed, 0, Duration::from_secs(10));
    s.settle().await;
    assert!(s.reactions(asked).is_empty());
    s.workers.recover_deliveries().await.unwrap();
    s.ends_well(asked).await;
    // What is here is not asked for again, although GitHub counts one failure.
    s.fake.forget_requests();
    s.workers.recover_deliveries().await.unwrap();
    let asked_again = s.fake.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(asked_again, 0);
});

scenario!(a_lost_end_of_the_run_is_found_by_looking, s => {
    let asked = s.comment("alice", "/promote staging").await;
    let run = s.running().unwrap();
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.fake.take_deliveries();
    s.later(Duration::from_mins(1)).await;
    s.calms_down().await;
    assert_eq!(s.deployments("staging"), ["success"]);
    assert_eq!(s.reactions(asked), ["eyes", "rocket"]);
});

scenario!(what_makes_no_sense_is_buried_and_holds_nobody_up, s => {
    let in_shop = |more: Value| {
        let mut payload = json!({
            "repository": { "id": 200, "full_name": "acme/shop", "default_branch": "main" },
            "installation": { "id": INSTALLATION },
            "sender": { "id": 1, "login": "alice", "type": "User" },
        });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload
    };
    let poison = [
        ("issue_comment", in_shop(json!({ "action": "created", "comment": "nonsense", "issue": [] }))),
        ("issue_comment", in_shop(json!({ "action": "created" }))),
        ("push", in_shop(json!({ "ref": 7, "after": "not a commit" }))),
        ("pull_request", in_shop(json!({ "action": "opened", "pull_request": { "number": "one" } }))),
        ("workflow_run", in_shop(json!({ "action": "completed", "workflow_run": null }))),
        ("status", in_shop(json!({ "sha": "zz" }))),
        ("push", in_shop(json!({ "ref": "refs/heads/x", "after": "a".repeat(40), "sender": { "id": -1, "login": "<script>" } }))),
    ];
    for (number, (event, payload)) in (1..).zip(&poison) {
        assert!((200..300).contains(&s.deliver(&delivery(number, event, payload)).await));
    }
    let asked = s.says("alice", "/promote staging");
    s.expected.buried = i64::try_from(poison.len()).unwrap();
    s.ends_well(asked).await;
    let mut conn = s.app.db.read().await.unwrap();
    for (guid, why) in countersign::db::inbox::buried(&mut conn, 100).await.unwrap() {
        assert!(why.contains("payload cannot be read"), "{guid}: {why}");
    }
});

scenario!(what_was_done_of_a_buried_comment_is_not_said_to_be_undone, s => {
    s.comment("alice", "/promote production").await;
    let refused = Fault::Status(403, json!({ "message": "Resource not accessible by integration" }));
    s.fake.fail_times("GET", "/repos/acme/shop", refused, 4);
    let asked = s.says("alice", "/cancel p1\n/promote staging\n/why");
    let delivery = s.only_delivery();
    s.deliver(&delivery).await;
    s.calms_down().await;
    assert_eq!((s.state(1).await, s.promotions().await), ("cancelled".to_owned(), 1));
    assert!(!s.reply().contains("Nothing was changed"), "{}", s.reply());
    assert!(s.reply().contains("Write only those 2 again"), "{}", s.reply());
    assert!(s.reply().contains("/promote staging"), "it is said of which command: {}", s.reply());
    s.fake.change(|state| state.redeliver(delivery.id)).unwrap();
    s.calms_down().await;
    assert_eq!(s.refusals().await, Vec::<String>::new(), "nothing is done twice");
    assert_eq!(s.state(2).await, "deploying");
    assert_eq!(s.reactions(asked), ["eyes", "rocket", "confused"]);
    s.deployment_ends("success").await;
});

scenario!(a_buried_delivery_that_is_sent_again_runs_again, s => {
    let refused = Fault::Status(403, json!({ "message": "Resource not accessible by integration" }));
    s.fake.fail_times("GET", "/repos/acme/shop", refused, 4);
    let asked = s.says("alice", "/promote staging");
    let delivery = s.only_delivery();
    s.deliver(&delivery).await;
    s.calms_down().await;
    assert_eq!(s.reactions(asked), ["eyes", "confused"], "whoever asked is told");
    assert!(s.deployments("staging").is_empty());
    s.fake.change(|state| state.redeliver(delivery.id)).unwrap();
    s.calms_down().await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["success"]);
    assert_eq!(s.reactions(asked), ["eyes", "confused", "rocket"]);
});

/// GitHub refuses one read so often that what needs it is given up.
fn given_up(s: &mut Scenario) {
    let refused = Fault::Status(403, json!({ "message": "Resource not accessible by integration" }));
    s.fake.fail_times("GET", "/repos/acme/shop", refused, 4);
}

scenario!(a_buried_command_is_not_obeyed_when_somebody_has_it_delivered_again_late, s => {
    given_up(s);
    let asked = s.says("alice", "/promote staging");
    let delivery = s.only_delivery();
    s.advance(Duration::from_mins(10));
    s.deliver(&delivery).await;
    s.calms_down().await;
    assert_eq!(s.reactions(asked), ["eyes", "confused"], "given up");
    s.advance(Duration::from_hours(50));
    s.fake.change(|state| state.redeliver(delivery.id)).unwrap();
    s.calms_down().await;
    assert_eq!(s.refusal().await, "arrived_late");
    assert_eq!(s.reactions(asked), ["eyes", "confused", "-1"]);
    assert!(s.deployments("staging").is_empty());
});

scenario!(a_buried_vote_is_not_counted_when_somebody_has_it_delivered_again_late, s => {
    s.staged().await;
    s.comment("alice", "/promote production").await;
    given_up(s);
    s.says("bob", "/approve");
    let delivery = s.only_delivery();
    s.deliver(&delivery).await;
    s.calms_down().await;
    s.advance(Duration::from_mins(20));
    s.fake.change(|state| state.redeliver(delivery.id)).unwrap();
    s.calms_down().await;
    assert_eq!(s.refusal().await, "arrived_late");
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
});

scenario!(a_buried_press_of_a_button_is_not_counted_when_it_comes_again_late, s => {
    s.staged().await;
    s.comment("alice", "/promote production").await;
    for (minutes, refusals) in [(10, 0), (20, 1)] {
        given_up(s);
        let check = s.fake.check_named(SHOP, &s.head(), "countersign/production").unwrap();
        s.fake.press_button(SHOP, "bob", check.id, "approve").unwrap();
        let delivery = s.only_delivery();
        s.deliver(&delivery).await;
        s.calms_down().await;
        s.advance(Duration::from_mins(minutes));
        s.fake.change(|state| state.redeliver(delivery.id)).unwrap();
        s.calms_down().await;
        assert_eq!(s.refusals().await, vec!["arrived_late"; refusals], "after {minutes} minutes");
    }
    let votes = s.trail().await.into_iter().filter(|line| line.contains("vote.recorded")).count();
    assert_eq!(votes, 1);
});

scenario!(what_waited_here_for_long_is_not_begun_by_itself_but_a_vote_still_counts, s => {
    let reset = s.clock.now().plus(Duration::from_mins(25));
    s.fake.fail_next("GET", "/repos/acme/shop", Fault::PrimaryLimit { reset });
    let asked = s.says("alice", "/promote staging");
    s.calms_down().await;
    assert_eq!(s.refusal().await, "arrived_late");
    assert_eq!(s.reactions(asked), ["eyes", "-1"]);
    s.staged().await;
    s.comment("alice", "/promote production").await;
    let reset = s.clock.now().plus(Duration::from_mins(25));
    s.fake.fail_next("GET", "/repos/acme/shop", Fault::PrimaryLimit { reset });
    s.says("bob", "/approve");
    s.calms_down().await;
    assert_eq!(s.refusals().await.len(), 1, "{:?}", s.refusals().await);
    let votes = s.trail().await.into_iter().filter(|line| line.contains("vote.recorded")).count();
    assert_eq!(votes, 1, "it was cast in time");
});
