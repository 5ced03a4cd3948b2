//! Reads nodes into the types of the file, and goes on after a problem to find the others.

use std::collections::BTreeSet;
use std::ops::Range;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::node::{Node, Value};
use super::problem::{Problem, ProblemCode, Wrong};

/// Where the problems are collected.
pub(super) struct Reader<'a> {
    pub(super) path: &'a str,
    pub(super) source: &'a str,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
}

/// Something that can stand in the file.
pub(super) trait FromNode: Sized {
    /// Reads it, or notes what is wrong and gives nothing.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
}

/// Something that is written as one word.
pub(super) trait Word: FromStr {
    /// What it is, in words that follow “is not ”.
    const WANTED: &'static str;
    /// A good one.
    const EXAMPLE: &'static str;
    /// What a JSON Schema says about it: an ECMA 262 regular expression.
    const PATTERN: &'static str;
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// A mapping from names that people choose.
#[derive(Debug, Clone)]
pub(super) struct Table<K, V>(pub(super) Vec<(At<K>, At<V>)>);

/// A list with at least one entry.
#[derive(Debug, Clone)]
pub(super) struct List<T>(pub(super) Vec<At<T>>);

/// A string, number or boolean, as it is written.
#[derive(Debug, Clone)]
pub(super) struct Scalar(pub(super) String);

impl Reader<'_> {
    /// Tells something that is no problem, with its line.
    pub(super) fn note(&mut self, span: &Range<usize>, message: &str) {
        let before = self.source.get(..span.start).unwrap_or_default();
        self.notes.push(format!("line {}: {message}", before.matches('\n').count() + 1));
    }

    /// Notes a problem.
    pub(super) fn wrong(
        &mut self,
        span: &Range<usize>,
        code: ProblemCode,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        let what = Wrong::new(code, message, suggestion);
        self.problems.push(Problem::at(self.path, self.source, span.clone(), what));
    }

    /// Notes that something else was expected.
    pub(super) fn wrong_type(&mut self, node: &Node, wanted: &str, suggestion: impl Into<String>) {
        let message = format!("{} stands here, not {wanted}", node.value.kind());
        self.wrong(&node.span, ProblemCode::WrongType, message, suggestion);
    }

    /// The entries of a mapping whose keys are known; the others are problems.
    pub(super) fn section<'n>(&mut self, node: &'n Node, known: &[&str]) -> Option<&'n [(Node, Node)]> {
        let Value::Mapping(entries) = &node.value else {
            self.wrong_type(
                node,
                "a mapping",
                format!("write it with some of these keys: {}", known.join(", ")),
            );
            return None;
        };
        for (key, _) in entries {
            match key.value.as_text() {
                Some(name) if known.contains(&name) => {}
                Some(name) => self.unknown_key(&key.span, name, known),
                None => self.wrong_type(key, "a key", format!("write one of {}", known.join(", "))),
            }
        }
        Some(entries)
    }

    /// Notes that a key is missing from what stands at `span`.
    pub(super) fn missing(&mut self, span: &Range<usize>, key: &str) {
        let message = format!("`{key}` is missing here");
        self.wrong(span, ProblemCode::MissingKey, message, format!("add `{key}:`"));
    }

    fn unknown_key(&mut self, span: &Range<usize>, name: &str, known: &[&str]) {
        let suggestion = match closest(name, known.iter().copied()) {
            Some(likely) => format!("did you mean `{likely}`?"),
            None => format!("write one of {}, or remove it", known.join(", ")),
        };
        self.wrong(span, ProblemCode::UnknownKey, format!("there is no key {name:?} here"), suggestion);
    }
}

/// The entry under this key.
pub(super) fn entry<'n>(entries: &'n [(Node, Node)], name: &str) -> Option<&'n Node> {
    entries.iter().find(|(key, _)| key.value.as_text() == Some(name)).map(|(_, value)| value)
}

/// The name that was probably meant.
pub(super) fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name: String = name.chars().take(64).collect();
    let near = known.map(|known| (strsim::damerau_levenshtein(&name, known), known));
    let near = near.filter(|(distance, known)| *distance <= (known.len() / 3).max(1));
    near.min().map(|(_, known)| known)
}

