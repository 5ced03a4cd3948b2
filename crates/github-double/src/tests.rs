//! The surprising rules, through real HTTP.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::Fake;
use super::acts::code::Push;
use super::auth::APP_KEY;
use super::faults::Fault;
use super::seed::{APP, INSTALLATION, SHOP, WEBHOOK_SECRET};
use super::webhooks::signature;
use countersign_kernel::clock::{Clock, Timestamp};

struct World {
    fake: Fake,
    clock: Clock,
    url: String,
    http: Client,
    token: String,
    contract: Option<Value>,
}

impl World {
    async fn new() -> Self {
        let clock = Clock::manual(Timestamp::parse("2026-11-21T09:15:00Z").unwrap());
        let fake = Fake::sandbox(clock.clone()).unwrap();
        fake.take_deliveries();
        let url = fake.start().await.unwrap().to_string().trim_end_matches('/').to_owned();
        let mut world =
            Self { fake, clock, url, http: Client::new(), token: String::new(), contract: contract() };
        let (status, minted) = world.mint(json!({})).await;
        assert_eq!(status, 201);
        world.token = minted["token"].as_str().unwrap().to_owned();
        world
    }

    fn jwt(&self) -> String {
        let now = self.clock.now().seconds();
        let claims = json!({"iss": APP.to_string(), "iat": now - 60, "exp": now + 540});
        let key = EncodingKey::from_rsa_pem(APP_KEY.as_bytes()).unwrap();
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
    }

    async fn mint(&self, body: Value) -> (u16, Value) {
        let path = format!("/app/installations/{INSTALLATION}/access_tokens");
        self.ask(&self.jwt(), "POST", &path, body).await
    }

