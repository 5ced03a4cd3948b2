//! Personal data beside the log (RFC 9901, SD-JWT disclosures).
//!
//! An entry can never be changed, so it holds no login, no id of a person and no comment. It holds a
//! commitment: the hash of a disclosure, which is the salt, the name of a claim and its value. The
//! disclosure is kept in a row of its own. Once that row is deleted nobody can find the value again,
//! not even by trying every login there is, and every proof still holds.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A salted claim: base64url of the JSON array `[salt, name, value]`.
///
/// It is personal data: printing it for debugging shows its commitment only.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    text: String,
}

/// What an entry holds in place of a disclosure: base64url of its SHA-256, 43 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commitment(String);

/// Why a text is neither a disclosure nor a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDisclosure {
    /// It is not base64url of `[salt, name, value]`.
    #[error("a disclosure is base64url of the JSON array [salt, name, value]")]
    Disclosure,
    /// It is not the base64url of 32 bytes.
    #[error("a commitment is the base64url of 32 bytes, without padding")]
    Commitment,
}

/// A disclosure holds at most a comment or a reason, with its JSON and base64 around it.
const MAX_BYTES: usize = 1_000_000;

impl Disclosure {
    /// Salts a claim. The salt must be fresh: one per claim and entry, never used again.
    pub fn new(salt: [u8; 16], name: &str, value: &Value) -> Self {
        let claim = serde_json::json!([URL_SAFE_NO_PAD.encode(salt), name, value]);
        Self { text: URL_SAFE_NO_PAD.encode(claim.to_string()) }
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands for it in the entry.
    pub fn commitment(&self) -> Commitment {
        Commitment(URL_SAFE_NO_PAD.encode(Sha256::digest(&self.text)))
    }

    /// The claim: its name and its value.
    ///
    /// Parsed when asked for, because the text is what was hashed.
    pub fn claim(&self) -> Result<(String, Value), InvalidDisclosure> {
        let json = URL_SAFE_NO_PAD.decode(&self.text).map_err(|_| InvalidDisclosure::Disclosure)?;
        let (_salt, name, value) = serde_json::from_slice::<(String, String, Value)>(&json)
            .map_err(|_| InvalidDisclosure::Disclosure)?;
        Ok((name, value))
    }
}

impl FromStr for Disclosure {
    type Err = InvalidDisclosure;
    fn from_str(text: &str) -> Result<Self, InvalidDisclosure> {
        if text.len() > MAX_BYTES {
            return Err(InvalidDisclosure::Disclosure);
        }
        let disclosure = Self { text: text.to_owned() };
        disclosure.claim()?;
        Ok(disclosure)
    }
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disclosure of {}", self.commitment())
    }
}

impl Commitment {
    /// The text as it stands in the entry.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Commitment {
    type Err = InvalidDisclosure;
    fn from_str(text: &str) -> Result<Self, InvalidDisclosure> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for Commitment {
    type Error = InvalidDisclosure;
    fn try_from(text: String) -> Result<Self, InvalidDisclosure> {
        let hash = URL_SAFE_NO_PAD.decode(&text).map_err(|_| InvalidDisclosure::Commitment)?;
        if hash.len() == 32 { Ok(Self(text)) } else { Err(InvalidDisclosure::Commitment) }
    }
}

impl From<Commitment> for String {
    fn from(commitment: Commitment) -> Self {
        commitment.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_example_of_the_rfc_has_its_digest() {
        let text = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        let disclosure: Disclosure = text.parse().unwrap();
        assert_eq!(disclosure.commitment().as_str(), "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
        assert_eq!(disclosure.claim(), Ok(("family_name".to_owned(), json!("Möbius"))));
    }

    #[test]
    fn a_claim_comes_back_and_its_salt_changes_everything() {
        let value = json!({ "id": 7, "login": "alice" });
        let disclosure = Disclosure::new([1; 16], "requester", &value);
        assert_eq!(disclosure.claim(), Ok(("requester".to_owned(), value.clone())));
        assert_eq!(disclosure.as_str().parse(), Ok(disclosure.clone()));
        assert_ne!(disclosure.commitment(), Disclosure::new([2; 16], "requester", &value).commitment());
        assert_eq!(disclosure.commitment().as_str().parse(), Ok(disclosure.commitment()));
        assert!(!format!("{disclosure:?}").contains(disclosure.as_str()));
    }

    #[test]
    fn other_texts_are_refused() {
        let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
        for text in ["", "!", &encode("[]"), &encode("[\"s\",\"n\"]"), &encode("[1,2,3]"), &encode("{}")] {
            assert_eq!(text.parse::<Disclosure>(), Err(InvalidDisclosure::Disclosure), "{text}");
        }
        for text in ["", "AAAA", "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0=", &"A".repeat(44)] {
            assert_eq!(text.parse::<Commitment>(), Err(InvalidDisclosure::Commitment), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_disclosure_or_an_error(text in ".{0,80}", near in "[A-Za-z0-9_-]{0,80}") {
            let _ = text.parse::<Disclosure>();
            let _ = near.parse::<Disclosure>();
            let _ = near.parse::<Commitment>();
        }
    }
}
