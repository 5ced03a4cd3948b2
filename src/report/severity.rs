//! How bad a finding is, on one scale for every tool.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding is. Ordered: what is worse is greater; what nobody rated is least, and a gate never
/// takes it as it stands: see [`Finding::weight`](super::Finding::weight).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The tool does not say.
    #[default]
    Unknown,
    /// Good to know.
    Info,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Self; 6] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info, Self::Unknown];

    /// What a tool's own word means, in whatever case; none for a word that tells no severity.
    ///
    /// Words that mean different things in different tools (`error`, `warning`) are not here: each
    /// format maps its own.
    pub fn from_word(word: &str) -> Option<Self> {
        const WORDS: &[(&str, Severity)] = &[
            ("critical", Severity::Critical),
            ("high", Severity::High),
            ("important", Severity::High),
            ("medium", Severity::Medium),
            ("moderate", Severity::Medium),
            ("low", Severity::Low),
            ("info", Severity::Info),
            ("informational", Severity::Info),
            ("negligible", Severity::Info),
            ("none", Severity::Info),
            ("unknown", Severity::Unknown),
            ("undefined", Severity::Unknown),
        ];
        let word = word.trim();
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, severity)| *severity)
    }

    /// What a CVSS base score of version 3 or 4 means, in the bands of its specification (section 5 of
    /// CVSS 3.1, section 6 of 4.0), which are also GitHub's for `security-severity`.
    pub fn from_score(score: f64) -> Option<Self> {
        match score {
            score if !(0.0..=10.0).contains(&score) => None,
            score if score >= 9.0 => Some(Self::Critical),
            score if score >= 7.0 => Some(Self::High),
            score if score >= 4.0 => Some(Self::Medium),
            score if score > 0.0 => Some(Self::Low),
            _ => Some(Self::Info),
        }
    }

    /// What a CVSS 2 base score means: NVD's bands, which know no critical.
    pub fn from_score_v2(score: f64) -> Option<Self> {
        Self::from_score(score).map(|severity| severity.min(Self::High))
    }

    /// The word that people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
            Self::Info => "INFO",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Severity::{self, Critical, High, Info, Low, Medium};

    #[test]
    fn words_and_scores_have_one_meaning() {
        assert_eq!(Severity::from_word(" Moderate "), Some(Medium));
        assert_eq!(Severity::from_word("error"), None);
        let bands = [0.0, 0.1, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0, 10.0].map(Severity::from_score);
        assert_eq!(bands, [Info, Low, Low, Medium, Medium, High, High, Critical, Critical].map(Some));
        assert_eq!([-0.1, 10.1, f64::NAN].map(Severity::from_score), [None; 3]);
        assert_eq!(Severity::from_score_v2(9.3), Some(High));
    }

    #[test]
    fn what_is_worse_is_greater() {
        assert!(Severity::ALL.is_sorted_by(|worse, better| worse > better));
    }
}
