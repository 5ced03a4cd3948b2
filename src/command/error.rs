//! Why a command was not understood, and what to write instead.

/// A command that was meant for us but cannot be carried out as it stands.
///
/// The message and the suggestion may hold the person's own words: they are untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// A stable name of the mistake, such as `unknown_option`.
    pub code: &'static str,
    /// What is wrong and what to do about it, in plain sentences.
    pub message: String,
    /// What to write instead, ready to be copied.
    pub suggestion: Option<String>,
}

impl CommandError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), suggestion: None }
    }

    pub(super) fn suggesting(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: Some(suggestion.into()), ..self }
    }
}

/// The person's words, short enough to stand in a sentence.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
