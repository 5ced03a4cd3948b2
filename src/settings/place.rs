//! Where things are: our own address, GitHub's two, and the log's name.

use url::{Host, Url};

use super::{GitHubFlags, InvalidSetting, LogFlags, ServeFlags, given};
use crate::audit::Origin;

const PUBLIC_URL: &str = "COUNTERSIGN_PUBLIC_URL";
const API_URL: &str = "COUNTERSIGN_GITHUB_API_URL";
const WEB_URL: &str = "COUNTERSIGN_GITHUB_WEB_URL";
const LOG_ORIGIN: &str = "COUNTERSIGN_LOG_ORIGIN";

pub(super) fn public_url(flags: &LogFlags) -> Result<Option<Url>, InvalidSetting> {
    let example = "Write where GitHub reaches this server, such as https://countersign.example.com";
    given(flags.public_url.as_deref()).map(|text| http_url(PUBLIC_URL, text, example)).transpose()
}

pub(super) fn api_url(flags: &GitHubFlags) -> Result<Url, InvalidSetting> {
    let text = given(flags.github_api_url.as_deref()).unwrap_or("https://api.github.com");
    let example = "Write https://api.github.com, https://api.SUB.ghe.com or https://HOST/api/v3";
    http_url(API_URL, text, example)
}

/// GitHub's pages: as they are given, or as they follow from the API's address.
pub(super) fn web_url(flags: &ServeFlags, api: &Url) -> Result<Option<Url>, InvalidSetting> {
    let example = "Write where GitHub's pages are, such as https://github.com";
    match given(flags.github_web_url.as_deref()) {
        Some(text) => http_url(WEB_URL, text, example).map(Some),
        None => Ok(web_of(api)),
    }
}

/// The log's name: a URL without scheme and without a slash at its end.
pub(super) fn origin(flags: &LogFlags) -> Result<Origin, InvalidSetting> {
    let chosen = match given(flags.log_origin.as_deref()) {
        Some(text) => text.to_owned(),
        None => format!("{}/log/countersign", host_and_port(public_url(flags)?.as_ref())),
    };
    chosen.parse().map_err(|_| {
        let what = format!("is {chosen:?}, which no log can be called");
        let write = "Write HOST/log/NAME, at most 255 bytes, without https:// and without a final slash";
        InvalidSetting::new(LOG_ORIGIN, what, write)
    })
}

/// api.github.com and api.SUB.ghe.com have their pages one level up; GitHub Enterprise Server on the same host.
fn web_of(api: &Url) -> Option<Url> {
    let mut web = api.clone();
    web.set_query(None);
    web.set_fragment(None);
    let path = api.path().trim_end_matches('/');
    let host = api.host_str()?;
    let hosted = host == "api.github.com" || host.ends_with(".ghe.com");
    match host.strip_prefix("api.").filter(|_| hosted && path.is_empty()) {
        Some(parent) => web.set_host(Some(parent)).ok()?,
        None => web.set_path(path.strip_suffix("/api/v3")?),
    }
    Some(web)
}

fn host_and_port(url: Option<&Url>) -> String {
    let Some(url) = url else { return "localhost".to_owned() };
    let host = url.host().map_or_else(|| "localhost".to_owned(), |host: Host<&str>| host.to_string());
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

pub(super) fn http_url(variable: &'static str, text: &str, write: &str) -> Result<Url, InvalidSetting> {
    // An address with a password in it is not quoted.
    let invalid = |what: &str| InvalidSetting::new(variable, what, write);
    let url = Url::parse(text).map_err(|error| invalid(&format!("is not a URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(invalid("does not begin with https:// and a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("holds a user or a password, which are not used"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("holds a ? or a #, which cannot be part of it"));
    }
    Ok(url)
}
