//! What is written as one word in the file: how it is read, and what a JSON Schema says about it.

use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use url::Url;

use super::read::Word;
use super::{Principal, Source, duration};
use crate::ids::{EnvironmentName, WorkflowFile};

macro_rules! word {
    ($(#[$doc:meta])* $name:ident($type:ty): $parse:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub(in crate::policy) struct $name(pub(in crate::policy) $type);

        impl FromStr for $name {
            type Err = NotThat;
            fn from_str(text: &str) -> Result<Self, NotThat> {
                let parse: fn(&str) -> Option<$type> = $parse;
                parse(text).map(Self).ok_or(NotThat)
            }
        }
    };
}

/// A word that stands as a key. What a schema says about keys, the table says.
macro_rules! key {
    ($type:ty, $wanted:literal, $example:literal, $pattern:literal) => {
        impl Word for $type {
            const WANTED: &'static str = $wanted;
            const EXAMPLE: &'static str = $example;
            const PATTERN: &'static str = $pattern;
        }
    };
}

/// A word that stands as a value, too.
macro_rules! wanted {
    ($type:ty, $wanted:literal, $example:literal, $pattern:literal) => {
        $crate::policy::words::key!($type, $wanted, $example, $pattern);

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "examples": [$example] })
            }
        }
    };
}

pub(super) use {key, wanted, word};

/// A text is not the word it was taken for; which word that is, the reader says.
#[derive(Debug)]
pub(super) struct NotThat;

word!(
    /// The word `none`.
    NoneWord(()): |text| (text == "none").then_some(())
);
word!(
    /// One line of text.
    Line(String): |text| {
        let sound = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control) && text.trim() == text;
        sound.then(|| text.to_owned())
    }
);
word!(
    /// An App's slug.
    Slug(String): |text| {
        let sound = (1..=100).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        sound.then(|| text.to_owned())
    }
);
word!(
    /// The name of a workflow's input.
    InputName(String): |text| {
        let sound = (1..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        sound.then(|| text.to_owned())
    }
);
word!(
    /// A workflow's file.
    WorkflowWord(WorkflowFile): |text| text.parse().ok()
);
word!(
    /// A duration.
    DurationWord(Duration): duration::parse
);
word!(
    /// An address of the web.
    WebAddress(Url): |text| {
        let url = Url::parse(text).ok().filter(|_| text.len() <= 1024)?;
        let sound = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        sound.then_some(url)
    }
);

wanted!(NoneWord, "a list of approval rules or the word none", "none", "^none$");
wanted!(Line, "one line of text", "build", r"^\S(.*\S)?$");
wanted!(Slug, "an App's slug (lowercase letters, digits and -)", "github-actions", "^[a-z0-9-]{1,100}$");
wanted!(
    InputName,
    "the name of an input (letters, digits, _ and -, at most 64)",
    "region",
    "^[A-Za-z_][A-Za-z0-9_-]{0,63}$"
);
wanted!(DurationWord, "a duration of at most a year: digits and s, m, h or d", "30m", "^[0-9]+[smhd]$");
wanted!(WebAddress, "an http or https address", "https://shop.example", "^[Hh][Tt][Tt][Pp][Ss]?://");
wanted!(
    Source,
    "a source: pull_request, default_branch or tag:PATTERN",
    "default_branch",
    r"^(pull_request|default_branch|tag:[^\s?\[\]!{}\\]+)$"
);
wanted!(
    Principal,
    "somebody: user:LOGIN, team:ORGANISATION/SLUG or role:NAME",
    "team:acme/sre",
    r"^(user:[A-Za-z0-9_\[\]-]+|team:[A-Za-z0-9_\[\]-]+/[A-Za-z0-9._-]+|role:[A-Za-z0-9._-]+( +[A-Za-z0-9._-]+)*)$"
);
key!(
    EnvironmentName,
    "an environment name (letters, digits and . _ - /, at most 255)",
    "production",
    "^[A-Za-z0-9._/-]{1,255}$"
);
wanted!(
    WorkflowWord,
    "a workflow's file name in .github/workflows",
    "ci.yml",
    r"^[A-Za-z0-9_-][A-Za-z0-9._-]*\.([Yy][Aa]?[Mm][Ll])$"
);
