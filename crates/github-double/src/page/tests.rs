//! The page over real HTTP, on a world in which something is going on.

use reqwest::{Client, Response, redirect};
use serde_json::json;
use tokio::net::TcpListener;

use crate::Fake;
use crate::acts::Who;
use crate::acts::code::Push;
use crate::seed::{APP, SHOP};
use countersign_kernel::clock::Clock;

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
    fake.comment(REPO, "dave", 1, "Looks good to me, @alice!\n\n<script>alert(1)</script> ~~never~~")
        .unwrap();
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
        let deployment =
            json!({"ref": head, "environment": "staging", "auto_merge": false, "required_contexts": []});
        let id = state.create_deployment(SHOP, bot, &deployment).unwrap();
        for (word, text) in
            [("queued", "p1 is approved"), ("in_progress", "cd.yml runs"), ("success", "p1 is live")]
        {
            let status = json!({"state": word, "description": text});
            state.add_deployment_status(SHOP, bot, id, &status).unwrap();
        }
    });
    let inputs = [("environment".to_owned(), "staging".to_owned())].into();
    fake.dispatch(REPO, "alice", "cd.yml", ("gift-cards", inputs)).unwrap();
    fake
}

/// A page that is being looked at, by a browser that follows no redirect.
struct Visit {
    fake: Fake,
    url: String,
    browser: Client,
}

impl Visit {
    async fn begin(fake: Fake) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        fake.set_urls(&url, &url);
        let site = super::site(&fake, Some("http://countersign.example/".to_owned()));
        tokio::spawn(async move { axum::serve(listener, site).await });
        let browser = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { fake, url, browser }
    }

    async fn get(&self, path: &str) -> Response {
        self.browser.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    async fn token(&self) -> String {
        let page = self.page("/acme/shop/pull/1").await;
        let (_, after) = page.split_once("name=\"token\" value=\"").unwrap();
        after.split_once('"').unwrap().0.to_owned()
    }

    async fn hint(&self) -> String {
        let page = self.page("/acme/shop/pull/1").await;
        let (_, after) = page.split_once("Try next: </strong>").unwrap();
        after.split_once("</p>").unwrap().0.to_owned()
    }

    async fn post(&self, path: &str, site: &str, fields: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.browser.post(format!("{}{path}", self.url)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("sec-fetch-site", site).send().await.unwrap()
    }

    /// Sends a form as our own page would; gives the status and where it leads.
    async fn act(&self, path: &str, person: &str, more: &[(&str, &str)]) -> (u16, String) {
        let token = self.token().await;
        let mut fields = vec![("token", token.as_str()), ("back", "/acme/shop/pull/1"), ("as", person)];
        fields.extend(more);
        let answer = self.post(path, "same-origin", &fields).await;
        let location = answer.headers().get("location").map(|l| l.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location.unwrap_or_default())
    }

    fn run_of(&self, event: &str) -> i64 {
        self.fake.with_state(|state| {
            state.repo(REPO).unwrap().runs.values().rev().find(|run| run.event == event).unwrap().id
        })
    }
}

#[tokio::test]
async fn every_page_answers_with_its_headers() {
    let visit = Visit::begin(lively()).await;
    let run = visit.run_of("push");
    let (head, check) = visit.fake.with_state(|state| {
        let repo = state.repo(REPO).unwrap();
        (repo.pull(1).unwrap().head_sha.clone(), *repo.checks.keys().next().unwrap())
    });
    let paths = [
        "/acme/shop".to_owned(),
        "/acme/shop/tree/main".to_owned(),
        "/acme/shop/pull/1".to_owned(),
        "/acme/shop/issues/1".to_owned(),
        format!("/acme/shop/commit/{head}"),
        format!("/acme/shop/actions/runs/{run}"),
        format!("/acme/shop/runs/{check}"),
        "/acme/shop/blob/main/.github/countersign.yml".to_owned(),
        format!("/acme/shop/blob/{head}/README.md"),
        "/acme/shop/edit/main/.github/countersign.yml".to_owned(),
        "/_sandbox/page.css".to_owned(),
        "/_sandbox/page.js".to_owned(),
        "/avatars/1".to_owned(),
    ];
    for path in paths {
        let answer = visit.get(&path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers()["referrer-policy"], "same-origin", "{path}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains(" style=\"") && !text.contains(" onclick"), "{path} has something inline");
    }
    for path in ["/acme/none", "/acme/shop/pull/9", "/acme/shop/commit/none", "/acme/shop/blob/main/none"] {
        let answer = visit.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.text().await.unwrap().contains("There is nothing here"), "{path}");
    }
}

