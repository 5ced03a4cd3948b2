//! What every answer has in common: its headers, and how a refusal looks.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use maud::html;
use tower_http::set_header::SetResponseHeaderLayer;

use super::Page;
use super::layout::{Frame, document};
use crate::refused::Refused;
use crate::state::State;

/// Nothing but our own script, style and forms; nothing inline, nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// More than the longest comment, less than what could hurt.
const BODY_LIMIT: usize = 1024 * 1024;

/// What only this page has, after what all have.
const STYLES: [&str; 2] = [countersign_page::STYLE, include_str!("page.css")];
const SCRIPTS: [&str; 2] = [countersign_page::LIVE, include_str!("page.js")];

/// Adds the headers every answer carries.
pub(super) fn with_headers(routes: Router<Page>) -> Router<Page> {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    routes
        .layer(always(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // With `no-referrer`, browsers do not say where an ordinary form came from, and the guard would refuse it.
        .layer(always(header::REFERRER_POLICY, "same-origin"))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// The stylesheet.
pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLES.concat())
}

/// The script.
pub(super) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPTS.concat())
}

impl Page {
    /// Renders a page from the state as it is now.
    pub(super) fn render<'p>(
        &'p self,
        draw: impl FnOnce(&State, &'p Self) -> Result<Frame, Refused>,
    ) -> Response {
        let revision = self.fake.revision();
        match self.fake.with_state(|state| draw(state, self)) {
            Ok(frame) => Html(document(self, frame, revision).0).into_response(),
            Err(refused) => self.refuse(&refused),
        }
    }

    /// A page that says what was refused and why.
    pub(super) fn refuse(&self, refused: &Refused) -> Response {
        let heading = match refused.status {
            404 => "There is nothing here",
            403 => "That is not allowed",
            _ => "That did not work",
        };
        let body = html! {
            section.refusal.box {
                h1 { (heading) }
                p.notice { (explain(refused)) }
                p { a href="/" { "Back to the pull request" } }
            }
        };
        let frame = Frame { title: heading.to_owned(), repo: None, body };
        let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Html(document(self, frame, self.fake.revision()).0)).into_response()
    }
}

/// The refusal's own words, with those of its details.
fn explain(refused: &Refused) -> String {
    let details = refused.errors.as_ref().and_then(|errors| errors.as_array()).into_iter().flatten();
    let words = details.filter_map(|error| error.get("message").and_then(|message| message.as_str()));
    words.fold(refused.message.clone(), |text, more| format!("{text}: {more}"))
}
