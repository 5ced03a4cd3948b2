//! `POST /reports`: a job sends what it found, and its token alone says where that belongs.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::db::report::{self, Bundle, Packed};
use countersign::github::fake::auth::APP_KEY;
use countersign::github::fake::faults::Fault;
use countersign::ids::RepoId;
use countersign::report::Way;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::samples::{CLEAN, one_finding, zip};
use crate::harness::{AUDIENCE, SHOP, Scenario};
use crate::scenario;

/// What is answered: the status, and the JSON.
async fn send(s: &Scenario, name: &str, token: &str, body: &[u8]) -> (u16, Value) {
    let answer = s.send_report(name, token).body(body.to_vec()).send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert!(token.is_empty() || !text.contains(token), "{text}");
    (status, serde_json::from_str(&text).unwrap())
}

async fn refused(s: &Scenario, token: &str) -> (u16, String) {
    let (status, body) = send(s, "x", token, CLEAN.as_bytes()).await;
    (status, body["error"].as_str().unwrap().to_owned())
}

fn token(s: &Scenario, run: i64) -> String {
    s.fake.job_token(SHOP, run, AUDIENCE).unwrap()
}

/// The token of a run's job, in which one claim is another.
fn with(s: &Scenario, run: i64, claim: &str, value: &Value) -> String {
    let mut claims = s.fake.job_claims(SHOP, run, AUDIENCE).unwrap();
    claims[claim] = value.clone();
    s.fake.sign_claims(&claims).unwrap()
}

scenario!(a_job_sends_a_report_and_it_belongs_to_its_run, s => {
    let run = s.ci_goes_on();
    let (status, body) = send(s, "codeql", &token(s, run), one_finding("CodeQL", "src/checkout.js").as_bytes()).await;
    assert_eq!((status, &body["received"][0]["tool"], &body["received"][0]["findings"]), (202, &json!("codeql"), &json!(1)));
    s.settle().await;
    let reports = s.reports().await;
    let origin = &reports[0].origin;
    assert_eq!((origin.way, origin.run.unwrap().0, origin.attempt, origin.fork), (Way::Upload, run, 1, false));
    assert_eq!((origin.entry.as_str(), origin.commit.as_str()), ("codeql", s.head().as_str()));
});

scenario!(a_zip_of_several_is_taken_as_well, s => {
    let run = s.ci_goes_on();
    let both = zip(&[("a.sarif", CLEAN.as_bytes()), ("b/b.sarif", one_finding("Semgrep", "b.js").as_bytes()), ("c.md", b"#")]);
    let (status, body) = send(s, "all", &token(s, run), &both).await;
    assert_eq!((status, body["received"].as_array().unwrap().len(), &body["unrecognised"]), (202, 2, &json!(1)));
    assert_eq!(s.reports_in_short().await, ["codeql ok -/a.sarif", "semgrep ok -/b/b.sarif"]);
    s.settle().await;
});

scenario!(sent_again_under_its_name_it_is_replaced, s => {
    let run = s.ci_goes_on();
    let job = token(s, run);
    for (name, report) in [("one", one_finding("CodeQL", "a.js")), ("two", one_finding("Semgrep", "a.js")), ("one", CLEAN.to_owned())] {
        assert_eq!(send(s, name, &job, report.as_bytes()).await.0, 202);
    }
    let found: Vec<u64> = s.reports().await.iter().map(|one| one.report.counts.findings).collect();
    assert_eq!(found, [0, 1]);
    s.settle().await;
});

scenario!(artifacts_of_the_same_run_stand_beside_what_was_sent, s => {
    let run = s.ci_goes_on();
    send(s, "sent", &token(s, run), CLEAN.as_bytes()).await;
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).unwrap();
    s.settle().await;
    assert_eq!(s.reports_in_short().await, ["codeql ok scans/a.sarif", "codeql ok -/sent"]);
});

