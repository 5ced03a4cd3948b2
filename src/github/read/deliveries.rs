//! The App itself, and the webhook deliveries GitHub says it sent.

use serde::Deserialize;
use url::form_urlencoded;

use super::Reader;
use crate::clock::Timestamp;
use crate::github::api::{As, json};
use crate::github::wire::moment;
use crate::github::{Error, path};
use crate::ids::{DeliveryId, InstallationId, RepoId};

/// The App, as GitHub knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct App {
    /// Its id.
    pub id: i64,
    /// What it is called in URLs.
    pub slug: String,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HookDelivery {
    /// The attempt; what [`redeliver`](crate::github::Writer) asks for.
    pub id: i64,
    /// The delivery, the same for all its attempts.
    pub guid: DeliveryId,
    /// When it was attempted.
    #[serde(deserialize_with = "moment")]
    pub delivered_at: Timestamp,
    /// Whether it was asked for again.
    #[serde(default)]
    pub redelivery: bool,
    /// The HTTP status it was answered with; 0 when it was not.
    #[serde(default)]
    pub status_code: i64,
    /// The event, as in `X-GitHub-Event`.
    pub event: String,
    /// What about it.
    #[serde(default)]
    pub action: Option<String>,
    /// For which installation.
    #[serde(default)]
    pub installation_id: Option<InstallationId>,
    /// About which repository.
    #[serde(default)]
    pub repository_id: Option<RepoId>,
}

/// One page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookDeliveries {
    /// The newest first.
    pub deliveries: Vec<HookDelivery>,
    /// With what to ask for the page after this one; none at the end.
    pub next: Option<String>,
}

impl Reader {
    /// The App that our key belongs to.
    pub async fn app(&self) -> Result<App, Error> {
        self.api.read(As::App, "/app".to_owned()).await
    }

    /// A page of the deliveries GitHub attempted, from the newest or from a cursor on.
    pub async fn hook_deliveries(&self, cursor: Option<&str>) -> Result<HookDeliveries, Error> {
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={}", path::segment(cursor)));
        let address = format!("/app/hook/deliveries?per_page=100{cursor}");
        let answer = self.api.read_answer(As::App, address).await?;
        let next = self.api.next_page(&answer)?.map(|path| cursor_of(&path)).transpose()?;
        Ok(HookDeliveries { deliveries: json(&answer)?, next })
    }
}

fn cursor_of(path: &str) -> Result<String, Error> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "cursor")
        .map(|(_, cursor)| cursor.into_owned())
        .ok_or_else(|| Error::broken("the next page of deliveries has no cursor"))
}