#[tokio::test]
async fn the_root_leads_to_the_pull_request_and_the_api_stays_itself() {
    let visit = Visit::begin(lively()).await;
    assert_eq!(visit.get("/").await.headers()["location"], "/acme/shop/pull/1");
    for path in
        ["/repos/acme/shop", "/user", "/orgs/acme", "/installation/repositories", "/app/installations"]
    {
        let answer = visit.get(path).await;
        let kind = answer.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("application/json"), "{path}: {kind}");
    }
}

#[tokio::test]
async fn the_page_shows_what_there_is() {
    let visit = Visit::begin(lively()).await;
    let page = visit.page("/acme/shop/pull/1").await;
    let shown = [
        "Add a gift-card field to the checkout",
        "wants to merge",
        "Take the gift card off the total",
        "/promote production --reason \"launch day\"",
        "<code>approvals_missing</code>",
        "countersign/production",
        "Waiting for 2 approvals",
        "value=\"approve\"",
        "p1 is live",
        "is live",
        "🚀",
        "<strong class=\"mention\">@alice</strong>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "bob <small>sre</small>",
        "http://countersign.example/log/checkpoint",
    ];
    for text in shown {
        let flat = page.replace("<b>", "").replace("</b>", "");
        assert!(flat.contains(text), "{text:?} is missing");
    }
    assert!(!page.contains("countersign:status"), "the mark of the bot's comment shows");
    assert!(!page.contains("<strong class=\"mention\">@bob"), "an escaped mention mentions");
}

#[tokio::test]
async fn the_hint_follows_the_story() {
    let visit = Visit::begin(Fake::sandbox(Clock::System).unwrap()).await;
    assert!(visit.hint().await.starts_with("CI is green."));
    let push = Push::file("gift-cards", "Say more", "README.md", "# Shop\n");
    visit.fake.push(REPO, "alice", &push).unwrap();
    assert!(visit.hint().await.starts_with("ask for this commit"));
    assert!(visit.page("/acme/shop/pull/1").await.contains("Run CI"));
    visit.act("/_sandbox/acme/shop/pulls/1/ci", "alice", &[]).await;
    let ci = visit.run_of("push");
    assert!(visit.hint().await.starts_with("CI is still running."));
    visit.act(&format!("/_sandbox/acme/shop/runs/{ci}/fail"), "alice", &[]).await;
    assert!(visit.hint().await.starts_with("CI failed."));

    let visit = Visit::begin(lively()).await;
    assert!(visit.hint().await.starts_with("a deployment is under way."));
    let run = visit.run_of("workflow_dispatch");
    visit.act(&format!("/_sandbox/acme/shop/runs/{run}/pass"), "alice", &[]).await;
    assert!(visit.hint().await.contains("by sre: comment /approve as bob, then as carol, or press"));
    visit.act("/_sandbox/acme/shop/pulls/1/comment", "bob", &[("body", "/approve")]).await;
    assert!(visit.hint().await.contains("comment /approve as carol, or press"));
}

#[tokio::test]
async fn a_person_comments_presses_and_pushes() {
    let visit = Visit::begin(lively()).await;
    let (status, place) =
        visit.act("/_sandbox/acme/shop/pulls/1/comment", "bob", &[("body", "/approve")]).await;
    assert_eq!(status, 303);
    assert!(place.starts_with("/acme/shop/pull/1?as=bob#issuecomment-"), "{place}");
    let page = visit.page("/acme/shop/pull/1?as=bob").await;
    assert!(page.contains("/approve</p>") && page.contains("value=\"bob\" checked"));

    let check = visit.fake.with_state(|state| {
        let checks = &state.repo(REPO).unwrap().checks;
        checks.values().find(|check| check.name == "countersign/production").unwrap().id
    });
    let path = format!("/_sandbox/acme/shop/checks/{check}/press");
    assert_eq!(visit.act(&path, "carol", &[("button", "approve")]).await.0, 303);
    let pressed = visit.fake.with_state(|state| {
        let events = state.deliveries.values();
        events.filter(|sent| sent.action.as_deref() == Some("requested_action")).count()
    });
    assert_eq!(pressed, 1);

    assert_eq!(visit.act("/_sandbox/acme/shop/pulls/1/push", "alice", &[]).await.0, 303);
    assert!(visit.page("/acme/shop/pull/1").await.contains("wants to merge 3 commits"));
    assert_eq!(visit.act("/_sandbox/acme/shop/pulls/1/push", "dave", &[]).await.0, 403);
    assert_eq!(
        visit.act("/_sandbox/acme/shop/pulls/1/comment", "countersign[bot]", &[("body", "x")]).await.0,
        422
    );
}

