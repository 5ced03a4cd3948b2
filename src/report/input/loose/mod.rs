//! Values of an item that may be written in several ways, or wrongly, without spoiling the item.
//!
//! The types here keep what they read as it is; the functions ([`text`], [`number`], [`count`], [`lenient`]) are
//! for fields of plain types. A list of findings is never read so: what is no list of them is a fault, and
//! not "none found".
//!
//! A line number that comes as a text is a line number; a message that is a list is none. Only where the
//! whole item means nothing without a value does a reader refuse it.

mod nested;
mod plain;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub use nested::{LONGEST, Many, Named, One, Several};
pub use plain::{count, lenient, number, text};

/// A text, a number or a truth value, as text; empty for anything else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Word<'a>(pub Cow<'a, str>);

/// A whole number, also when it is written as text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whole(pub Option<i64>);

/// Any number, also when it is written as text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Decimal(pub Option<f64>);

/// A truth value, also when it is written as text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Truth(pub Option<bool>);

impl Word<'_> {
    /// The text, if there is any.
    pub fn some(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|text| !text.is_empty())
    }
}

impl Whole {
    /// The number, where it counts or numbers something.
    pub fn natural(self) -> Option<u32> {
        self.0.and_then(|number| u32::try_from(number).ok())
    }
}

/// What a visitor does with the kinds of value that it does not want: it passes over them.
macro_rules! otherwise_default {
    ($($kind:ident)*) => { $(otherwise_default!(@ $kind);)* };
    (@ text) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ truth) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ number) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ null) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@ object) => {
        fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Self::Value, A::Error> {
            while keys.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

use otherwise_default;

struct Words;

impl<'de> Visitor<'de> for Words {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Word(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Word(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Word(Cow::Owned(text)))
    }

    fn visit_bool<E>(self, it: bool) -> Result<Self::Value, E> {
        Ok(Word(Cow::Borrowed(if it { "true" } else { "false" })))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }

    otherwise_default!(null list object);
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Words)
    }
}

struct Wholes;

impl<'de> Visitor<'de> for Wholes {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Whole, E> {
        Ok(Whole(Some(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(i64::try_from(number).ok()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Whole, E> {
        // `12.0` is how some writers say 12.
        Ok(Whole(format!("{number}").parse().ok()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Whole, E> {
        Ok(Whole(text.trim().parse().ok()))
    }

    otherwise_default!(truth null list object);
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Wholes)
    }
}

struct Decimals;

impl<'de> Visitor<'de> for Decimals {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Decimal, E> {
        Ok(decimal(&number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Decimal, E> {
        Ok(decimal(&number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Decimal, E> {
        Ok(Decimal(Some(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Decimal, E> {
        Ok(decimal(text))
    }

    otherwise_default!(truth null list object);
}

fn decimal(text: &str) -> Decimal {
    Decimal(text.trim().parse().ok().filter(|number: &f64| number.is_finite()))
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Decimals)
    }
}

struct Truths;

impl<'de> Visitor<'de> for Truths {
    type Value = Truth;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E>(self, it: bool) -> Result<Truth, E> {
        Ok(Truth(Some(it)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Truth, E> {
        Ok(Truth(text.trim().to_ascii_lowercase().parse().ok()))
    }

    otherwise_default!(number null list object);
}

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Truths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default)]
    struct Item<'a> {
        #[serde(borrow)]
        text: Word<'a>,
        line: Whole,
        done: Truth,
        inner: One<Inner>,
        words: Many<Word<'a>>,
    }

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default)]
    struct Inner {
        line: Whole,
    }

    fn item(text: &str) -> Item<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_meant_is_read() {
        let read = item(r#"{"text":7,"line":"12","done":"True","inner":{"line":3.0},"words":["a",1,null]}"#);
        assert_eq!((read.text.some(), read.line.natural(), read.done.0), (Some("7"), Some(12), Some(true)));
        assert_eq!(read.inner.0.line.0, Some(3));
        assert_eq!(read.words.items.iter().map(|word| &*word.0).collect::<Vec<_>>(), ["a", "1", ""]);
    }

    #[test]
    fn what_means_nothing_spoils_nothing() {
        for wrong in ["null", "[{\"a\":[1]}]", "{\"text\":{}}", "1.5", "-1", "\"x\"", "true"] {
            let text = format!(
                r#"{{"text":{wrong},"line":{wrong},"done":{wrong},"inner":{wrong},"words":{wrong}}}"#
            );
            assert_eq!(item(&text).line.natural(), None, "{wrong}");
        }
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        let many: Many<Whole> = serde_json::from_str(&format!("[{}1]", "1,".repeat(1_999))).unwrap();
        assert_eq!((many.items.len(), many.all), (LONGEST, 2_000));
        let named: Named<'_, Whole> = serde_json::from_str(r#"{"a":"1","a":2}"#).unwrap();
        assert_eq!(named.0.len(), 2);
        let none: Named<'_, Whole> = serde_json::from_str("[1]").unwrap();
        assert_eq!(none, Named::default());
    }
}
