//! GitHub fails at each request that writes, in every way it can.

use std::time::Duration;

use countersign::clock::Timestamp;
use countersign::github::fake::faults::Fault;
use serde_json::json;

use crate::harness::{On, tell};

/// What can go wrong with one request, in a row: it is sent again after each.
fn bad_days(now: Timestamp) -> [Vec<Fault>; 3] {
    let nothing_is_done = vec![
        Fault::DropBefore,
        Fault::Status(500, json!({ "message": "Server Error" })),
        Fault::SecondaryLimit { retry_after: Duration::from_secs(90) },
        Fault::PrimaryLimit { reset: now.plus(Duration::from_mins(10)) },
        Fault::Delay(Duration::from_millis(20)),
    ];
    // What is done and looks as if it were not must be found, and not be done again.
    [nothing_is_done, vec![Fault::ApplyThenDrop], vec![Fault::ApplyThenStatus(502)]]
}

async fn survives(on: On, method: &str, path: &str) {
    for day in 0..3 {
        tell(on, async |s| {
            for fault in bad_days(s.clock.now()).into_iter().nth(day).unwrap() {
                s.fake.fail_next(method, path, fault);
            }
            let asked = s.says("alice", "/promote staging");
            s.ends_well(asked).await;
        })
        .await;
    }
}

macro_rules! survives {
    ($($name:ident: $method:literal $path:literal;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn on_sqlite() {
                survives(On::Sqlite, $method, $path).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                survives(On::Postgres, $method, $path).await;
            }
        }
    )*};
}

survives! {
    a_token: "POST" "/app/installations/*/access_tokens";
    the_deployment: "POST" "/repos/*/*/deployments";
    its_status: "POST" "/repos/*/*/deployments/*/statuses";
    the_dispatch: "POST" "/repos/*/*/actions/workflows/*/dispatches";
    the_check_run: "POST" "/repos/*/*/check-runs";
    the_check_run_again: "PATCH" "/repos/*/*/check-runs/*";
    the_comment: "POST" "/repos/*/*/issues/*/comments";
    the_comment_again: "PATCH" "/repos/*/*/issues/comments/*";
    the_reaction: "POST" "/repos/*/*/issues/comments/*/reactions";
}
