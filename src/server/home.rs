//! What somebody reads who opens the server's address in a browser, or a wrong one.

use http::{Method, StatusCode, Uri};

const HOME: &str = concat!(
    "Countersign ",
    env!("CARGO_PKG_VERSION"),
    "\n\nNothing reaches production without a countersignature, and anyone can prove it.\n",
    "\nThis server works for a GitHub App: write /help in a comment on a pull request to talk to it.\n",
    "\n",
    "POST /github/webhook   where GitHub delivers events (signed; for the App's settings)\n",
    "GET  /log/checkpoint   the newest signed checkpoint of the log\n",
    "GET  /log/key          the public key that verifies it\n",
    "GET  /healthz          the process is alive\n",
    "GET  /readyz           the database answers and the workers run\n",
    "GET  /metrics          counters, for Prometheus\n",
);

/// `GET /`
pub(super) async fn show() -> &'static str {
    HOME
}

pub(super) async fn nothing_here() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is nothing here. GET / says where things are.\n")
}

pub(super) async fn other_method(method: Method, uri: Uri) -> (StatusCode, String) {
    let text = format!("{} does not take {method}. GET / says where things are.\n", uri.path());
    (StatusCode::METHOD_NOT_ALLOWED, text)
}