impl Value {
    /// The text of a string.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::List(_) | Self::Mapping(_) => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Mapping(_) => "a mapping",
        }
    }
}

impl<T: FromNode> FromNode for At<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { value: T::read(node, reader)?, span: node.span.clone() })
    }
}

impl<T: Word> FromNode for T {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let example = format!("write something like `{}`", T::EXAMPLE);
        let Some(text) = node.value.as_text() else {
            let quoted = match &node.value {
                Value::Number(text) => format!("write it in quotes: \"{text}\""),
                Value::Boolean(value) => format!("write it in quotes: \"{value}\""),
                Value::Null | Value::Text(_) | Value::List(_) | Value::Mapping(_) => example,
            };
            reader.wrong_type(node, T::WANTED, quoted);
            return None;
        };
        let parsed = text.parse().ok();
        if parsed.is_none() {
            let shown: String = text.chars().take(80).collect();
            let message = format!("{shown:?} is not {}", T::WANTED);
            reader.wrong(&node.span, ProblemCode::InvalidValue, message, example);
        }
        parsed
    }
}

impl FromNode for bool {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::Boolean(value) = node.value {
            return Some(value);
        }
        reader.wrong_type(node, "true or false", "write `true` or `false`, without quotes");
        None
    }
}

impl FromNode for i64 {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::Number(text) = &node.value
            && let Ok(number) = text.parse()
        {
            return Some(number);
        }
        reader.wrong_type(node, "a whole number", "write digits only, without quotes");
        None
    }
}

impl FromNode for Scalar {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = match &node.value {
            Value::Text(text) | Value::Number(text) => text.clone(),
            Value::Boolean(value) => value.to_string(),
            Value::Null | Value::List(_) | Value::Mapping(_) => {
                reader.wrong_type(node, "one value", "write text, a number, true or false");
                return None;
            }
        };
        if text.len() > 1024 {
            reader.wrong(
                &node.span,
                ProblemCode::TooLarge,
                "this value is too long",
                "use at most 1024 bytes",
            );
            return None;
        }
        Some(Self(text))
    }
}

impl<T: FromNode> FromNode for List<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(items) = &node.value else {
            reader.wrong_type(node, "a list", "write it as a list: [ … ]");
            return None;
        };
        if items.is_empty() {
            reader.wrong(
                &node.span,
                ProblemCode::EmptyList,
                "this list is empty",
                "add an entry, or remove the key",
            );
            return None;
        }
        if items.len() > 100 {
            reader.wrong(
                &node.span,
                ProblemCode::TooLarge,
                "this list is too long",
                "use at most 100 entries",
            );
            return None;
        }
        let read: Vec<Option<At<T>>> = items.iter().map(|item| At::read(item, reader)).collect();
        read.into_iter().collect::<Option<Vec<_>>>().map(Self)
    }
}

impl<K: Word, V: FromNode> FromNode for Table<K, V> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            let suggestion = format!("write it as a mapping, with keys like `{}`", K::EXAMPLE);
            reader.wrong_type(node, "a mapping", suggestion);
            return None;
        };
        if entries.is_empty() {
            reader.wrong(
                &node.span,
                ProblemCode::EmptyList,
                "this mapping is empty",
                "add an entry, or remove the key",
            );
            return None;
        }
        let mut seen = BTreeSet::new();
        let mut read = Vec::new();
        for (key, value) in entries {
            if !seen.insert(key.value.as_text()) {
                let message = "this key stands twice in one mapping";
                reader.wrong(&key.span, ProblemCode::DuplicateKey, message, "keep one of the two");
            }
            read.push((At::read(key, reader), At::read(value, reader)));
        }
        let pairs = read.into_iter().map(|(key, value)| Some((key?, value?)));
        pairs.collect::<Option<Vec<_>>>().map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array", "minItems": 1, "maxItems": 100, "items": generator.subschema_for::<T>(),
        })
    }
}

impl<K: Word, V: JsonSchema> JsonSchema for Table<K, V> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("TableOf{}", V::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": { "pattern": K::PATTERN },
            "additionalProperties": generator.subschema_for::<V>(),
        })
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}
