//! Only our own pages may act: no other site can make a visitor's browser press a button here.

use http::HeaderMap;
use subtle::ConstantTimeEq as _;

use crate::refused::{Act, Refused};

/// Refuses what a browser says another site sent, and what lacks this process's token.
pub(super) fn check(headers: &HeaderMap, sent: &str, token: &str) -> Act<()> {
    if !is_same_origin(headers) {
        return Err(Refused::forbidden("This was sent by another site, so nothing was done."));
    }
    if sent.as_bytes().ct_eq(token.as_bytes()).into() {
        return Ok(());
    }
    Err(Refused::forbidden(
        "This page is from before the sandbox was started again. Reload it, then try again.",
    ))
}

/// What browsers say about where a form came from; tools that say nothing still need the token.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site")
        && site != "same-origin"
    {
        return false;
    }
    let (Some(origin), Some(host)) = (text("origin"), text("host")) else {
        return text("origin").is_none();
    };
    origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(pairs: &[(&'static str, &'static str)], sent: &str) -> Option<u16> {
        let headers = pairs.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        check(&headers.collect(), sent, "secret").err().map(|refused| refused.status)
    }

    #[test]
    fn only_our_own_pages_may_act() {
        let host = ("host", "127.0.0.1:8081");
        assert_eq!(verdict(&[host], "secret"), None);
        assert_eq!(verdict(&[host, ("origin", "http://127.0.0.1:8081")], "secret"), None);
        assert_eq!(verdict(&[host, ("sec-fetch-site", "same-origin")], "secret"), None);
        assert_eq!(verdict(&[host, ("sec-fetch-site", "same-origin")], "guess"), Some(403));
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(verdict(&[host, ("sec-fetch-site", site)], "secret"), Some(403), "{site}");
        }
        for origin in ["http://evil.example", "null", "http://127.0.0.1:8080"] {
            assert_eq!(verdict(&[host, ("origin", origin)], "secret"), Some(403), "{origin}");
        }
        assert_eq!(verdict(&[("origin", "http://127.0.0.1:8081")], "secret"), Some(403));
    }
}
