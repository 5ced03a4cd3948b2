//! Words of lists that a newer version may have made longer.
//!
//! What we write is of the lists themselves, such as [`Kind`](super::Kind). What is read may come from a newer
//! version: a word that is not in the list here is read as the word that it is.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{Error as NoWord, StrDeserializer};
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One word of a list, or one that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenEnum<T> {
    /// One that it knows.
    Known(T),
    /// One that a newer version must have added.
    Unknown(UnknownWord),
}

/// A word that this version does not know: at most 64 letters, digits, dots, hyphens and underscores of ASCII.
///
/// So it can be shown as it is, and a log of many of them fills no memory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct UnknownWord(Box<str>);

const LONGEST: usize = 64;

impl UnknownWord {
    /// None if no version would write such a word.
    pub fn read(text: &str) -> Option<Self> {
        let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_word = (1..=LONGEST).contains(&text.len()) && text.bytes().all(may_stand);
        is_word.then(|| Self(text.into()))
    }

    /// As it stands in the entry.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T> OpenEnum<T> {
    /// The word, if this version knows it.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(word) => Some(word),
            Self::Unknown(_) => None,
        }
    }

    /// The word, if this version does not know it.
    pub fn unknown(&self) -> Option<&UnknownWord> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(word) => Some(word),
        }
    }
}

impl<T: PartialEq> PartialEq<T> for OpenEnum<T> {
    fn eq(&self, other: &T) -> bool {
        self.known() == Some(other)
    }
}

impl<T> From<T> for OpenEnum<T> {
    fn from(word: T) -> Self {
        Self::Known(word)
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<T: Serialize> Serialize for OpenEnum<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(word) => word.serialize(serializer),
            Self::Unknown(word) => word.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OpenEnum<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Words(PhantomData))
    }
}

struct Words<T>(PhantomData<T>);

impl<T: DeserializeOwned> Visitor<'_> for Words<T> {
    type Value = OpenEnum<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word of at most 64 letters, digits, dots, hyphens and underscores")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OpenEnum<T>, E> {
        let known = T::deserialize(StrDeserializer::<NoWord>::new(text)).ok();
        let word = known.map(OpenEnum::Known).or_else(|| UnknownWord::read(text).map(OpenEnum::Unknown));
        word.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{ActorRole, Kind};

    #[test]
    fn a_word_of_the_list_is_known_and_every_other_one_is_kept() {
        let read = |json: &str| serde_json::from_str::<OpenEnum<Kind>>(json);
        assert_eq!(read(r#""heartbeat""#).unwrap(), Kind::Heartbeat);
        assert_eq!(read(r#""heart\u0062eat""#).unwrap(), Kind::Heartbeat);
        for kind in Kind::ALL {
            assert_eq!(read(&serde_json::to_string(kind).unwrap()).unwrap(), OpenEnum::Known(*kind));
        }
        let later = read(r#""environment.locked""#).unwrap();
        assert_eq!(later.unknown().map(UnknownWord::as_str), Some("environment.locked"));
        assert_eq!(serde_json::to_string(&later).unwrap(), r#""environment.locked""#);
        let role: OpenEnum<ActorRole> = serde_json::from_str(r#""onCall""#).unwrap();
        assert_eq!(role.known(), None);
    }

    #[test]
    fn what_no_version_would_write_is_no_word() {
        let long = format!("\"{}\"", "a".repeat(65));
        for json in
            ["\"\"", "7", "null", "[]", r#""a b""#, r#""\u001b[2J""#, r#""straße""#, r#""a/b""#, &long]
        {
            assert!(serde_json::from_str::<OpenEnum<Kind>>(json).is_err(), "{json}");
        }
    }
}
