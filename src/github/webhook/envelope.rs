//! The few fields that are needed before a delivery is acknowledged.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;

use crate::github::wire::WithId;
use crate::ids::{InstallationId, RepoId};

/// Where a delivery belongs. Borrowed from its body, which is read through but not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The repository it is about.
    pub repository_id: Option<RepoId>,
    /// The installation it is for.
    pub installation_id: Option<InstallationId>,
    /// What about the event.
    pub action: Option<Cow<'a, str>>,
}

impl<'a> Envelope<'a> {
    /// Reads it from a body, all of which must be one JSON object.
    ///
    /// # Errors
    /// When it is not, or when one of these fields is there and cannot be read.
    pub fn peek(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        let Whole(wire) = serde_json::from_slice(body)?;
        Ok(Self {
            repository_id: wire.repository.map(|repository| RepoId(repository.id)),
            installation_id: wire.installation.map(|installation| InstallationId(installation.id)),
            action: wire.action.map(|text| text.0),
        })
    }
}

/// The JSON of a body that came as a form (`payload=…`); none when it has no such field.
pub fn form_payload(body: &[u8]) -> Option<Vec<u8>> {
    form_urlencoded::parse(body)
        .find(|(name, _)| name == "payload")
        .map(|(_, payload)| payload.into_owned().into_bytes())
}

/// An object and nothing else: a derived struct would take a list, too.
struct Whole<'a>(Wire<'a>);

impl<'de> Deserialize<'de> for Whole<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Whole<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Wire::deserialize(MapAccessDeserializer::new(map)).map(Whole)
    }
}

/// Everything else is checked to be JSON and passed over.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    repository: Option<WithId>,
    #[serde(default)]
    installation: Option<WithId>,
    #[serde(default, borrow)]
    action: Option<Text<'a>>,
}

/// Serde borrows a `Cow` only where it stands by itself.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_only_what_is_needed_and_all_must_be_json() {
        let body = br#"{"action":"created","repository":{"id":9007199254740993,"x":[1,{"id":2}]},"installation":{"id":7}}"#;
        let envelope = Envelope::peek(body).unwrap();
        assert_eq!(envelope.repository_id, Some(RepoId(9_007_199_254_740_993)));
        assert_eq!(envelope.installation_id, Some(InstallationId(7)));
        assert!(matches!(envelope.action, Some(Cow::Borrowed("created"))));
        assert_eq!(Envelope::peek(b"{}").unwrap().repository_id, None);
        for body in [&b""[..], b"{", b"[]", b"{} x", b"{\"a\":[1,}", b"payload=%7B%7D"] {
            assert!(Envelope::peek(body).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_form_gives_its_payload() {
        assert_eq!(
            form_payload(b"payload=%7B%22a%22%3A%22b+c%22%7D").as_deref(),
            Some(&br#"{"a":"b c"}"#[..])
        );
        assert_eq!(form_payload(b"x=1"), None);
    }
}
