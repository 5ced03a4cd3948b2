//! HTTP in front of the state: requests are taken apart, faults strike, answers get their headers.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, Collected, Limited};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::Fake;
use super::auth::Caller;
use super::faults::{Fault, Recorded};
use super::git::object_id;
use super::refused::Refused;
use super::rest::{Call, Reply, STORAGE};
use super::state::State;

/// The largest request body that is read.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// A way to close the connection a request came on, instead of answering.
#[derive(Debug, Clone, Default)]
struct Line(Arc<AtomicBool>);

/// A TCP connection that can be cut.
#[derive(Debug)]
struct Cuttable {
    stream: TcpStream,
    line: Line,
}

/// What a fault does instead of letting the request through.
enum Outcome {
    /// Answers.
    Reply(Reply),
    /// Closes the connection.
    HangUp,
}

/// Accepts connections that can be cut.
struct Door(TcpListener);

impl Fake {
    /// Answers GitHub's REST API on this listener until the task is dropped, and tells its address
    /// to the state, so that URLs lead here.
    ///
    /// # Errors
    /// When the listener has no address or stops accepting.
    pub async fn serve(&self, listener: TcpListener) -> std::io::Result<()> {
        self.adopt(&listener)?;
        let service = self.router().into_make_service_with_connect_info::<Line>();
        axum::serve(Door(listener), service).await
    }

    /// Answers on a free port of this machine in the background, and gives its URL.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(&self) -> std::io::Result<Url> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = self.adopt(&listener)?;
        let fake = self.clone();
        tokio::spawn(async move { fake.serve(listener).await });
        Ok(url)
    }

    fn adopt(&self, listener: &TcpListener) -> std::io::Result<Url> {
        let text = format!("http://{}", listener.local_addr()?);
        self.set_urls(&text, &text);
        Url::parse(&text).map_err(std::io::Error::other)
    }

    /// The REST API as a router, to stand beside other things. Without [`Fake::serve`] a fault that
    /// closes the connection answers 502 with nothing in it instead.
    pub fn router(&self) -> Router {
        Router::new().fallback(respond).with_state(self.clone())
    }
}

async fn respond(Shared(fake): Shared<Fake>, request: Request) -> Response {
    let line = request.extensions().get::<ConnectInfo<Line>>().map(|info| info.0.clone());
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await.map(Collected::to_bytes).unwrap_or_default();
    let path = parts.uri.path();
    let fault = fake.lock().strike(parts.method.as_str(), path);
    if let Some(Fault::Delay(time)) = &fault {
        tokio::time::sleep(*time).await;
    }
    if let Some(artifact) = path.strip_prefix(STORAGE) {
        return from_storage(&fake, artifact, &parts.headers, fault, line);
    }
    let query = parts.uri.query().unwrap_or_default();
    let call = take_apart(parts.method.as_str(), path, query, &body);
    let act = |state: &mut State| state.handle(call, &parts.headers, fault.as_ref());
    let reply = if parts.method == http::Method::GET { act(&mut fake.lock()) } else { fake.change(act) };
    match (reply, line) {
        (Some(reply), _) => write(&reply, &parts.headers),
        (None, line) => hang_up(line),
    }
}

/// The host that keeps artifacts is not GitHub: it wants no token, and says so as Azure does.
fn from_storage(
    fake: &Fake,
    artifact: &str,
    headers: &HeaderMap,
    fault: Option<Fault>,
    line: Option<Line>,
) -> Response {
    let plain = |status: u16, body: Body| {
        Response::builder().status(status).header("content-type", "application/zip").body(body)
    };
    let response = match fault {
        Some(Fault::Status(status, body)) => plain(status, Body::from(body.to_string())),
        Some(Fault::DropBefore | Fault::ApplyThenDrop) => return hang_up(line),
        _ if headers.contains_key("authorization") => plain(
            400,
            Body::from(
                "InvalidAuthenticationInfo: Authentication information is not given in the correct format.",
            ),
        ),
        _ => {
            let state = fake.lock();
            let bytes = artifact.parse().ok().and_then(|id| state.artifact_bytes(id));
            bytes.map_or_else(|| plain(404, Body::empty()), |bytes| plain(200, Body::from(bytes.to_vec())))
        }
    };
    response.unwrap_or_default()
}

