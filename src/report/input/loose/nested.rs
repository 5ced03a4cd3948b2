//! Objects and lists.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Word, otherwise_default};

/// What costs three bytes in a file may cost hundreds in memory.
pub const LONGEST: usize = 1_000;

/// An object; the default for anything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct One<T>(pub T);

/// A list; empty for anything else. Of a longer one than [`LONGEST`], the first items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Many<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are, with those that are left out.
    pub all: usize,
}

/// The texts of a list, or the one that stands there without a list. What is no text is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Several<'a>(pub Vec<Word<'a>>);

/// An object whose names are not known before; empty for anything else. Of a longer one, the first values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a, T>(pub Vec<(Word<'a>, T)>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self { items: Vec::new(), all: 0 }
    }
}

impl<T> Default for Named<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

struct Objects<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Objects<T> {
    type Value = One<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, keys: A) -> Result<One<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(keys)).map(One)
    }

    otherwise_default!(text truth number null list);
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Objects(PhantomData))
    }
}

struct Lists<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Lists<T> {
    type Value = Many<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Many<T>, A::Error> {
        let mut many = Many::default();
        while many.items.len() < LONGEST
            && let Some(item) = items.next_element()?
        {
            many.items.push(item);
        }
        many.all = many.items.len();
        while items.next_element::<IgnoredAny>()?.is_some() {
            many.all += 1;
        }
        Ok(many)
    }

    otherwise_default!(text truth number null object);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Lists(PhantomData))
    }
}

struct Values<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Values<T> {
    type Value = Named<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut names: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while all.len() < LONGEST
            && let Some(entry) = names.next_entry()?
        {
            all.push(entry);
        }
        while names.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Named(all))
    }

    otherwise_default!(text truth number null list);
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Named<'a, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Values(PhantomData))
    }
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Several<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of them")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Several(vec![Word(text.into())]))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Several(vec![Word(text.to_owned().into())]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Several(vec![Word(number.to_string().into())]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        let many: Many<Word<'de>> = Lists(PhantomData).visit_seq(items)?;
        Ok(Several(many.items.into_iter().filter(|word| word.some().is_some()).collect()))
    }

    otherwise_default!(truth null object);
}

impl<'de: 'a, 'a> Deserialize<'de> for Several<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_a_list_of_one() {
        for (text, texts) in
            [("\"a\"", &["a"][..]), ("[\"a\",null,7]", &["a", "7"]), ("79", &["79"]), ("{}", &[])]
        {
            let read: Several<'_> = serde_json::from_str(text).unwrap();
            assert_eq!(read.0.iter().map(|word| &*word.0).collect::<Vec<_>>(), texts);
        }
    }
}
