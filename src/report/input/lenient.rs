//! Fields as tools write them, and not as their documentation says: a number as a text, a text as a number,
//! `null`, or something else altogether.
//!
//! Only for what describes a finding. A list of findings is never read leniently: what is no list of them is
//! a fault, and not "none found".

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The value, or the default where it is something else.
pub fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Wanted(T),
        Other(IgnoredAny),
    }
    Ok(match Either::deserialize(from)? {
        Either::Wanted(value) => value,
        Either::Other(_) => T::default(),
    })
}

/// A text; a number or a truth is the text of it, and anything else is empty.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    from.deserialize_any(Text)
}

/// A number, also one that is written as a text.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(text(from)?.trim().parse().ok().filter(|number: &f64| number.is_finite()))
}

/// A count: a whole number, also one that is written as a text; none where it is negative or too great.
pub fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    Ok(text(from)?.trim().parse().ok())
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E>(self, it: bool) -> Result<String, E> {
        Ok(it.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<String, A::Error> {
        while keys.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }
}

#[cfg(test)]
mod tests {
    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default)]
    struct Item {
        #[serde(deserialize_with = "super::text")]
        id: String,
        #[serde(deserialize_with = "super::number")]
        score: Option<f64>,
        #[serde(deserialize_with = "super::count")]
        line: Option<u32>,
        #[serde(deserialize_with = "super::lenient")]
        names: Vec<String>,
    }

    #[test]
    fn odd_fields_do_not_make_an_item_unreadable() {
        let item = |text: &str| serde_json::from_str::<Item>(text).unwrap();
        let whole = Item { id: "7".into(), score: Some(7.5), line: Some(3), names: vec!["a".into()] };
        assert_eq!(item(r#"{"id":7,"score":"7.5","line":"3","names":["a"]}"#), whole);
        assert_eq!(item(r#"{"id":"7","score":7.5,"line":3,"names":["a"]}"#), whole);
        let odd = r#"{"id":null,"score":{"a":[1]},"line":-1,"names":"none"}"#;
        assert_eq!([item(odd), item("{}")], [Item::default(), Item::default()]);
    }
}
