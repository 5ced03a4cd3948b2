//! A YAML document as a tree in which every node knows its place.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Location, MergeKeyPolicy, Spanned};

use super::problem::{Problem, ProblemCode, Wrong};

/// The largest file that is read.
const LARGEST: usize = 256 * 1024;

/// A value and where to point when it is wrong.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    /// The scalar itself; for a list or a mapping its key, because their own extent is many lines.
    pub(super) span: Range<usize>,
}

/// A value as YAML has it.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    /// As it stands in the file: `1.10` is not `1.1`.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

/// Reads one document within strict limits.
pub(super) fn parse(path: &str, text: &str) -> Result<Node, Box<Problem>> {
    if text.len() > LARGEST {
        let message = format!("the policy has {} bytes, and more than {LARGEST} are not read", text.len());
        let what = Wrong::new(ProblemCode::TooLarge, message, "make it smaller");
        return Err(Box::new(Problem::at(path, text, 0..0, what)));
    }
    let read: Result<Raw, _> = serde_saphyr::from_str_with_options(text, options());
    match read {
        Ok(Raw(spanned)) => Ok(place(spanned, None, text)),
        Err(error) => Err(Box::new(syntax_problem(path, text, &error))),
    }
}

/// Tight enough that aliases cannot blow up, wide enough for any policy that people maintain.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 24,
            max_documents: 1,
            max_nodes: 50_000,
            max_events: 100_000,
            max_aliases: 200,
            max_anchors: 200,
            max_recorded_anchor_events: 50_000,
            max_total_scalar_bytes: 1024 * 1024,
        },
        merge_keys: MergeKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
        },
        strict_booleans: true,
    }
}

fn syntax_problem(path: &str, text: &str, error: &serde_saphyr::Error) -> Problem {
    let error = error.without_snippet();
    let span = error.location().map_or(0..0, |location| place_of_error(location, text));
    Problem::at(path, text, span, explain(error))
}

/// What the parser could not take, in our words where it is a limit of ours.
fn explain(error: &serde_saphyr::Error) -> Wrong {
    use serde_saphyr::Error;
    match error {
        Error::AliasError { error, .. } => explain(error),
        Error::DuplicateMappingKey { .. } => {
            let message = "this key stands twice in one mapping";
            Wrong::new(ProblemCode::DuplicateKey, message, "keep one of the two")
        }
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } | Error::MultipleDocuments { .. } => {
            let message = "a second YAML document begins here";
            Wrong::new(ProblemCode::Syntax, message, "keep one document and remove the `---`")
        }
        Error::MergeKeyNotAllowed { .. } => {
            let message = "merge keys (`<<`) are not read here";
            Wrong::new(ProblemCode::Syntax, message, "write the keys out")
        }
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            let message = "the policy is nested too deeply or grows too large from here";
            Wrong::new(ProblemCode::TooLarge, message, "make it smaller and use fewer aliases")
        }
        other => {
            let said = other.to_string();
            let said = said.split(" at line ").next().unwrap_or(&said);
            let message = format!("this cannot be read as YAML: {said}");
            Wrong::new(ProblemCode::Syntax, message, "correct the YAML here or just before")
        }
    }
}

/// The rest of the line where the location says nothing better.
fn place_of_error(location: Location, text: &str) -> Range<usize> {
    let known = extent(location);
    if !known.is_empty() {
        return known;
    }
    let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let start = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
    line_start + start..line_start + rest.len()
}

fn extent(location: Location) -> Range<usize> {
    let span = location.span();
    let number = |bytes: Option<u64>| bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
    let start = number(span.byte_offset());
    start..start.saturating_add(number(span.byte_len()))
}

/// Turns what the parser gave into nodes that point at something short.
fn place(raw: Spanned<RawValue>, key: Option<&Range<usize>>, text: &str) -> Node {
    let own = extent(raw.defined);
    match raw.value {
        RawValue::Null => Node { value: Value::Null, span: key.cloned().unwrap_or(own) },
        RawValue::Boolean(value) => Node { value: Value::Boolean(value), span: own },
        RawValue::Number => {
            let written = text.get(own.clone()).unwrap_or_default().trim().to_owned();
            Node { value: Value::Number(written), span: own }
        }
        RawValue::Text(value) => Node { value: Value::Text(value), span: trimmed(own, text) },
        RawValue::List(items) => {
            let span = key.cloned().unwrap_or(own);
            let items = items.into_iter().map(|Raw(item)| place(item, None, text)).collect();
            Node { value: Value::List(items), span }
        }
        RawValue::Mapping(pairs) => {
            let pairs: Vec<(Node, Node)> = pairs.into_iter().map(|pair| place_pair(pair, text)).collect();
            let first = pairs.first().map(|(key, _)| key.span.clone());
            Node { value: Value::Mapping(pairs), span: key.cloned().or(first).unwrap_or(own) }
        }
    }
}

fn place_pair((Raw(key), Raw(value)): (Raw, Raw), text: &str) -> (Node, Node) {
    let key = place(key, None, text);
    let value = place(value, Some(&key.span), text);
    (key, value)
}

/// Without the line breaks that end a block scalar.
fn trimmed(span: Range<usize>, text: &str) -> Range<usize> {
    let written = text.get(span.clone()).unwrap_or_default();
    span.start..span.start + written.trim_end().len()
}

/// A value as the parser gives it.
#[derive(Debug)]
struct Raw(Spanned<RawValue>);

#[derive(Debug)]
enum RawValue {
    Null,
    Boolean(bool),
    Number,
    Text(String),
    List(Vec<Raw>),
    Mapping(Vec<(Raw, Raw)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_none<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawValue, E> {
        Ok(RawValue::Boolean(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<RawValue, E> {
        Ok(RawValue::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<RawValue, E> {
        Ok(RawValue::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<RawValue, E> {
        Ok(RawValue::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<RawValue, E> {
        Ok(RawValue::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<RawValue, E> {
        Ok(RawValue::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawValue, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(RawValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawValue, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = entries.next_entry()? {
            pairs.push(pair);
        }
        Ok(RawValue::Mapping(pairs))
    }
}
