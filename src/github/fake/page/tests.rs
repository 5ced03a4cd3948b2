//! The page over real HTTP, on a world in which something is going on.

use reqwest::{Client, Response, redirect};
use serde_json::json;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::github::fake::Fake;
use crate::github::fake::acts::Who;
use crate::github::fake::seed::{APP, SHOP};

const REPO: &str = "acme/shop";

const STATUS_COMMENT: &str = "<!-- countersign:status -->\n\
## Countersign\n\n\
**p2** · `production` · waiting for approvals · asked by alice\n\n\
| | requirement | what it says | who can act |\n\
| --- | --- | --- | --- |\n\
| ✅ | `workflows` | `ci.yml` is green on this commit | |\n\
| ✅ | `after` | the same commit succeeded in `staging` | |\n\
| ⏳ | `approvals_missing` | **0 of 2** approvals by team `acme/sre` | bob, carol |\n\
| ❌ | `author_may_not` | alice wrote this commit, so her vote does not count | |\n\n\
To approve, comment `/approve`, or press *Approve* on the check `countersign/production`.\n\n\
<details><summary>How this was decided</summary>\n\n\
- policy `4b825dc` on `main`\n- [x] the head did not move\n- [ ] two approvals\n\n\
```yaml\nrequire:\n  approvals:\n    - { count: 2, from: [team:acme/sre] }\n```\n\n</details>\n\n\
> [!NOTE]\n> A new push makes this void. Written for @\u{200b}alice, not @<!-- -->bob.\n";

const SUMMARY: &str = "Waiting for **2** approvals by `team:acme/sre`.\n\n\
| | requirement | |\n| --- | --- | --- |\n\
| ✅ | `workflows` | `ci.yml` is green |\n\
| ✅ | `after` | `staging` has this commit |\n\
| ⏳ | `approvals_missing` | 0 of 2: bob or carol can approve |\n";

/// The sandbox after alice promoted to staging and asked for production.
fn lively() -> Fake {
    let fake = Fake::sandbox(Clock::System).unwrap();
    fake.comment(REPO, "alice", 1, "/promote staging").unwrap();
    let asked = fake.comment(REPO, "alice", 1, "/promote production --reason \"launch day\"").unwrap();
    fake.comment(REPO, "dave", 1, "Looks good to me, @alice!\n\n<script>alert(1)</script> ~~never~~").unwrap();
    fake.change(|state| {
        let bot = Who { user: state.user_id("countersign[bot]").unwrap(), app: Some(APP) };
        let head = state.repo(REPO).unwrap().pull(1).unwrap().head_sha.clone();
        state.react(SHOP, bot, asked, "eyes").unwrap();
        state.react(SHOP, bot, asked, "rocket").unwrap();
        let comment = state.comment(SHOP, bot, 1, "soon").unwrap();
        state.edit_comment(SHOP, bot, comment, STATUS_COMMENT).unwrap();
        let check = json!({
            "name": "countersign/production", "head_sha": head, "conclusion": "action_required",
            "output": {"title": "Waiting for 2 approvals", "summary": SUMMARY},
            "actions": [
                {"label": "Approve", "description": "Count as your approval", "identifier": "approve"},
                {"label": "Reject", "description": "Count as your rejection", "identifier": "reject"},
            ],
        });
        state.create_check(SHOP, bot, &check).unwrap();
        let done = json!({"name": "countersign/staging", "head_sha": head, "conclusion": "success",
            "output": {"title": "Deployed to staging", "summary": "p1 is live."}});
        state.create_check(SHOP, bot, &done).unwrap();
        let deployment = json!({"ref": head, "environment": "staging", "auto_merge": false, "required_contexts": []});
        let id = state.create_deployment(SHOP, bot, &deployment).unwrap();
        for (word, text) in [("queued", "p1 is approved"), ("in_progress", "cd.yml runs"), ("success", "p1 is live")] {
            let status = json!({"state": word, "description": text});
            state.add_deployment_status(SHOP, bot, id, &status).unwrap();
        }
    });
    let inputs = [("environment".to_owned(), "staging".to_owned())].into();
    fake.dispatch(REPO, "alice", "cd.yml", ("gift-cards", inputs)).unwrap();
    fake
}

#[tokio::test]
#[ignore]
async fn look() {
    let fake = lively();
    let listener = TcpListener::bind("127.0.0.1:18990").await.unwrap();
    fake.set_urls("http://127.0.0.1:18990", "http://127.0.0.1:18990");
    let site = super::site(&fake, Some("http://127.0.0.1:8080".to_owned()));
    axum::serve(listener, site).await.unwrap();
}
