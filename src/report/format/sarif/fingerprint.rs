//! What a tool says of a result being the same as before: as far as that can be believed.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use sha2::{Digest as _, Sha256};

use crate::report::input::loose::{Named, Word};

/// `fingerprints` or `partialFingerprints`: names with values. A value may be an object of its own, of
/// which all texts count (Black Duck).
#[derive(Debug, Default, Deserialize)]
pub(super) struct Values<'a>(#[serde(borrow)] Named<'a, Flat<'a>>);

/// No fingerprint: what stands there in Gitleaks' files tells who committed the secret and when, and a
/// column moves with every edit of its line.
const NONE: &[&str] = &[
    "commitSha",
    "email",
    "author",
    "date",
    "commitMessage",
    "primaryLocationStartColumnFingerprint",
    "scanFileHash",
];

/// What Semgrep writes for every result unless somebody is logged in.
const PLACEHOLDERS: &[&str] = &["requires login", "undefined", "null", "none", "unknown"];

/// A digest of all of them with the rule's id, for no tool promises more than to tell results of one rule
/// apart. None where the tool says nothing that can be believed.
pub(super) fn of(rule: &str, whole: &Values<'_>, partial: &Values<'_>) -> Option<Box<str>> {
    let mut hash = Sha256::new();
    hash.update(rule);
    let mut any = whole.hash_into(&mut hash);
    if !any {
        any = partial.hash_into(&mut hash);
    }
    any.then(|| hex::encode(hash.finalize().get(..16).unwrap_or_default()).into())
}

impl Values<'_> {
    fn hash_into(&self, hash: &mut Sha256) -> bool {
        let mut any = false;
        for (name, value) in &self.0.0 {
            let Some(text) = value.0.some() else { continue };
            let meaningless = PLACEHOLDERS.iter().any(|known| known.eq_ignore_ascii_case(text));
            if NONE.contains(&&*name.0) || meaningless {
                continue;
            }
            any = true;
            for part in ["\0", &name.0, "\0", text] {
                hash.update(part);
            }
        }
        any
    }
}

/// A text, or all texts of an object.
#[derive(Debug)]
struct Flat<'a>(Word<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Flat<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Word<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a fingerprint")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Word(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Word(text.to_owned().into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Word(number.to_string().into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Word(number.to_string().into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Word(number.to_string().into()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Word::default())
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Word::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Word::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut names: A) -> Result<Self::Value, A::Error> {
                let mut all = String::new();
                while let Some((name, value)) = names.next_entry::<Word<'de>, Word<'de>>()? {
                    all.extend([&*name.0, "\0", &value.0, "\0"]);
                }
                Ok(Word(all.into()))
            }
        }
        from.deserialize_any(Texts).map(Flat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(whole: &str, partial: &str) -> Option<Box<str>> {
        of("rule", &serde_json::from_str(whole).unwrap(), &serde_json::from_str(partial).unwrap())
    }

    #[test]
    fn only_what_can_be_believed_is_a_fingerprint() {
        assert_eq!(mark(r#"{"matchBasedId/v1":"requires login"}"#, "null"), None);
        let gitleaks = r#"{"commitSha":"1","email":"a","author":"b","date":"c","commitMessage":"d"}"#;
        assert_eq!(mark("{}", gitleaks), None);
        assert_eq!(mark("[]", r#"{"x":[1]}"#), None);
        let nested = |value: &str| mark(&format!(r#"{{"csvRowSha256":{{"value":"{value}"}}}}"#), "{}");
        assert_ne!(nested("aa").unwrap(), nested("ab").unwrap());
        let column = |at: u32| {
            let column = format!(r#""primaryLocationStartColumnFingerprint":"{at}""#);
            mark("{}", &format!(r#"{{"primaryLocationLineHash":"9cbc869fbfffeb60:1",{column}}}"#))
        };
        assert_eq!(column(1).unwrap(), column(7).unwrap());
    }

    #[test]
    fn the_same_fingerprint_under_another_rule_is_another() {
        let values: Values<'_> = serde_json::from_str(r#"{"a":"1"}"#).unwrap();
        assert_ne!(of("x", &values, &Values::default()), of("y", &values, &Values::default()));
    }
}
