//! A peer below the prefix `/api/v3` that records what it is asked and answers as the test says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::clock::{Clock, Timestamp};
use crate::github::{AppKey, Connection, GitHub, Pace};
use crate::ids::{InstallationId, Repo, RepoId};

pub(super) const START: Timestamp = Timestamp(1_795_252_500_000);

/// As long as those GitHub mints since 2026, with the characters of a JWT.
pub(super) const TOKEN: &str = concat!(
    "ghs_4711_eyJhbGciOiJSUzI1NiJ9.",
    "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHI",
    "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHI",
    "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHI",
    "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHI",
    ".abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHI",
);

pub(super) fn repo() -> Repo {
    Repo { id: RepoId(11), name: "acme/shop".parse().unwrap(), installation: InstallationId(5) }
}

/// What the peer was asked.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) method: http::Method,
    /// With the query, without the prefix.
    pub(super) path: String,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<String> {
        Some(self.headers.get(name)?.to_str().unwrap().to_owned())
    }

    pub(super) fn has_body(&self) -> bool {
        !self.body.is_empty()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Where the peer's API is, as the one who asked knows it.
    pub(super) fn api(&self) -> String {
        format!("http://{}/api/v3", self.header("host").unwrap())
    }
}

pub(super) struct Reply(Response);

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, serde_json::to_vec(body).unwrap())
    }

    pub(super) fn raw(status: u16, body: Vec<u8>) -> Self {
        let mut response = body.into_response();
        *response.status_mut() = status.try_into().unwrap();
        Self(response)
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(name, value.parse().unwrap());
        self
    }
}

pub(super) struct Peer {
    pub(super) url: String,
    pub(super) clock: Clock,
    seen: Arc<Mutex<Vec<Asked>>>,
}

impl Peer {
    /// One that mints tokens by itself.
    pub(super) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let clock = Clock::manual(START);
        let minting = clock.clone();
        let minting = move |asked: &Asked| {
            if asked.path.ends_with("/access_tokens") {
                let expires_at = minting.now().plus(std::time::Duration::from_hours(1)).to_string();
                return Reply::json(201, &json!({ "token": TOKEN, "expires_at": expires_at }));
            }
            answer(asked)
        };
        Self::serve(clock, minting).await
    }

    pub(super) async fn without_tokens(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(Clock::manual(START), answer).await
    }

    async fn serve(clock: Clock, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let seen = Arc::<Mutex<Vec<Asked>>>::default();
        let record = Arc::clone(&seen);
        let answer = Arc::new(answer);
        let router = Router::new().fallback(move |request: Request| {
            let (record, answer) = (Arc::clone(&record), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let path = parts.uri.to_string().strip_prefix("/api/v3").unwrap().to_owned();
                let asked = Asked { method: parts.method, path, headers: parts.headers, body };
                record.lock().unwrap().push(asked.clone());
                answer(&asked).0
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v3", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, clock, seen }
    }

    pub(super) fn github(&self) -> GitHub {
        self.github_at(Pace::none())
    }

    pub(super) fn github_at(&self, pace: Pace) -> GitHub {
        let key = AppKey::parse(include_str!("../../../tests/fixtures/github/test-key.pkcs1.pem")).unwrap();
        let api_url = self.url.parse().unwrap();
        GitHub::connect(Connection { api_url, app_id: 4711, key, clock: self.clock.clone(), pace }).unwrap()
    }

    pub(super) fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }

    /// What was asked at paths that start so.
    pub(super) fn seen_at(&self, path: &str) -> Vec<Asked> {
        self.seen().into_iter().filter(|asked| asked.path.starts_with(path)).collect()
    }
}
