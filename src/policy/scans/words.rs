//! The words of `scans`: how each is read, and what a JSON Schema says about it.

use std::str::FromStr;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::PublicKey;
use crate::policy::Glob;
use crate::policy::node::{Node, Value};
use crate::policy::problem::ProblemCode;
use crate::policy::read::{FromNode, Reader, Word};
use crate::policy::words::{NotThat, wanted, word};
use crate::report::Severity;

word!(
    /// The least severity that fails; none when no severity does.
    FailOn(Option<Severity>): |text| {
        let known = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
        let named = known.into_iter().find(|severity| severity.as_str().to_ascii_lowercase() == text);
        if text == "none" { Some(None) } else { named.map(Some) }
    }
);
word!(
    /// A name that a report answers to.
    ReportName(String): |text| {
        let sound = (1..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
        sound.then(|| text.to_owned())
    }
);
word!(
    /// Whether something fails, or is only shown.
    BlockOrShow(bool): |text| match text {
        "block" => Some(true),
        "show" => Some(false),
        _ => None,
    }
);
word!(
    /// Whether tests that failed are ignored.
    Tests(bool): |text| match text {
        "required" => Some(false),
        "ignored" => Some(true),
        _ => None,
    }
);
word!(
    /// An operating system and an architecture, perhaps with its variant.
    Platform(String): |text| {
        let parts = text.split('/').count();
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let sound = text.len() <= 64 && (2..=3).contains(&parts) && text.split('/').all(part);
        sound.then(|| text.to_owned())
    }
);
word!(
    /// The names of artifacts.
    ArtifactName(Glob): |text| text.parse().ok()
);
word!(
    /// A public key, or where it is.
    KeyText(PublicKey): |text| {
        let pem = text.trim_start().starts_with("-----BEGIN PUBLIC KEY-----")
            && text.trim_end().ends_with("-----END PUBLIC KEY-----");
        if pem {
            return (text.len() <= 8192).then(|| PublicKey::Pem(text.trim().to_owned()));
        }
        let sound = (1..=255).contains(&text.len())
            && !text.contains("-----")
            && !text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\')
            && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
        sound.then(|| PublicKey::File(text.to_owned()))
    }
);
word!(
    /// Where a waiver holds.
    WaiverPlace(String): |text| {
        let sound = (1..=500).contains(&text.len()) && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        sound.then(|| text.to_owned())
    }
);
word!(
    /// A day.
    Day(Date): |text| (text.len() == 10).then(|| text.parse().ok()).flatten()
);

wanted!(
    FailOn,
    "a severity (critical, high, medium, low, info) or the word none",
    "high",
    "^(critical|high|medium|low|info|none)$"
);
wanted!(
    ReportName,
    "the name of a report: a tool, a format, sbom, tests, coverage, signature or provenance",
    "trivy",
    "^[a-z0-9][a-z0-9._-]{0,63}$"
);
wanted!(BlockOrShow, "one of the words block and show", "block", "^(block|show)$");
wanted!(Tests, "one of the words required and ignored", "required", "^(required|ignored)$");
wanted!(
    Platform,
    "a platform: an operating system and an architecture",
    "linux/amd64",
    "^[a-z0-9_]+(/[a-z0-9_]+){1,2}$"
);
wanted!(
    ArtifactName,
    "a name or a pattern for names: letters, digits and . _ - / + with *",
    "dist-*",
    "^[A-Za-z0-9._/+*-]{1,255}$"
);
wanted!(
    KeyText,
    "a public key as PEM, or the path of a file in the repository",
    "keys/cosign.pub",
    r"^(\s*-----BEGIN PUBLIC KEY-----[\s\S]+-----END PUBLIC KEY-----\s*|[^/\\\s-][^\\\s]*)$"
);
wanted!(WaiverPlace, "a package URL or a path, without white space", "pkg:npm/lodash", r"^\S{1,500}$");
wanted!(Day, "a day, written as year-month-day", "2026-12-31", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");

/// Percent, or percentage points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::policy) struct Percent(pub(super) f64);

impl FromNode for Percent {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Number(text) = &node.value else {
            reader.wrong_type(
                node,
                "a number of percent",
                "write a number from 0 to 100, without quotes or %",
            );
            return None;
        };
        let percent = text.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
        if percent.is_none() {
            let message = format!("{text} is not a number of percent");
            reader.wrong(&node.span, ProblemCode::InvalidValue, message, "write a number from 0 to 100");
        }
        percent.map(Self)
    }
}

impl JsonSchema for Percent {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 100 })
    }
}

/// How many annotations a check run may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Annotations(pub(super) u16);

impl Annotations {
    /// Beyond so many nobody reads them, and each fifty are a request.
    const MOST: u16 = 500;
}

impl FromNode for Annotations {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let number = i64::read(node, reader)?;
        let count = u16::try_from(number).ok().filter(|count| *count <= Self::MOST);
        if count.is_none() {
            let message = format!("{number} is not a number of annotations");
            let suggestion = format!("write a number from 0 to {}", Self::MOST);
            reader.wrong(&node.span, ProblemCode::InvalidValue, message, suggestion);
        }
        count.map(Self)
    }
}

impl JsonSchema for Annotations {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Annotations".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": 500 })
    }
}
