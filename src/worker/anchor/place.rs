//! Where in the branch a log's files are.

use crate::audit::Origin;

/// The folder of a log: its origin, with everything escaped that git or a file system could take amiss.
pub(super) fn folder(origin: &Origin) -> String {
    let parts: Vec<String> = origin.as_str().split('/').map(part).collect();
    parts.join("/")
}

/// `HOST:PORT` keeps its meaning with its colon escaped, as in a URL.
fn part(text: &str) -> String {
    let special = text.is_empty() || text.starts_with('.') || text.eq_ignore_ascii_case("git~1");
    let mut written = String::from(if special { "%" } else { "" });
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            written.push(char::from(byte));
        } else {
            written.push('%');
            written.push_str(&hex::encode_upper([byte]));
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_one_folder_whatever_it_is_called() {
        for (origin, expected) in [
            ("countersign.example/log/acme", "countersign.example/log/acme"),
            ("127.0.0.1:8080/log/sandbox", "127.0.0.1%3A8080/log/sandbox"),
            ("a/../../etc", "a/%../%../etc"),
            ("a//b/.git/GIT~1", "a/%/b/%.git/%GIT%7E1"),
            ("ä\\b", "%C3%A4%5Cb"),
        ] {
            assert_eq!(folder(&origin.parse().unwrap()), expected);
        }
    }
}
