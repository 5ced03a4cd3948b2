//! Paths of the REST API, in which nothing from outside can become structure.

use crate::ids::{Repo, RepoName};

/// One path segment: everything but RFC 3986's unreserved characters is percent-encoded, slashes too.
pub(crate) fn segment(text: &str) -> String {
    // A segment of only dots would be taken out by whoever normalises the path.
    let dots_only = text.bytes().all(|b| b == b'.');
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || (byte == b'.' && !dots_only);
        if plain {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    encoded
}

/// `/repos/{owner}/{repo}`, to which the rest is added.
pub(crate) fn of(repo: &Repo) -> String {
    of_name(&repo.name)
}

/// The same, of a repository of which only the name is known.
pub(crate) fn of_name(name: &RepoName) -> String {
    format!("/repos/{}/{}", segment(name.owner()), segment(name.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one_segment() {
        assert_eq!(segment("feature/größe#1?x=y z"), "feature%2Fgr%C3%B6%C3%9Fe%231%3Fx%3Dy%20z");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("v1.2-rc_3~x"), "v1.2-rc_3~x");
    }
}
