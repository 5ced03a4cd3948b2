//! Webhooks: what is sent to the App, signed, and what became of it.

use crate::clock::Timestamp;

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
