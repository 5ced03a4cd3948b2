//! What the items of many tools have in common, however sloppily a tool writes it: numbers in quotes, `null`
//! for an empty text, a text where a list should stand.

use std::num::NonZeroU32;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::report::{Draft, Place, place};

/// A text; a number is one too, and anything else is an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words(pub(super) String);

/// A number, which may stand in quotes; none for anything else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<u32>);

/// A value of this type; none for anything else.
#[derive(Debug, Clone)]
pub(super) struct Loose<T>(pub(super) Option<T>);

/// The texts of a list, or the one that stands there without a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Several(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(words(Value::deserialize(deserializer)?).unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(serde_json::from_value(Value::deserialize(deserializer)?).ok()))
    }
}

impl<'de> Deserialize<'de> for Several {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Array(items) => items.into_iter().filter_map(words).collect(),
            other => words(other).into_iter().collect(),
        }))
    }
}

impl<T> Default for Loose<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Default> Loose<T> {
    /// The value, or the empty one.
    pub(super) fn or_default(self) -> T {
        self.0.unwrap_or_default()
    }
}

impl Words {
    /// The text, unless it is empty.
    pub(super) fn some(&self) -> Option<&str> {
        let text = self.0.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// A place from one position to another, as far as both are told.
pub(super) fn span(
    draft: &mut Draft,
    file: &str,
    line: Option<u32>,
    end_line: Option<u32>,
    column: Option<u32>,
) -> Option<Place> {
    let mut place = place(draft, file, line)?;
    place.end_line = end_line.filter(|end| place.line.is_some_and(|line| *end > line));
    place.column = column.and_then(NonZeroU32::new).map(NonZeroU32::get);
    Some(place)
}

/// The numbers of the weaknesses in a text such as `CWE-89: SQL Injection`, or of a bare number.
pub(super) fn weakness(text: &str) -> Option<u32> {
    let text = text.trim();
    let number = text.strip_prefix("CWE-").or_else(|| text.strip_prefix("cwe-")).unwrap_or(text);
    let digits = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number.get(..digits)?.parse().ok().filter(|number| *number > 0)
}

/// The text without what stands in quotes: tools quote the password that they found.
pub(super) fn unquoted(text: &str) -> String {
    let quotes = ['\'', '"', '`'];
    let (Some(first), Some(last)) = (text.find(quotes), text.rfind(quotes)) else { return text.to_owned() };
    let (before, after) = (text.get(..=first).unwrap_or_default(), text.get(last..).unwrap_or_default());
    // A quote that never ends hides all that follows it.
    if first == last { format!("{before}…") } else { format!("{before}…{after}") }
}

fn words(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sloppy_values_are_read_for_what_they_mean() {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Item {
            number: Number,
            words: Words,
            several: Several,
            loose: Loose<Vec<u32>>,
        }
        let read = |text: &str| serde_json::from_str::<Item>(text).unwrap();
        let item = read(r#"{"number":" 7 ","words":8,"several":"one","loose":[1]}"#);
        assert_eq!((item.number, item.words.some()), (Number(Some(7)), Some("8")));
        assert_eq!((item.several.0, item.loose.or_default()), (vec!["one".to_owned()], vec![1]));
        let item = read(r#"{"number":-1,"words":null,"several":["a",null],"loose":"?"}"#);
        assert_eq!((item.number, item.words.some()), (Number(None), None));
        assert_eq!((item.several.0, item.loose.0), (vec!["a".to_owned()], None));
    }

    #[test]
    fn weaknesses_are_numbers() {
        assert_eq!(
            ["CWE-89: SQL", "79", "-1", "0", "A3"].map(weakness),
            [Some(89), Some(79), None, None, None]
        );
    }

    #[test]
    fn what_is_quoted_is_hidden() {
        assert_eq!(unquoted("password: 'it's \"me\"'"), "password: '…'");
        assert_eq!(unquoted("password: 'hunter2"), "password: '…");
        assert_eq!(unquoted("a password"), "a password");
    }
}