#[tokio::test]
async fn fate_can_be_decided() {
    let visit = Visit::begin(lively()).await;
    let run = visit.run_of("workflow_dispatch");
    let conclusion = |visit: &Visit, id| {
        visit.fake.with_state(|state| state.repo(REPO).unwrap().run(id).unwrap().conclusion.clone())
    };
    assert_eq!(visit.act(&format!("/_sandbox/acme/shop/runs/{run}/pass"), "alice", &[]).await.0, 303);
    assert_eq!(conclusion(&visit, run).as_deref(), Some("success"));
    assert_eq!(visit.act(&format!("/_sandbox/acme/shop/runs/{run}/fail"), "alice", &[]).await.0, 409);
    let ci = visit.run_of("push");
    assert_eq!(visit.act(&format!("/_sandbox/acme/shop/runs/{ci}/rerun"), "alice", &[]).await.0, 303);
    assert_eq!(visit.act(&format!("/_sandbox/acme/shop/runs/{ci}/fail"), "alice", &[]).await.0, 303);
    assert_eq!(conclusion(&visit, ci).as_deref(), Some("failure"));
    assert_eq!(visit.act("/_sandbox/auto", "alice", &[("on", "true")]).await.0, 303);
    assert!(visit.fake.with_state(|state| state.settings.auto));
    assert_eq!(visit.act("/_sandbox/acme/shop/pulls/1/close", "alice", &[]).await.0, 303);
    assert!(visit.page("/acme/shop/pull/1").await.contains("This was closed"));
    assert_eq!(visit.act("/_sandbox/acme/shop/pulls/1/reopen", "alice", &[]).await.0, 303);
    assert_eq!(visit.act("/_sandbox/acme/shop/pulls/1/merge", "alice", &[]).await.0, 303);
    assert!(visit.page("/acme/shop/pull/1").await.contains("merged commit"));
}

#[tokio::test]
async fn the_policy_can_be_edited() {
    let visit = Visit::begin(lively()).await;
    let file =
        [("branch", "main"), ("path", ".github/countersign.yml"), ("body", "version: 1\r\n# mine\r\n")];
    assert_eq!(visit.act("/_sandbox/acme/shop/file", "bob", &file).await.0, 303);
    let page = visit.page("/acme/shop/blob/main/.github/countersign.yml").await;
    assert!(page.contains("<code>version: 1\n# mine\n</code>"), "{page}");
}

#[tokio::test]
async fn another_site_cannot_act() {
    let visit = Visit::begin(lively()).await;
    let token = visit.token().await;
    let before = visit.fake.revision();
    let path = "/_sandbox/acme/shop/pulls/1/comment";
    let fields = [("token", token.as_str()), ("as", "alice"), ("body", "/promote production")];
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(visit.post(path, site, &fields).await.status(), 403, "{site}");
    }
    let guessed = [("token", "0123456789abcdef0123456789abcdef"), ("as", "alice"), ("body", "x")];
    assert_eq!(visit.post(path, "same-origin", &guessed).await.status(), 403);
    assert_eq!(visit.fake.revision(), before, "something was done all the same");
    let elsewhere = [("token", token.as_str()), ("as", "alice"), ("body", "x"), ("back", "//evil.example/")];
    let answer = visit.post(path, "same-origin", &elsewhere).await;
    assert!(answer.headers()["location"].to_str().unwrap().starts_with("/?as=alice#"));
}

#[tokio::test]
async fn open_pages_are_told_of_every_change() {
    let visit = Visit::begin(lively()).await;
    let mut events = visit.get("/_sandbox/events").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let first = events.chunk().await.unwrap().unwrap();
    assert_eq!(first, format!("data: {}\n\n", visit.fake.revision()));
    visit.fake.comment(REPO, "bob", 1, "hello").unwrap();
    let second = events.chunk().await.unwrap().unwrap();
    assert_eq!(second, format!("data: {}\n\n", visit.fake.revision()));
}