fn hang_up(line: Option<Line>) -> Response {
    if let Some(line) = line {
        line.0.store(true, Ordering::SeqCst);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

fn take_apart(method: &str, path: &str, query: &str, body: &Bytes) -> Call {
    let decode = |part: &str| {
        let query = format!("x={}", part.replace('+', "%2B"));
        url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap_or_default()
    };
    Call {
        method: method.to_owned(),
        path: path.to_owned(),
        segments: path.split('/').filter(|part| !part.is_empty()).map(decode).collect(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body: serde_json::from_slice(body).unwrap_or_default(),
        caller: Caller::Stranger,
        stale: false,
    }
}

impl State {
    /// Answers a request under a fault, and notes it if the App made it; none closes the connection.
    fn handle(&mut self, mut call: Call, headers: &HeaderMap, fault: Option<&Fault>) -> Option<Reply> {
        let caller = self.caller(headers.get("authorization").and_then(|value| value.to_str().ok()));
        // The issuer of tokens is another server of GitHub's, and no part of its REST API.
        let by_app = !matches!(caller, Ok(Caller::Person(_))) && !call.path.starts_with("/.well-known/");
        let normal = match self.before(fault) {
            Some(Outcome::Reply(reply)) => Some(reply),
            Some(Outcome::HangUp) => None,
            None => Some(caller.map_or_else(
                |refused| refusal(&refused),
                |caller| {
                    call.caller = caller;
                    call.stale = matches!(fault, Some(Fault::Stale));
                    self.answer(&call).unwrap_or_else(|refused| refusal(&refused))
                },
            )),
        };
        let reply = match fault {
            Some(Fault::ApplyThenDrop) => None,
            Some(Fault::ApplyThenStatus(status)) => Some(broken(*status)),
            Some(
                Fault::Status(..)
                | Fault::DropBefore
                | Fault::Delay(_)
                | Fault::SecondaryLimit { .. }
                | Fault::PrimaryLimit { .. }
                | Fault::Stale,
            )
            | None => normal,
        };
        let reply = reply.map(|reply| self.with_headers(reply, fault));
        if by_app {
            self.note(call, reply.as_ref());
        }
        reply
    }

    /// What a fault answers without anything being done.
    fn before(&self, fault: Option<&Fault>) -> Option<Outcome> {
        match fault? {
            Fault::Status(status, body) => Some(Outcome::Reply(Reply::with(*status, body.clone()))),
            Fault::DropBefore => Some(Outcome::HangUp),
            Fault::SecondaryLimit { retry_after } => {
                let refused = Refused::forbidden(
                    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                );
                let mut reply = refusal(&refused);
                reply.headers.push(("retry-after".to_owned(), retry_after.as_secs().to_string()));
                Some(Outcome::Reply(reply))
            }
            Fault::PrimaryLimit { .. } => {
                let id = self.installations.keys().next().copied().unwrap_or_default();
                let message = format!("API rate limit exceeded for installation ID {id}.");
                Some(Outcome::Reply(refusal(&Refused::forbidden(message))))
            }
            Fault::ApplyThenDrop | Fault::ApplyThenStatus(_) | Fault::Delay(_) | Fault::Stale => None,
        }
    }

    fn with_headers(&mut self, mut reply: Reply, fault: Option<&Fault>) -> Reply {
        let now = self.now().seconds();
        let (remaining, reset) = match fault {
            Some(Fault::PrimaryLimit { reset }) => (0, reset.seconds()),
            Some(_) | None => (4999, now + 3600),
        };
        let id = self.fresh_id();
        let limits = [
            ("x-ratelimit-limit", "5000".to_owned()),
            ("x-ratelimit-remaining", remaining.to_string()),
            ("x-ratelimit-used", (5000 - remaining).to_string()),
            ("x-ratelimit-reset", reset.to_string()),
            ("x-ratelimit-resource", "core".to_owned()),
            ("X-GitHub-Request-Id", format!("{id:X}:FAKE")),
        ];
        reply.headers.extend(limits.map(|(name, value)| (name.to_owned(), value)));
        reply
    }

    fn note(&mut self, call: Call, reply: Option<&Reply>) {
        let recorded = Recorded {
            method: call.method,
            path: call.path,
            query: call.query,
            request_body: call.body,
            status: reply.map_or(0, |reply| reply.status),
            response_body: reply.map_or(Value::Null, |reply| reply.body.clone()),
            at: self.now(),
        };
        self.requests.push(recorded);
    }
}

fn refusal(refused: &Refused) -> Reply {
    let mut reply = Reply::with(refused.status, refused.body());
    if let Some(accepted) = &refused.accepted {
        reply.headers.push(("X-Accepted-GitHub-Permissions".to_owned(), accepted.clone()));
    }
    reply
}

fn broken(status: u16) -> Reply {
    Reply::with(status, json!({"message": "Server Error"}))
}

/// Writes an answer; a GET whose answer the caller has already is 304 without a body.
fn write(reply: &Reply, asked: &HeaderMap) -> Response {
    let bytes = if reply.body.is_null() { Vec::new() } else { reply.body.to_string().into_bytes() };
    let etag = format!("W/\"{}\"", object_id("etag", &bytes));
    let known = asked.get("if-none-match").and_then(|value| value.to_str().ok()) == Some(etag.as_str());
    let unchanged = known && reply.status == 200;
    let status = if unchanged { 304 } else { reply.status };
    let mut response = Response::builder().status(status).header("etag", etag);
    for (name, value) in &reply.headers {
        response = response.header(name.as_str(), value.as_str());
    }
    if unchanged || bytes.is_empty() {
        return response.body(Body::empty()).unwrap_or_default();
    }
    let response = response.header("content-type", "application/json; charset=utf-8");
    response.body(Body::from(bytes)).unwrap_or_default()
}

impl Listener for Door {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Cuttable { stream, line: Line::default() }, address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Door>> for Line {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().line.clone()
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if self.line.0.load(Ordering::SeqCst) {
            return Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
