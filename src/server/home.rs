//! What somebody reads who opens the server's address in a browser, or a wrong one.

use http::{Method, StatusCode, Uri};

const HOME: &str = concat!(
    "Countersign ",
    env!("CARGO_PKG_VERSION"),
    "\n\nNothing reaches production without a countersignature, and anyone can prove it.\n",
    "\nThis server works for a GitHub App: write /help in a comment on a pull request to talk to it.\n",
    "\n",
    "POST /github/webhook   where GitHub delivers events (signed; for the App's settings)\n",
    "GET  /healthz          the process is alive\n",
    "GET  /readyz           the database answers and the workers run\n",
    "GET  /metrics          counters, for Prometheus\n",
    "GET  /reports/<repository id>/<commit>   all findings of a commit; its check run has the whole address\n",
    "\nThe log, for anybody:\n\n",
    "GET  /log/checkpoint             its newest signed checkpoint\n",
    "GET  /log/checkpoints/<size>     the one of exactly that size\n",
    "GET  /log/key                    the public key that verifies them\n",
    "GET  /log/tile/<level>/<index>   the hashes of its tree; .p/<width> for a part (c2sp.org/tlog-tiles)\n",
    "GET  /log/proof/<index>.tlog-proof   that an entry is in it (c2sp.org/tlog-proof)\n",
    "GET  /log/attestation/key        the public key that verifies attestations\n",
    "GET  /log/epoch/<n>/...          the same of an earlier epoch, if its history was lost once\n",
    "\nFor readers, who show the operator's token as Authorization: Bearer TOKEN:\n\n",
    "GET  /log/tile/entries/<index>         the entries themselves, in bundles of 256\n",
    "GET  /log/attestation/<index>.json     an approval or a rejection as a DSSE envelope\n",
    "GET  /log/attestation/<index>.svr.json   an approval as an in-toto verification result\n",
);

/// `GET /`
pub(super) async fn show() -> &'static str {
    HOME
}

/// The same for everything that is not there, or not for everybody.
pub(super) const NOTHING_HERE: (StatusCode, &str) =
    (StatusCode::NOT_FOUND, "There is nothing here. GET / says where things are.\n");

pub(super) async fn nothing_here() -> (StatusCode, &'static str) {
    NOTHING_HERE
}

pub(super) async fn other_method(method: Method, uri: Uri) -> (StatusCode, String) {
    let text = format!("{} does not take {method}. GET / says where things are.\n", uri.path());
    (StatusCode::METHOD_NOT_ALLOWED, text)
}