scenario!(tokens_that_are_not_what_they_seem_are_refused, s => {
    let run = s.ci_goes_on();
    let (now, hour) = (s.clock.now().seconds(), 3600);
    for (claim, value) in [
        ("aud", json!("https://elsewhere.example")),
        ("aud", json!([AUDIENCE])),
        ("iss", json!("https://token.actions.githubusercontent.com")),
        ("exp", json!(now - hour)),
        ("exp", json!(now + 1000 * hour)),
        ("iat", json!(now + hour)),
        ("nbf", json!(now + hour)),
        ("exp", json!(null)),
        ("repository", json!("acme/shop/../other")),
        ("run_id", json!("many")),
        ("run_attempt", json!(null)),
    ] {
        assert_eq!(refused(s, &with(s, run, claim, &value)).await, (401, "token".to_owned()), "{claim} {value}");
    }
    let good = token(s, run);
    let [header, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let unsigned = part(&json!({"alg": "none", "typ": "JWT", "kid": "fake-actions-key"}));
    let unnamed = part(&json!({"alg": "RS256", "typ": "JWT"}));
    let unknown = part(&json!({"alg": "RS256", "typ": "JWT", "kid": "another"}));
    for forged in [
        format!("{unsigned}.{claims}."),
        format!("{unsigned}.{claims}.{signature}"),
        format!("{unnamed}.{claims}.{signature}"),
        format!("{unknown}.{claims}.{signature}"),
        format!("{header}.{claims}.{}", signature.chars().rev().collect::<String>()),
        format!("{header}.{}.{signature}", part(&json!({"iss": "x"}))),
        "not.a.token".to_owned(),
        "x".repeat(20_000),
    ] {
        assert_eq!(refused(s, &forged).await, (401, "token".to_owned()), "{forged}");
    }
    assert_eq!(refused(s, "").await.0, 401);
    assert!(s.reports().await.is_empty());
});

scenario!(the_public_key_is_no_secret_to_sign_with, s => {
    let run = s.ci_goes_on();
    let claims = s.fake.job_claims(SHOP, run, AUDIENCE).unwrap();
    let keys: Value = reqwest::get(format!("{}/.well-known/jwks", claims["iss"].as_str().unwrap())).await.unwrap().json().await.unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("fake-actions-key".to_owned());
    for secret in [keys["keys"][0]["n"].as_str().unwrap(), APP_KEY] {
        let forged = encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
        assert_eq!(refused(s, &forged).await, (401, "token".to_owned()));
    }
});

scenario!(a_job_of_elsewhere_gets_nothing_in, s => {
    let run = s.ci_goes_on();
    for (claim, value, error) in [
        ("repository_id", json!("1"), "not_installed"),
        ("repository", json!("mallory/shop"), "not_installed"),
        ("run_id", json!("99999999"), "no_such_run"),
        ("run_attempt", json!("2"), "other_attempt"),
    ] {
        assert_eq!(refused(s, &with(s, run, claim, &value)).await, (403, error.to_owned()), "{claim}");
        s.advance(Duration::from_mins(6));
    }
    assert!(s.reports().await.is_empty());
});

scenario!(strangers_do_not_make_us_ask_github_again_and_again, s => {
    let run = s.ci_goes_on();
    s.fake.forget_requests();
    for _ in 0..5 {
        let mut claims = s.fake.job_claims(SHOP, run, AUDIENCE).unwrap();
        (claims["repository"], claims["repository_id"]) = (json!("mallory/shop"), json!("666"));
        let stranger = s.fake.sign_claims(&claims).unwrap();
        assert_eq!(refused(s, &stranger).await, (403, "not_installed".to_owned()));
    }
    assert_eq!(s.fake.requests().len(), 1);
});

scenario!(a_token_with_an_outdated_name_locks_nobody_out, s => {
    let run = s.ci_goes_on();
    for name in ["acme/old-shop", "mallory/shop"] {
        let outdated = with(s, run, "repository", &json!(name));
        assert_eq!(refused(s, &outdated).await, (403, "not_installed".to_owned()));
        assert_eq!(send(s, "x", &token(s, run), CLEAN.as_bytes()).await.0, 202, "after {name}");
    }
    s.settle().await;
});

scenario!(a_stranger_under_another_name_is_asked_about_again_and_under_the_same_name_is_not, s => {
    let run = s.ci_goes_on();
    s.fake.forget_requests();
    for name in ["mallory/one", "mallory/one", "mallory/two", "mallory/one"] {
        let mut claims = s.fake.job_claims(SHOP, run, AUDIENCE).unwrap();
        (claims["repository"], claims["repository_id"]) = (json!(name), json!("666"));
        let stranger = s.fake.sign_claims(&claims).unwrap();
        assert_eq!(refused(s, &stranger).await, (403, "not_installed".to_owned()));
    }
    assert_eq!(s.fake.requests().len(), 2);
});

// The App was installed while a job ran: the first event of the repository ends what is remembered of it.
scenario!(a_stranger_that_tells_us_something_is_none_any_more, s => {
    let run = s.ci_goes_on();
    let mut claims = s.fake.job_claims(SHOP, run, AUDIENCE).unwrap();
    (claims["repository"], claims["repository_id"]) = (json!("mallory/shop"), json!("666"));
    let newcomer = s.fake.sign_claims(&claims).unwrap();
    assert_eq!(refused(s, &newcomer).await, (403, "not_installed".to_owned()));
    let (commit, way) = (s.head().parse().unwrap(), Way::Upload);
    let bundle = Bundle { way, commit, run: 1, attempt: 1, branch: None, names: vec!["x".to_owned()] };
    assert_eq!(send(s, "x", &token(s, run), CLEAN.as_bytes()).await.0, 202);
    let known = s.reports().await;
    let packed = vec![Packed::new("x", &known[0]).unwrap()];
    let told = s.app.db.write(move |tx| {
        Box::pin(async move { report::store(tx.conn().await?, RepoId(666), &bundle, &packed).await })
    });
    told.await.unwrap();
    s.fake.forget_requests();
    assert_eq!(refused(s, &newcomer).await, (403, "not_installed".to_owned()));
    assert_eq!(s.fake.requests().len(), 1, "GitHub is asked again");
    s.settle().await;
});

scenario!(what_the_token_or_the_body_says_of_the_commit_is_not_believed, s => {
    let run = s.ci_goes_on();
    let other = with(s, run, "sha", &json!("f".repeat(40)));
    let body = CLEAN.replace("\"results\"", &format!("\"versionControlProvenance\":[{{\"revisionId\":\"{}\"}}],\"results\"", "e".repeat(40)));
    assert_eq!(send(s, "x", &other, body.as_bytes()).await.0, 202);
    assert_eq!(s.reports().await[0].origin.commit.as_str(), s.head());
    s.settle().await;
});

scenario!(what_is_no_report_is_not_taken, s => {
    let run = s.ci_goes_on();
    let job = token(s, run);
    assert_eq!(send(s, "x", &job, b"hello").await.0, 422);
    assert_eq!(send(s, "x", &job, b"").await.0, 422);
    let form = s.send_report("x", &job).header("content-type", "multipart/form-data; boundary=x");
    for (request, status) in [
        (form.body(CLEAN), 415),
        (s.send_report("x", &job).header("content-encoding", "gzip").body(CLEAN), 415),
        (s.send_report("x", &job).body(vec![b' '; (64 << 20) + 1]), 413),
    ] {
        // A server that has said no may close while the body is still being sent.
        match request.send().await {
            Ok(answer) => assert_eq!(answer.status().as_u16(), status),
            Err(error) => assert!(status == 413, "{error}"),
        }
    }
    assert_eq!(s.read("/reports").send().await.unwrap().status().as_u16(), 405);
    assert!(s.reports().await.is_empty());
    // A zip that cannot be read is kept, so that everybody sees it.
    let cut = zip(&[("a.sarif", CLEAN.as_bytes())]);
    let (status, body) = send(s, "scans", &job, &cut[..cut.len() - 9]).await;
    assert_eq!((status, &body["received"][0]["state"]), (202, &json!("unreadable")));
    s.settle().await;
});

scenario!(keys_that_cannot_be_had_are_asked_for_again_after_a_minute, s => {
    let run = s.ci_goes_on();
    s.fake.fail_next("GET", "/.well-known/jwks", Fault::Status(500, json!({})));
    assert_eq!(refused(s, &token(s, run)).await, (503, "no_keys".to_owned()));
    assert_eq!(refused(s, &token(s, run)).await, (503, "no_keys".to_owned()));
    s.advance(Duration::from_mins(1));
    assert_eq!(send(s, "x", &token(s, run), CLEAN.as_bytes()).await.0, 202);
    s.settle().await;
});

scenario!(github_that_does_not_answer_is_no_reason_to_believe, s => {
    let run = s.ci_goes_on();
    let silent = Fault::PrimaryLimit { reset: s.clock.now().plus(Duration::from_mins(1)) };
    s.fake.fail_next("GET", "/repos/acme/shop/installation", silent);
    assert_eq!(refused(s, &token(s, run)).await, (503, "github_silent".to_owned()));
    s.later(Duration::from_mins(2)).await;
    assert!(s.reports().await.is_empty());
});
