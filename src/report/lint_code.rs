//! How bad Bandit takes its tests to be, for linters that carry the same tests (`S105` is `B105`) and say
//! nothing of severity. <https://bandit.readthedocs.io/en/latest/plugins/>

use std::borrow::Cow;

use super::{Category, Severity};

/// Tests that Bandit rates HIGH.
const HIGH: &[u32] = &[
    201, 202, 304, 312, 321, 324, 401, 402, 411, 412, 413, 415, 501, 502, 505, 507, 602, 605, 609, 613, 701,
];
/// Tests that Bandit rates LOW.
const LOW: &[u32] =
    &[101, 105, 106, 107, 110, 112, 311, 403, 404, 405, 406, 407, 408, 409, 410, 504, 603, 606, 607];

/// What a rule of a Python linter is about, and how bad it is, by its code.
pub(super) fn rated(code: &str) -> (Category, Severity) {
    match bandit_test(code) {
        Some(test) if HIGH.contains(&test) => (Category::Code, Severity::High),
        Some(test) if LOW.contains(&test) => (Category::Code, Severity::Low),
        Some(_) => (Category::Code, Severity::Medium),
        None => (Category::Lint, Severity::Unknown),
    }
}

/// A message without the password that it may quote. Ruff names the variable instead, which may be told:
/// `Possible hardcoded password assigned to: "TOKEN"`.
pub(super) fn without_password<'a>(code: &str, message: &'a str) -> Cow<'a, str> {
    let quotes = matches!(bandit_test(code), Some(105..=107)) && !message.contains(" assigned to");
    if quotes { unquoted(message).into() } else { message.into() }
}

/// The letters in front of a code: `PLR` of `PLR0913`.
pub(super) fn family(code: &str) -> &str {
    code.trim_end_matches(|letter: char| letter.is_ascii_digit())
}

/// The text without what stands in quotes: tools quote the password that they found.
pub(super) fn unquoted(text: &str) -> String {
    let quotes = ['\'', '"', '`'];
    let (Some(first), Some(last)) = (text.find(quotes), text.rfind(quotes)) else { return text.to_owned() };
    let (before, after) = (text.get(..=first).unwrap_or_default(), text.get(last..).unwrap_or_default());
    // A quote that never ends hides all that follows it.
    if first == last { format!("{before}…") } else { format!("{before}…{after}") }
}

/// Whether a rule of a linter is about security: one of Bandit's in Ruff and flake8, one of `ESLint`'s
/// `security` plugin or of `RuboCop`'s `Security`, or what golangci-lint has from gosec.
pub(super) fn is_security(code: &str) -> bool {
    let department = code.split_once('/').is_some_and(|(first, _)| first.eq_ignore_ascii_case("security"));
    department || code == "gosec" || bandit_test(code).is_some()
}

fn bandit_test(code: &str) -> Option<u32> {
    code.strip_prefix('S').filter(|number| number.len() == 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tests_of_bandit_are_about_security() {
        assert_eq!(rated("S101"), (Category::Code, Severity::Low));
        assert_eq!(rated("S602"), (Category::Code, Severity::High));
        assert_eq!(rated("S608"), (Category::Code, Severity::Medium));
        for code in ["E501", "SIM102", "S1000", "SLF001", ""] {
            assert_eq!(rated(code), (Category::Lint, Severity::Unknown), "{code}");
        }
        let told = |code| without_password(code, "password: 'hunter2'");
        assert_eq!((&*told("S105"), &*told("S108")), ("password: '…'", "password: 'hunter2'"));
        assert_eq!(
            without_password("S105", "password assigned to: \"TOKEN\""),
            "password assigned to: \"TOKEN\""
        );
        assert_eq!((family("PLR0913"), family("invalid-syntax")), ("PLR", "invalid-syntax"));
    }

    #[test]
    fn what_is_quoted_is_hidden() {
        assert_eq!(unquoted("password: 'it's \"me\"'"), "password: '…'");
        assert_eq!(unquoted("password: 'hunter2"), "password: '…");
        assert_eq!(unquoted("a password"), "a password");
    }
}
