//! `POST /github/webhook`: checked, stored and only then acknowledged. Nothing is understood here.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use tokio::sync::SemaphorePermit;

use super::Shared;
use crate::db::inbox::{self, NewDelivery};
use crate::github::webhook::{Envelope, form_payload, is_known, verify};
use crate::ids::DeliveryId;
use crate::telemetry::causes;

/// The largest body that GitHub sends, in bytes.
pub(super) const LIMIT: usize = inbox::LARGEST;
/// Above this, a body takes one of the few places for large ones. Most have a tenth of it.
const LARGE: usize = 256 * 1024;

/// What a delivery is answered with that was taken.
#[derive(Debug, Serialize)]
struct Taken {
    delivery: DeliveryId,
    /// Whether it was stored to be handled; other events and pings are not.
    stored: bool,
}

/// Why a delivery was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rejection {
    TooLarge,
    ContentType,
    Signature,
    NoEvent,
    NoDelivery,
    NotJson,
    BrokenOff,
    Busy,
    NotStored,
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Form,
}

/// Takes a delivery in, or says why not.
pub(super) async fn receive(State(shared): State<Shared>, request: Request) -> Response {
    match take(&shared, request).await {
        Ok(taken) => {
            let fate = if taken.stored { "stored" } else { "ignored" };
            metrics::counter!("countersign_deliveries_total", "result" => fate).increment(1);
            (StatusCode::ACCEPTED, Json(taken)).into_response()
        }
        Err(rejection) => {
            metrics::counter!("countersign_deliveries_total", "result" => rejection.word()).increment(1);
            tracing::warn!(why = rejection.word(), "a webhook was not taken");
            rejection.into_response()
        }
    }
}

async fn take(shared: &Shared, request: Request) -> Result<Taken, Rejection> {
    let (parts, body) = request.into_parts();
    let declared = declared_length(&parts.headers);
    if declared.is_some_and(|length| length > LIMIT) {
        return Err(Rejection::TooLarge);
    }
    let format = format_of(&parts.headers)?;
    let _place = place_for(shared, declared)?;
    let body = read(body).await?;
    let signature = text(&parts.headers, "x-hub-signature-256");
    if !verify(&shared.secrets, signature, &body) {
        return Err(Rejection::Signature);
    }
    let event = text(&parts.headers, "x-github-event").filter(|name| !name.is_empty());
    let event = event.ok_or(Rejection::NoEvent)?.to_owned();
    let delivery = text(&parts.headers, "x-github-delivery").and_then(|guid| guid.parse().ok());
    let delivery: DeliveryId = delivery.ok_or(Rejection::NoDelivery)?;
    let json = match format {
        Format::Json => body,
        Format::Form => form_payload(&body).ok_or(Rejection::NotJson)?.into(),
    };
    let envelope = Envelope::peek(&json).map_err(|_| Rejection::NotJson)?;
    if !is_known(&event) {
        return Ok(Taken { delivery, stored: false });
    }
    let new = NewDelivery {
        guid: delivery.clone(),
        event,
        lane: envelope.repository_id.map_or(0, |id| id.0),
        received_at: shared.clock.now(),
        body: inbox::pack(&json),
    };
    store(shared, new).await?;
    Ok(Taken { delivery, stored: true })
}

/// Returns when the delivery is durable on disk.
async fn store(shared: &Shared, new: NewDelivery) -> Result<(), Rejection> {
    let guid = new.guid.clone();
    let written =
        shared.db.write(move |tx| Box::pin(async move { inbox::insert(tx.conn().await?, &new).await })).await;
    written.map_err(|error| {
        tracing::error!(delivery = %guid, error = %causes(&error), "a delivery could not be stored");
        Rejection::NotStored
    })?;
    shared.db.ring_inbox();
    Ok(())
}

async fn read(body: Body) -> Result<Bytes, Rejection> {
    let whole = Limited::new(body, LIMIT).collect().await;
    whole.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() { Rejection::TooLarge } else { Rejection::BrokenOff }
    })
}

/// A place among the large bodies, for one that is large or does not say how large it is.
fn place_for(shared: &Shared, declared: Option<usize>) -> Result<Option<SemaphorePermit<'_>>, Rejection> {
    if declared.is_some_and(|length| length <= LARGE) {
        return Ok(None);
    }
    shared.large_bodies.try_acquire().map(Some).map_err(|_| Rejection::Busy)
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn format_of(headers: &HeaderMap) -> Result<Format, Rejection> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(Format::Json);
    }
    let form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if form { Ok(Format::Form) } else { Err(Rejection::ContentType) }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

impl Rejection {
    /// The stable word in metrics and logs.
    fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::ContentType => "content_type",
            Self::Signature => "signature",
            Self::NoEvent => "no_event",
            Self::NoDelivery => "no_delivery",
            Self::NotJson => "not_json",
            Self::BrokenOff => "broken_off",
            Self::Busy => "busy",
            Self::NotStored => "not_stored",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Signature => StatusCode::UNAUTHORIZED,
            Self::NoEvent | Self::NoDelivery | Self::NotJson | Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::Busy | Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the App's owner reads under "Recent deliveries".
    fn sentence(self) -> &'static str {
        match self {
            Self::TooLarge => "The body is larger than 25 MiB, which GitHub never sends.",
            Self::ContentType => {
                "Only application/json and application/x-www-form-urlencoded are taken: \
                 set the webhook's content type to application/json."
            }
            Self::Signature => {
                "The signature (X-Hub-Signature-256) is missing or wrong: the webhook secret in the App's \
                 settings and COUNTERSIGN_GITHUB_WEBHOOK_SECRET must be the same."
            }
            Self::NoEvent => "The header X-GitHub-Event is missing.",
            Self::NoDelivery => "The header X-GitHub-Delivery is missing or no delivery's id.",
            Self::NotJson => "The payload is not a JSON object.",
            Self::BrokenOff => "The body broke off.",
            Self::Busy => "Too many large bodies are being read. Deliver it again.",
            Self::NotStored => "The delivery could not be stored, and nothing was done. Deliver it again.",
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        (self.status(), Json(serde_json::json!({ "error": self.word(), "message": self.sentence() })))
            .into_response()
    }
}
