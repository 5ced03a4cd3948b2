//! Fields of plain types: `#[serde(deserialize_with = "text")]`.

use serde::de::{Deserialize, Deserializer, IgnoredAny};

use super::{Decimal, Whole, Word};

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
    Word::deserialize(from).map(|word| word.0.into_owned())
}

/// A number, also one that is written as a text.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Decimal::deserialize(from).map(|number| number.0)
}

/// A count: a whole number, also one that is written as a text; none where it is negative or too great.
pub fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    Whole::deserialize(from).map(Whole::natural)
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
