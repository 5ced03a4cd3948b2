//! Warnings of tools, in their own words: whether one says that something was not looked at.

/// What tools say where they did not look at something. Each stands in messages of scanners of GitLab's or of Grype's.
const WORDS: &[&str] = &[
    "skip",
    "could not",
    "couldn't",
    "cannot",
    "can't",
    "failed",
    "unable",
    "timed out",
    "timeout",
    "incomplete",
    "unsupported",
    "not supported",
    "ignored",
    "not found",
];

/// Whether a warning says that something was left out. A warning that does not is a note.
pub(super) fn says_that_something_was_left_out(warning: &str) -> bool {
    let warning = warning.to_lowercase();
    WORDS.iter().any(|word| warning.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told_from_what_is_good_to_know() {
        for warning in ["Skipping file src/a.js: too large", "Unable to parse go.sum", "Request timed out"] {
            assert!(says_that_something_was_left_out(warning), "{warning}");
        }
        for warning in
            ["something new", "This analyzer is deprecated and goes in 18.0", "Using the default rules"]
        {
            assert!(!says_that_something_was_left_out(warning), "{warning}");
        }
    }
}
