//! What is kept of a result until its rule is known.

use crate::report::input::loose::Word;
use crate::report::{Severity, Suppression, Text};

/// How bad SARIF calls it (section 3.27.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Level {
    None,
    Note,
    Warning,
    Error,
}

impl Level {
    pub(super) fn of(word: &Word<'_>) -> Option<Self> {
        match word.some()?.to_ascii_lowercase().as_str() {
            "none" => Some(Self::None),
            "note" => Some(Self::Note),
            "warning" => Some(Self::Warning),
            "error" => Some(Self::Error),
            _ => None,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    pub(super) fn severity(self) -> Severity {
        match self {
            Self::None => Severity::Info,
            Self::Note => Severity::Low,
            Self::Warning => Severity::Medium,
            Self::Error => Severity::High,
        }
    }
}

/// How bad, where a number or a word other than the level says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rated {
    pub(super) severity: Severity,
    pub(super) score: Option<f64>,
}

impl Rated {
    /// `security-severity` is a score as text, or a word; anything else, such as `undefined`, is nothing.
    pub(super) fn of(word: &Word<'_>) -> Option<Self> {
        let word = word.some()?;
        if let Ok(score) = word.parse::<f64>() {
            return Severity::from_score(score).map(|severity| Self { severity, score: Some(score) });
        }
        let severity = Severity::from_word(word).filter(|severity| *severity != Severity::Unknown)?;
        Some(Self { severity, score: None })
    }
}

/// Which rule a result is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Reference {
    /// Which extension's; none for the driver's, or where nothing says.
    pub(super) extension: Option<u32>,
    pub(super) index: Option<u32>,
    pub(super) id: Text,
}

/// Where a result is, as it is written: resolved once the run's files and folders are known.
#[derive(Debug)]
pub(super) struct Where {
    pub(super) uri: Text,
    pub(super) base: Option<Text>,
    pub(super) index: Option<u32>,
    pub(super) line: Option<u32>,
    pub(super) end_line: Option<u32>,
    pub(super) column: Option<u32>,
}

/// What a message says, or by which id it says it.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) text: Box<str>,
    pub(super) id: Option<Box<str>>,
    pub(super) arguments: Vec<Box<str>>,
}

/// Only some tools write it, or only for some results.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub(super) logical: Option<Box<str>>,
    pub(super) fix: Option<Box<str>>,
    pub(super) component: Option<(Box<str>, Box<str>)>,
    pub(super) place_message: Option<Box<str>>,
    pub(super) secret: bool,
}

/// A result that is a finding, kept until its rule is known.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) rule: Reference,
    pub(super) level: Option<Level>,
    pub(super) rated: Option<Rated>,
    /// By a word of this tool's own.
    pub(super) own: Option<Severity>,
    pub(super) said: Said,
    pub(super) place: Option<Where>,
    pub(super) occurrences: u32,
    pub(super) suppressed: Option<Box<Suppression>>,
    pub(super) fingerprint: Option<Box<str>>,
    pub(super) rare: Option<Box<Rare>>,
}

/// What a result is, if not a finding.
#[derive(Debug)]
pub(super) enum Outcome {
    Finding(Box<Seen>),
    /// It was one, and is not in what was scanned now.
    Fixed,
    /// A human has to look, or the tool could not tell.
    Undecided,
    /// What was checked is in order, or does not apply.
    Passed,
}