    async fn send(&self, token: &str, method: &str, path: &str, body: Value) -> reqwest::Result<Response> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(token);
        if body.is_null() { request.send().await } else { request.json(&body).send().await }
    }

    /// Asks, and holds the answer against GitHub's own schema.
    async fn ask(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let response = self.send(token, method, path, body).await.unwrap();
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        self.check(method, path, status, &answer);
        (status, answer)
    }

    async fn app(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let path = if path.starts_with("/orgs") || path.starts_with("/users") || path.starts_with("/rate") {
            path.to_owned()
        } else {
            format!("/repos/acme/shop{path}")
        };
        self.ask(&self.token, method, &path, body).await
    }

    fn check(&self, method: &str, path: &str, status: u16, answer: &Value) {
        let Some(contract) = &self.contract else { return };
        if status >= 300 || answer.is_null() {
            return;
        }
        let bare = path.split('?').next().unwrap();
        let operations = contract["operations"].as_object().unwrap();
        let fixed = |name: &str| name.matches('{').count();
        let mut found: Vec<&String> = operations.keys().filter(|name| fits(name, method, bare)).collect();
        found.sort_by_key(|name| fixed(name));
        let name = found.first().unwrap_or_else(|| panic!("{method} {bare} is not in the contract"));
        let schema = &operations[*name]["responses"][status.to_string()]["schema"];
        assert!(
            !operations[*name]["responses"][status.to_string()].is_null(),
            "{name} never answers {status}"
        );
        if schema.is_null() {
            return;
        }
        // The schema of this one list wants every account to be a person and an enterprise at once.
        let installations = json!({"type": "array", "items": {"$ref": "#/$defs/installation"}});
        let schema = if *name == "GET /app/installations" { &installations } else { schema };
        let whole = json!({"$defs": contract["$defs"], "allOf": [schema]});
        let validator = jsonschema::validator_for(&whole).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(answer)
            .map(|e| {
                format!("{} at {}", e, e.instance_path())
                    .chars()
                    .rev()
                    .take(300)
                    .collect::<String>()
                    .chars()
                    .rev()
                    .collect()
            })
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

/// GitHub's schemas, where they are at hand; elsewhere answers are not held against them.
fn contract() -> Option<Value> {
    let file = countersign_material::shared("github/contract.jsonschema.json")?;
    Some(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

fn fits(name: &str, method: &str, path: &str) -> bool {
    let (wanted, template) = name.split_once(' ').unwrap();
    let greedy = template.ends_with("{path}") || template.ends_with("git/ref/{ref}");
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let length = template.len() == path.len() || greedy && path.len() > template.len();
    wanted == method && length && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
}

fn tip(world: &World, branch: &str) -> String {
    world.fake.with_state(|state| state.repo("acme/shop").unwrap().tip(branch).unwrap().to_owned())
}

#[tokio::test]
async fn every_read_answers_as_github_describes_it() {
    let world = World::new().await;
    let head = tip(&world, "gift-cards");
    for path in [
        "",
        "/contents/README.md",
        "/contents/.github/countersign.yml?ref=main",
        "/contents/.github",
        "/branches/main",
        "/git/ref/heads/main",
        "/commits/main",
        "/pulls",
        "/pulls/1",
        "/pulls/1/commits",
        "/pulls/1/files",
        "/pulls/1/reviews",
        "/issues/1",
        "/issues/1/comments",
        "/deployments",
        "/compare/main...gift-cards",
        "/actions/workflows",
        "/actions/workflows/cd.yml",
        "/actions/workflows/ci.yml/runs",
        "/actions/runs",
        "/collaborators/alice/permission",
        "/users/alice",
        "/rate_limit",
        "/orgs/acme/teams/sre",
        "/orgs/acme/teams/sre/members",
        "/orgs/acme/teams/sre/memberships/bob",
        "/orgs/acme/memberships/alice",
    ] {
        let (status, _) = world.app("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}");
    }
    for path in ["pulls", "check-runs", "status"] {
        let (status, _) = world.app("GET", &format!("/commits/{head}/{path}"), Value::Null).await;
        assert_eq!(status, 200, "{path}");
    }
    for path in ["/app", "/app/installations", "/repos/acme/shop/installation", "/app/hook/deliveries"] {
        assert_eq!(world.ask(&world.jwt(), "GET", path, Value::Null).await.0, 200, "{path}");
    }
    assert_eq!(world.fake.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn tokens_are_scoped_and_expire() {
    let world = World::new().await;
    assert!(world.token.len() > 500 && world.token.contains('.'));
    assert_eq!(world.mint(json!({"permissions": {"administration": "write"}})).await.0, 422);
    let (_, minted) = world.mint(json!({"repository_ids": [SHOP], "permissions": {"issues": "read"}})).await;
    let narrow = minted["token"].as_str().unwrap();
    let body = json!({"name": "x", "head_sha": tip(&world, "main")});
    let refused = world.send(narrow, "POST", "/repos/acme/shop/check-runs", body).await.unwrap();
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["x-accepted-github-permissions"], "checks=write");
    world.clock.advance(Duration::from_secs(3601));
    assert_eq!(world.app("GET", "", Value::Null).await.0, 401);
    assert_eq!(world.ask("sandbox-nobody", "GET", "/user", Value::Null).await.0, 401);
}

#[tokio::test]
async fn comments_are_limited_and_signed_webhooks_tell_of_them() {
    let world = World::new().await;
    let (status, _) = world.app("POST", "/issues/1/comments", json!({"body": "x".repeat(65_537)})).await;
    assert_eq!(status, 422);
    let (status, comment) = world.app("POST", "/issues/1/comments", json!({"body": "hello"})).await;
    assert_eq!(status, 201);
    let deliveries = world.fake.take_deliveries();
    assert_eq!(deliveries.len(), 1);
    let sent = deliveries[0].headers.iter().find(|(name, _)| name == "X-Hub-Signature-256").unwrap();
    assert_eq!(sent.1, signature(WEBHOOK_SECRET, &deliveries[0].body));
    let payload = deliveries[0].payload();
    assert_eq!(payload["comment"]["performed_via_github_app"]["id"], APP);
    assert_eq!(payload["sender"]["type"], "Bot");
    assert_eq!(payload["installation"]["id"], INSTALLATION);
    let path = format!("/issues/comments/{}/reactions", comment["id"]);
    assert_eq!(world.app("POST", &path, json!({"content": "eyes"})).await.0, 201);
    assert_eq!(world.app("POST", &path, json!({"content": "eyes"})).await.0, 200);
    let path = format!("/issues/comments/{}", comment["id"]);
    assert_eq!(world.app("POST", &path, json!({"body": "b"})).await.0, 404);
    assert_eq!(world.app("PATCH", &path, json!({"body": "b"})).await.0, 200);
    assert_eq!(world.app("DELETE", &path, Value::Null).await.0, 204);
}

#[tokio::test]
async fn check_runs_follow_githubs_rules() {
    let world = World::new().await;
    let head = tip(&world, "gift-cards");
    let body = json!({"name": "production", "head_sha": head, "status": "completed"});
    assert_eq!(world.app("POST", "/check-runs", body).await.0, 422);
    let button = json!({"label": "Approve", "description": "Approve p1", "identifier": "approve"});
    let body =
        json!({"name": "production", "head_sha": head, "conclusion": "action_required", "actions": [button]});
    let (status, first) = world.app("POST", "/check-runs", body.clone()).await;
    assert_eq!((status, &first["status"]), (201, &json!("completed")));
    let (_, second) = world.app("POST", "/check-runs", body).await;
    assert_ne!(first["id"], second["id"]);
    let id = second["id"].as_i64().unwrap();
    assert!(world.fake.press_button("acme/shop", "dave", id, "approve").is_err());
    world.fake.press_button("acme/shop", "bob", id, "approve").unwrap();
    let last = world.fake.take_deliveries().pop().unwrap();
    assert_eq!(last.payload()["requested_action"]["identifier"], "approve");
    let (_, open) = world.app("PATCH", &format!("/check-runs/{id}"), json!({"status": "in_progress"})).await;
    assert_eq!(open["conclusion"], Value::Null);
    let four = json!({"actions": [button, button, button, button]});
    assert_eq!(world.app("PATCH", &format!("/check-runs/{id}"), four).await.0, 422);
}

#[tokio::test]
async fn a_dispatch_runs_the_tip_and_carries_its_id() {
    let world = World::new().await;
    let path = "/actions/workflows/cd.yml/dispatches";
    let inputs = json!({"environment": "staging", "countersign_id": "p1"});
    let body = json!({"ref": "gift-cards", "inputs": inputs, "return_run_details": true});
    let (status, answer) = world.app("POST", path, body).await;
    assert_eq!(status, 200);
    let run = answer["workflow_run_id"].as_i64().unwrap();
    let (_, shown) = world.app("GET", &format!("/actions/runs/{run}"), Value::Null).await;
    assert_eq!(shown["display_title"], "Deploy to staging [p1]");
    assert_eq!(shown["head_sha"], tip(&world, "gift-cards"));
    for bad in [
        json!({"ref": "nowhere", "inputs": inputs}),
        json!({"ref": "main"}),
        json!({"ref": "main", "inputs": {"environment": "x", "what": "y"}}),
        json!({"ref": tip(&world, "main"), "inputs": inputs}),
    ] {
        assert_eq!(world.app("POST", path, bad).await.0, 422);
    }
    assert_eq!(world.app("POST", &format!("/actions/runs/{run}/cancel"), json!({})).await.0, 202);
    assert_eq!(world.app("POST", &format!("/actions/runs/{run}/cancel"), json!({})).await.0, 409);
}

#[tokio::test]
async fn a_success_retires_earlier_ones_except_in_production() {
    let world = World::new().await;
    for (environment, retired) in [("staging", "inactive"), ("production", "success")] {
        let mut ids = Vec::new();
        for _ in 0..2 {
            let body = json!({"ref": "main", "environment": environment, "required_contexts": [], "auto_merge": false});
            let (status, made) = world.app("POST", "/deployments", body).await;
            assert_eq!(status, 201);
            let path = format!("/deployments/{}/statuses", made["id"]);
            assert_eq!(world.app("POST", &path, json!({"state": "success"})).await.0, 201);
            ids.push(made["id"].clone());
        }
        let (_, statuses) = world.app("GET", &format!("/deployments/{}/statuses", ids[0]), Value::Null).await;
        assert_eq!(statuses[0]["state"], retired, "{environment}");
        let path = format!("/deployments/{}/statuses", ids[0]);
        let long = json!({"state": "success", "description": "x".repeat(141)});
        assert_eq!(world.app("POST", &path, long).await.0, 422);
    }
}

#[tokio::test]
async fn pushes_move_heads_and_faults_strike_once() {
    let world = World::new().await;
    let before = tip(&world, "gift-cards");
    assert!(world.fake.push("acme/shop", "dave", &Push::file("gift-cards", "x", "a", "b")).is_err());
    let after = world.fake.push("acme/shop", "bob", &Push::file("gift-cards", "x", "a", "b")).unwrap();
    let events: Vec<String> = world.fake.take_deliveries().into_iter().map(|d| d.event).collect();
    assert_eq!(events, ["push", "pull_request"]);
    world.fake.fail_next("GET", "/repos/*/*/pulls/*", Fault::Stale);
    assert_eq!(world.app("GET", "/pulls/1", Value::Null).await.1["head"]["sha"], before);
    assert_eq!(world.app("GET", "/pulls/1", Value::Null).await.1["head"]["sha"], after);
    let path = "/repos/acme/shop/issues/1/comments";
    let count = || world.fake.with_state(|state| state.repo("acme/shop").unwrap().comments.len());
    world.fake.fail_next("POST", path, Fault::DropBefore);
    assert!(world.send(&world.token, "POST", path, json!({"body": "a"})).await.is_err());
    assert_eq!(count(), 0);
    world.fake.fail_next("POST", path, Fault::ApplyThenDrop);
    assert!(world.send(&world.token, "POST", path, json!({"body": "a"})).await.is_err());
    assert_eq!(count(), 1);
    world.fake.fail_next("GET", "/**", Fault::SecondaryLimit { retry_after: Duration::from_secs(7) });
    let limited = world.send(&world.token, "GET", path, Value::Null).await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (403, "7"));
    assert_eq!(world.app("GET", "/nothing", Value::Null).await.0, 404);
    assert_eq!(world.fake.unknown_routes(), ["GET /repos/acme/shop/nothing"]);
}

#[tokio::test]
async fn deliveries_are_listed_by_pages_and_sent_again_under_their_guid() {
    let world = World::new().await;
    for _ in 0..3 {
        world.fake.comment("acme/shop", "alice", 1, "hi").unwrap();
    }
    for (place, delivery) in world.fake.take_deliveries().iter().enumerate() {
        let status = if place == 0 { 500 } else { 202 };
        world.fake.record_attempt(delivery, status, Duration::from_millis(20));
    }
    let page = world.send(&world.jwt(), "GET", "/app/hook/deliveries?per_page=2", Value::Null).await.unwrap();
    assert!(page.headers()["link"].to_str().unwrap().contains("cursor=v1_"));
    let (_, failed) =
        world.ask(&world.jwt(), "GET", "/app/hook/deliveries?status=failure", Value::Null).await;
    assert_eq!(failed.as_array().unwrap().len(), 1);
    let id = failed[0]["id"].as_i64().unwrap();
    assert_eq!(
        world.ask(&world.jwt(), "GET", &format!("/app/hook/deliveries/{id}"), Value::Null).await.0,
        200
    );
    let path = format!("/app/hook/deliveries/{id}/attempts");
    assert_eq!(world.ask(&world.jwt(), "POST", &path, json!({})).await.0, 202);
    let again = world.fake.take_deliveries();
    assert_eq!((again[0].guid.as_str(), again[0].redelivery), (failed[0]["guid"].as_str().unwrap(), true));
}

#[tokio::test]
async fn what_is_known_costs_nothing_and_lists_lead_on() {
    let world = World::new().await;
    let path = "/repos/acme/shop/pulls/1/commits?per_page=1";
    let first = world.send(&world.token, "GET", path, Value::Null).await.unwrap();
    assert!(first.headers()["link"].to_str().unwrap().contains("rel=\"next\""));
    let etag = first.headers()["etag"].clone();
    let request = world.http.get(format!("{}{path}", world.url)).bearer_auth(&world.token);
    assert_eq!(request.header("if-none-match", etag).send().await.unwrap().status(), 304);
}

#[tokio::test]
async fn the_pump_posts_webhooks_once_and_lets_runs_move() {
    let world = World::new().await;
    world.fake.change(|state| state.settings.auto = true);
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = seen.clone();
    let hook = axum::Router::new().fallback(move |headers: http::HeaderMap| {
        kept.lock().unwrap().push(headers["x-github-event"].to_str().unwrap().to_owned());
        async { http::StatusCode::INTERNAL_SERVER_ERROR }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, hook).await });
    world.fake.push_file("acme/shop", "alice", "main", ("a", "b")).unwrap();
    world.clock.advance(Duration::from_secs(10));
    let fake = world.fake.clone();
    let pump = tokio::spawn(async move { fake.pump(url).await });
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.clock.advance(Duration::from_secs(1));
        let done = world.fake.with_state(|state| state.schedule.is_empty() && state.outgoing.is_empty());
        if done && world.fake.with_state(|state| state.attempts.len() >= 7) {
            break;
        }
    }
    pump.abort();
    let seen = seen.lock().unwrap().clone();
    let wanted =
        ["push", "workflow_run", "check_run", "workflow_run", "check_run", "check_suite", "workflow_run"];
    assert_eq!(seen, wanted);
    assert!(world.fake.with_state(|state| state.attempts.iter().all(|attempt| attempt.status_code == 500)));
}
