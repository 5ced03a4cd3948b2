//! Why reports were not taken: a status, a word and a sentence for whoever reads the job's log.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use super::oidc::Doubt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    NotSetUp,
    NoToken,
    Token(Doubt),
    NotInstalled,
    NoSuchRun,
    OtherAttempt,
    ContentType,
    TooLarge,
    TooMany,
    Empty,
    BrokenOff,
    NoReport,
    Busy,
    GitHubSilent,
    NotStored,
}

impl Rejection {
    /// The stable word in metrics and logs.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotSetUp => "not_set_up",
            Self::NoToken => "no_token",
            Self::Token(Doubt::NoKeys) => "no_keys",
            Self::Token(_) => "token",
            Self::NotInstalled => "not_installed",
            Self::NoSuchRun => "no_such_run",
            Self::OtherAttempt => "other_attempt",
            Self::ContentType => "content_type",
            Self::TooLarge => "too_large",
            Self::TooMany => "too_many",
            Self::Empty => "empty",
            Self::BrokenOff => "broken_off",
            Self::NoReport => "no_report",
            Self::Busy => "busy",
            Self::GitHubSilent => "github_silent",
            Self::NotStored => "not_stored",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NotSetUp
            | Self::Token(Doubt::NoKeys)
            | Self::Busy
            | Self::GitHubSilent
            | Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoToken | Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::NotInstalled | Self::NoSuchRun | Self::OtherAttempt => StatusCode::FORBIDDEN,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::Empty | Self::NoReport | Self::TooMany => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn sentence(self) -> String {
        let sentence = match self {
            Self::NotSetUp => {
                "This server takes no reports: set COUNTERSIGN_PUBLIC_URL or COUNTERSIGN_OIDC_AUDIENCE."
            }
            Self::NoToken => {
                "Show the job's OIDC token as Authorization: Bearer TOKEN. The job needs the permission id-token: write."
            }
            Self::Token(doubt) => return format!("The token is not believed. {doubt}"),
            Self::NotInstalled => "The App is not installed in the job's repository.",
            Self::NoSuchRun => "GitHub knows no such workflow run in the job's repository.",
            Self::OtherAttempt => "The workflow run is in another attempt than the job's.",
            Self::ContentType => {
                "Send the report or the zip itself as the body, not as a form and not compressed otherwise: curl --data-binary @FILE -H 'Content-Type: application/octet-stream'."
            }
            Self::TooLarge => "The body is larger than 64 MiB. Send a zip, or upload an artifact.",
            Self::TooMany => {
                "This run has sent 20 reports already. Send a zip of several, or upload an artifact."
            }
            Self::Empty => "The body is empty: a report that is not there says nothing.",
            Self::BrokenOff => "The body broke off. Send it again.",
            Self::NoReport => {
                "No report of any format that is known was found in it, and nothing was stored."
            }
            Self::Busy => "Too many reports are being read. Send it again in a moment.",
            Self::GitHubSilent => "GitHub could not be asked about the workflow run. Send it again later.",
            Self::NotStored => "It could not be stored. Send it again.",
        };
        sentence.to_owned()
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let body = Json(serde_json::json!({ "error": self.word(), "message": self.sentence() }));
        let status = self.status();
        let mut response = (status, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
        }
        response
    }
}
