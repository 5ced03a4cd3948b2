//! What strangers wrote, as a page may show it.

use countersign_kernel::text::misleads;
use url::Url;

/// The longest text that is shown whole, in characters.
const LONGEST: usize = 600;

/// On one line, cut, and with nothing in it that cannot be seen or turns what is around it.
pub fn readable(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line: String =
        words.chars().take(LONGEST).map(|c| if misleads(c) { '\u{fffd}' } else { c }).collect();
    if words.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

/// An address that a browser may be sent to.
pub fn web(url: Option<&str>) -> Option<String> {
    let url = Url::parse(url?).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.has_host();
    (plain && matches!(url.scheme(), "http" | "https")).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_that_can_be_seen_and_has_an_end() {
        assert_eq!(readable("  a\n b\u{202e}c\u{200b} "), "a b\u{fffd}c\u{fffd}");
        assert_eq!(readable(&"ö".repeat(600)), "ö".repeat(600));
        assert_eq!(readable(&"ö".repeat(601)), "ö".repeat(600) + "…");
    }

    #[test]
    fn only_plain_addresses_of_the_web_are_followed() {
        assert_eq!(web(Some("https://acme.example/a?b")).as_deref(), Some("https://acme.example/a?b"));
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://github.com@evil.example/",
            "https://:p@evil.example/",
            "//evil.example",
            "/a",
            "",
        ] {
            assert_eq!(web(Some(bad)), None, "{bad}");
        }
        assert_eq!(web(None), None);
    }
}
