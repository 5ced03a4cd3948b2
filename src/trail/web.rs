//! A log behind a URL. Answers are bounded in size and time, and redirections are not followed.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::Full;
use secrecy::ExposeSecret as _;
use url::{Host, Url};

use super::file::File;
use super::{Error, Result};
use crate::audit::tile::{bundle, unbundle};
use crate::audit::{TileLevel, TilePath};
use crate::github::Secret;
use crate::http_client::HttpClient;

const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// A server's log.
#[derive(Debug)]
pub struct Web {
    client: HttpClient,
    /// Ends with a slash.
    root: Url,
    token: Option<HeaderValue>,
}

impl Web {
    /// The log under this URL; of a URL without a path, that under `/log/`.
    pub(super) fn new(url: &str, token: Option<Secret>) -> Result<Self> {
        let unusable = |why: &str| Error::Web { url: url.to_owned(), why: why.to_owned() };
        let mut root = Url::parse(url).map_err(|error| unusable(&error.to_string()))?;
        if root.query().is_some() || root.fragment().is_some() || !root.username().is_empty() {
            return Err(unusable("write the log's URL without user name, query and fragment"));
        }
        let path = if root.path() == "/" { "/log".to_owned() } else { root.path().to_owned() };
        root.set_path(&format!("{}/", path.trim_end_matches('/')));
        if token.is_some() && root.scheme() == "http" && !is_this_machine(&root) {
            return Err(unusable("the reader's token would be sent in the open: use https"));
        }
        let token = token.map(|token| bearer(&token)).transpose().map_err(|why| unusable(&why))?;
        Ok(Self { client: HttpClient::new().map_err(|error| unusable(&error.to_string()))?, root, token })
    }

    pub(super) async fn read(&self, file: File) -> Result<Option<Vec<u8>>> {
        if let Some(bytes) = self.get(file).await? {
            return Ok(Some(bytes));
        }
        match file {
            // A partial tile may be gone once the full one is there (c2sp.org/tlog-tiles).
            File::Tile(path) if !path.is_full() => {
                let full = self.get(File::Tile(TilePath { width: 256, ..path })).await?;
                Ok(full.and_then(|bytes| beginning(&path, &bytes)))
            }
            _ => Ok(None),
        }
    }

    async fn get(&self, file: File) -> Result<Option<Vec<u8>>> {
        let failed = |why: String| Error::Web { url: format!("{}{file}", self.root), why };
        let request = self.request(file).map_err(|error| failed(error.to_string()))?;
        let sent = self.client.send(request, file.limit(), ANSWER_WITHIN).await;
        let answer = sent.map_err(|error| failed(error.to_string()))?;
        match answer.status {
            StatusCode::OK => Ok(Some(answer.body.to_vec())),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(failed(refusal(status))),
        }
    }

    fn request(&self, file: File) -> std::result::Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::get(format!("{}{file}", self.root));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        request.body(Full::default())
    }
}

fn bearer(token: &Secret) -> std::result::Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| "the reader's token cannot stand in a header".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn refusal(status: StatusCode) -> String {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => format!(
            "answered {status}: entries are for readers only; set COUNTERSIGN_READER_TOKEN to the token that the \
             server's operator gave you"
        ),
        status if status.is_redirection() => {
            format!("answered {status}, and no redirection is followed: write the URL that it leads to")
        }
        status => format!("answered {status}"),
    }
}

/// The beginning of a full tile, as wide as the partial one that was asked for.
fn beginning(path: &TilePath, full: &[u8]) -> Option<Vec<u8>> {
    let width = usize::from(path.width);
    match path.level {
        TileLevel::Hashes(_) => full.get(..width * 32).map(<[u8]>::to_vec),
        TileLevel::Entries => {
            let entries: Vec<&[u8]> =
                unbundle(full).take(width).collect::<std::result::Result<_, _>>().ok()?;
            bundle(entries)
        }
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
