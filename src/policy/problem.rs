//! What is wrong with a policy file: where, what stands there, and what to write instead.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

/// One thing that is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, as the caller called it.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The bytes of the file that are meant; on character boundaries and never beyond its end.
    pub span: Range<usize>,
    /// What stands there, at most the rest of its line and 80 characters.
    pub offending: String,
    /// What is wrong. May quote the file: escape it.
    pub message: String,
    /// What to write instead. May quote the file: escape it.
    pub suggestion: String,
    /// Stable.
    pub code: ProblemCode,
}

/// Which kind of problem it is: stable words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// It is no YAML, or YAML of a kind that is not taken here.
    Syntax,
    /// The file, or something in it, is larger than allowed.
    TooLarge,
    /// There is no such key here.
    UnknownKey,
    /// A key stands twice in one place.
    DuplicateKey,
    /// A key that is needed is not there.
    MissingKey,
    /// A value has the wrong type.
    WrongType,
    /// A value is not one of those allowed.
    InvalidValue,
    /// A list has to have an entry.
    EmptyList,
    /// An environment is named that the policy does not have.
    UnknownEnvironment,
    /// Environments wait for each other.
    Cycle,
    /// An environment that looks like production has no approval rule.
    Unguarded,
    /// A rule that nobody can ever meet.
    Unreachable,
    /// Two sources would give one input of the workflow.
    Shadowed,
}

impl Problem {
    /// Makes the problem that stands at `span` of `source`.
    pub(super) fn at(path: &str, source: &str, span: Range<usize>, what: Wrong) -> Self {
        let span = clamp(source, span);
        let before = source.get(..span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let offending = source.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        Self {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            offending: offending.chars().take(80).collect(),
            span,
            message: what.message,
            suggestion: what.suggestion,
            code: what.code,
        }
    }

    /// The problem as a compiler shows it, with the line and a caret under what is meant.
    ///
    /// `source` is the text that was parsed.
    pub fn render(&self, source: &str, colour: bool) -> String {
        let span = clamp(source, self.span.clone());
        let caret = AnnotationKind::Primary.span(span);
        let report = [Level::ERROR
            .primary_title(printable(&self.message))
            .id(self.code.as_str())
            .element(Snippet::source(source).path(self.path.as_str()).annotation(caret))
            .element(Level::HELP.message(printable(&self.suggestion)))];
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&report)
    }
}

impl fmt::Display for Problem {
    /// One line: `.github/countersign.yml:3:5: there is no key "requires" here; did you mean …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, message, suggestion, .. } = self;
        write!(f, "{path}:{line}:{column}: {}; {}", printable(message), printable(suggestion))
    }
}

impl ProblemCode {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::TooLarge => "too_large",
            Self::UnknownKey => "unknown_key",
            Self::DuplicateKey => "duplicate_key",
            Self::MissingKey => "missing_key",
            Self::WrongType => "wrong_type",
            Self::InvalidValue => "invalid_value",
            Self::EmptyList => "empty_list",
            Self::UnknownEnvironment => "unknown_environment",
            Self::Cycle => "cycle",
            Self::Unguarded => "unguarded",
            Self::Unreachable => "unreachable",
            Self::Shadowed => "shadowed",
        }
    }
}

/// What is wrong, before it has a place.
#[derive(Debug)]
pub(super) struct Wrong {
    code: ProblemCode,
    message: String,
    suggestion: String,
}

impl Wrong {
    pub(super) fn new(code: ProblemCode, message: impl Into<String>, suggestion: impl Into<String>) -> Self {
        Self { code, message: message.into(), suggestion: suggestion.into() }
    }
}

fn clamp(source: &str, span: Range<usize>) -> Range<usize> {
    let start = source.floor_char_boundary(span.start);
    let end = source.floor_char_boundary(span.end).max(start);
    start..end
}

/// Without control characters, which could move a terminal's cursor or break the one line.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
