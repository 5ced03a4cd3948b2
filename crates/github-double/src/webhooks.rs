//! Webhooks: what is sent to the App, signed, and what became of it.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::account::App;
use super::acts::Who;
use super::git::object_id;
use super::refused::{Act, Refused};
use super::show::{merged, node_id};
use super::state::State;
use countersign_kernel::clock::Timestamp;

/// A webhook, ready to be posted.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The id of this delivery in `/app/hook/deliveries`.
    pub id: i64,
    /// `X-GitHub-Delivery`; a redelivery keeps it.
    pub guid: String,
    /// `X-GitHub-Event`.
    pub event: String,
    /// The payload's `action`, if the event has actions.
    pub action: Option<String>,
    /// The installation it is about.
    pub installation: Option<i64>,
    /// The repository it is about.
    pub repository: Option<i64>,
    /// All headers, among them the signature.
    pub headers: Vec<(String, String)>,
    /// The body, exactly as it was signed.
    pub body: Vec<u8>,
    /// Whether this repeats an earlier one.
    pub redelivery: bool,
    /// When the event happened.
    pub created_at: Timestamp,
}

/// One attempt to hand a webhook over.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The delivery's id, which is the attempt's own: a redelivery has another.
    pub id: i64,
    /// The GUID it shares with other attempts.
    pub guid: String,
    /// When it was tried.
    pub delivered_at: Timestamp,
    /// How long the answer took, in seconds.
    pub duration: f64,
    /// The HTTP status of the answer; 0 if there was none.
    pub status_code: u16,
    /// Whether this repeats an earlier one.
    pub redelivery: bool,
}

impl Delivery {
    /// The payload as JSON.
    pub fn payload(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What no App can opt out of.
const ALWAYS: [&str; 6] = [
    "ping",
    "installation",
    "installation_repositories",
    "github_app_authorization",
    "check_run",
    "check_suite",
];

/// `sha256=…` over the body, as in `X-Hub-Signature-256`.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

impl State {
    /// Queues a webhook about a repository, if the App is installed there and subscribed.
    pub(super) fn emit(&mut self, repo: i64, event: &str, action: Option<&str>, who: Who, more: Value) {
        let Some(installation) = self.installation_of(repo).filter(|i| i.suspended_at.is_none()) else {
            return;
        };
        let (installation, account) = (installation.id, installation.account);
        let Some(shown) = self.repos.get(&repo).map(|repo| self.show_repo(repo)) else { return };
        let payload = merged(json!({"repository": shown}), more);
        self.emit_about(Some((installation, account)), Some(repo), (event, action), who, payload);
    }

    /// Queues a webhook about an account, such as a change of a team.
    pub(super) fn emit_for(
        &mut self,
        account: i64,
        event: &str,
        action: Option<&str>,
        who: Who,
        payload: Value,
    ) {
        let found = self.installations.values().find(|i| i.account == account).map(|i| (i.id, i.account));
        if found.is_some() {
            self.emit_about(found, None, (event, action), who, payload);
        }
    }

    /// Queues the `ping` GitHub sends when a webhook is set up.
    pub(super) fn emit_ping(&mut self, who: Who) {
        let app = self.our_app;
        let payload = json!({"zen": "Keep it logically awesome.", "hook_id": app,
            "hook": {"type": "App", "id": app, "active": true, "app_id": app}});
        self.emit_about(None, None, ("ping", None), who, payload);
    }

    fn emit_about(
        &mut self,
        about: Option<(i64, i64)>,
        repository: Option<i64>,
        (event, action): (&str, Option<&str>),
        who: Who,
        more: Value,
    ) {
        let subscribed = |app: &App| ALWAYS.contains(&event) || app.events.contains(event);
        let Some(secret) = self.our_app().ok().filter(|a| subscribed(a)).map(|a| a.webhook_secret.clone())
        else {
            return;
        };
        let mut payload = action.map_or_else(|| json!({}), |action| json!({"action": action}));
        payload = merged(payload, json!({"sender": self.show_account(who.user)}));
        payload = merged(payload, more);
        if let Some((installation, account)) = about {
            let short = json!({"id": installation, "node_id": node_id("I", installation)});
            let rest = payload.get("installation").cloned().unwrap_or(short);
            payload = merged(payload, json!({"installation": rest}));
            if let Some(organization) = self.organizations.get(&account) {
                payload = merged(payload, json!({"organization": self.show_organization(organization)}));
            }
        }
        let body = payload.to_string().into_bytes();
        let id = self.fresh_id();
        let guid = guid(id);
        let headers = self.delivery_headers(event, &guid, signature(&secret, &body));
        let delivery = Delivery {
            id,
            guid: guid.clone(),
            event: event.to_owned(),
            action: action.map(str::to_owned),
            installation: about.map(|(installation, _)| installation),
            repository,
            headers,
            body,
            redelivery: false,
            created_at: self.now(),
        };
        self.deliveries.insert(guid, delivery.clone());
        self.outgoing.push(delivery);
    }

    fn delivery_headers(&self, event: &str, guid: &str, signature: String) -> Vec<(String, String)> {
        let app = self.our_app.to_string();
        let headers = [
            ("Accept", "*/*".to_owned()),
            ("Content-Type", "application/json".to_owned()),
            ("User-Agent", "GitHub-Hookshot/0000000".to_owned()),
            ("X-GitHub-Event", event.to_owned()),
            ("X-GitHub-Delivery", guid.to_owned()),
            ("X-GitHub-Hook-ID", app.clone()),
            ("X-GitHub-Hook-Installation-Target-ID", app),
            ("X-GitHub-Hook-Installation-Target-Type", "integration".to_owned()),
            ("X-Hub-Signature-256", signature),
        ];
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Queues a delivery again: the same GUID and body, a new id.
    pub fn redeliver(&mut self, id: i64) -> Act<()> {
        let guid = self.attempts.iter().find(|a| a.id == id).map(|a| a.guid.clone());
        let found = match guid {
            Some(guid) => self.deliveries.get(&guid),
            None => self.deliveries.values().find(|d| d.id == id),
        };
        let original = found.cloned().ok_or_else(Refused::not_found)?;
        let id = self.fresh_id();
        self.outgoing.push(Delivery { id, redelivery: true, ..original });
        Ok(())
    }

    /// Notes how handing over a delivery went; `status_code` 0 means there was no answer.
    pub fn record_attempt(&mut self, delivery: &Delivery, status_code: u16, duration: Duration) {
        self.attempts.push(Attempt {
            id: delivery.id,
            guid: delivery.guid.clone(),
            delivered_at: self.now(),
            duration: duration.as_secs_f64(),
            status_code,
            redelivery: delivery.redelivery,
        });
    }
}

fn guid(id: i64) -> String {
    let digits = object_id("delivery", id.to_string().as_bytes());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
