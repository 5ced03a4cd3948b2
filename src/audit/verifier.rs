//! Who signs: the name and the public key that make a signature worth something (C2SP signed-note).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The name a key signs under: not empty, without white space, control characters and `+`.
///
/// A log's key is called as its origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// The public key of a signer, with the name it signs under.
///
/// Its text is a *vkey*: `name+keyID+base64(type || key)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Verifier {
    name: KeyName,
    id: KeyId,
    key: VerifyingKey,
}

/// The first four bytes of SHA-256(name || LF || type || key): a hint which key signed, not a proof.
pub(super) type KeyId = [u8; 4];

/// Why a text is neither a key's name nor a vkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVerifier {
    /// Names are not empty and hold neither white space, control characters nor `+`.
    #[error("a key's name must not be empty nor hold white space, control characters or '+'")]
    Name,
    /// It does not have the three parts of a vkey.
    #[error("a verifier key is written name+keyid+base64, with eight hexadecimal digits as the keyid")]
    Form,
    /// Its key is of a kind we do not verify.
    #[error(
        "the key is of another type: a log's is an Ed25519 key for notes (0x01), a witness's for cosignatures (0x04)"
    )]
    Algorithm,
    /// Its key is of a kind that we know of and cannot verify.
    #[error("the key is of the type ML-DSA-44 (0x06), which is not verified here")]
    MlDsa,
    /// The 32 bytes are no point of the curve, or one that anybody can sign for.
    #[error("the key is not a valid Ed25519 public key")]
    Key,
    /// The id belongs to another name or key: the text was put together wrongly.
    #[error("the keyid is not that of this name and key: copy the whole verifier key again")]
    Id,
}

/// The signature type of Ed25519 notes.
const ED25519: u8 = 0x01;
/// The signature type of ML-DSA-44 cosignatures, and the length of their keys.
const ML_DSA_44: u8 = 0x06;
const ML_DSA_44_KEY: usize = 1312;

impl Verifier {
    /// The verifier for what the holder of `key` signs as `name`.
    pub(super) fn new(name: KeyName, key: VerifyingKey) -> Self {
        Self { id: key_id(&name, ED25519, key.as_bytes()), name, key }
    }

    /// The name the key signs under.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The same key under another name: that of the log's next epoch.
    #[must_use]
    pub fn named(&self, name: KeyName) -> Self {
        Self::new(name, self.key)
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    /// Strict: RFC 8032 with canonical encodings only, so that everybody accepts the same signatures.
    pub(super) fn accepts(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(f, (&self.name, self.id), (ED25519, self.key.as_bytes()))
    }
}

impl FromStr for Verifier {
    type Err = InvalidVerifier;
    fn from_str(text: &str) -> Result<Self, InvalidVerifier> {
        let (name, key) = read_vkey(text, ED25519)?;
        Ok(Self::new(name, key))
    }
}

impl TryFrom<String> for Verifier {
    type Error = InvalidVerifier;
    fn try_from(text: String) -> Result<Self, InvalidVerifier> {
        text.parse()
    }
}

impl From<Verifier> for String {
    fn from(verifier: Verifier) -> Self {
        verifier.to_string()
    }
}

/// The name and the key of a vkey with an Ed25519 key, for signatures of this type.
pub(super) fn read_vkey(text: &str, kind: u8) -> Result<(KeyName, VerifyingKey), InvalidVerifier> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(typed)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(InvalidVerifier::Form);
    };
    if id.len() != 8 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(InvalidVerifier::Form);
    }
    let (name, key) = (name.parse()?, public_key(typed, kind)?);
    let expected = hex::encode(key_id(&name, kind, key.as_bytes()));
    if expected == id { Ok((name, key)) } else { Err(InvalidVerifier::Id) }
}

/// What [`read_vkey`] reads.
pub(super) fn write_vkey(
    f: &mut fmt::Formatter<'_>,
    (name, id): (&KeyName, KeyId),
    (kind, key): (u8, &[u8; 32]),
) -> fmt::Result {
    let typed = STANDARD.encode([[kind].as_slice(), key].concat());
    write!(f, "{name}+{}+{typed}", hex::encode(id))
}

/// The id of a key under a name.
pub(super) fn key_id(name: &KeyName, kind: u8, key: &[u8]) -> KeyId {
    let typed = Sha256::new_with_prefix(name.as_str()).chain_update([b'\n', kind]);
    let [a, b, c, d, ..]: [u8; 32] = typed.chain_update(key).finalize().into();
    [a, b, c, d]
}

fn public_key(typed: &str, kind: u8) -> Result<VerifyingKey, InvalidVerifier> {
    let typed = STANDARD.decode(typed).map_err(|_| InvalidVerifier::Form)?;
    let key = match typed.split_first() {
        Some((first, key)) if *first == kind => key,
        Some((&ML_DSA_44, key)) if key.len() == ML_DSA_44_KEY => return Err(InvalidVerifier::MlDsa),
        Some(_) | None => return Err(InvalidVerifier::Algorithm),
    };
    let key = VerifyingKey::try_from(key).map_err(|_| InvalidVerifier::Key)?;
    if key.is_weak() { Err(InvalidVerifier::Key) } else { Ok(key) }
}

impl KeyName {
    /// The name as it was parsed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = InvalidVerifier;
    fn from_str(text: &str) -> Result<Self, InvalidVerifier> {
        if text.is_empty() || text.contains(|c: char| c == '+' || c.is_control() || c.is_whitespace()) {
            return Err(InvalidVerifier::Name);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_verifier_keys_read_and_write_the_same() {
        for vkey in [
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs",
        ] {
            assert_eq!(vkey.parse::<Verifier>().unwrap().to_string(), vkey);
        }
    }

    #[test]
    fn broken_verifier_keys_are_refused_for_what_is_wrong_with_them() {
        let key = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let zeros = STANDARD.encode([[1].as_slice(), &[0; 32]].concat());
        for (vkey, why) in [
            ("PeterNeumann".to_owned(), InvalidVerifier::Form),
            (format!("PeterNeumann+c74f20a3{key}"), InvalidVerifier::Form),
            (format!("PeterNeumann+C74F20A3+{key}"), InvalidVerifier::Form),
            (format!("PeterNeumann+c74f20a+{key}"), InvalidVerifier::Form),
            (format!("PeterNeumann+c74f20a3+{key}="), InvalidVerifier::Form),
            (format!("PeterNeumann+c74f20a4+{key}"), InvalidVerifier::Id),
            (format!("Peter+c74f20a3+{key}"), InvalidVerifier::Id),
            (format!("+c74f20a3+{key}"), InvalidVerifier::Name),
            (format!("Peter Neumann+c74f20a3+{key}"), InvalidVerifier::Name),
            (format!("Peter\u{9b}2JNeumann+c74f20a3+{key}"), InvalidVerifier::Name),
            (format!("Peter\u{7f}Neumann+c74f20a3+{key}"), InvalidVerifier::Name),
            (format!("PeterNeumann+c74f20a3+B{}", &key[1..]), InvalidVerifier::Algorithm),
            ("PeterNeumann+c74f20a3+".to_owned(), InvalidVerifier::Algorithm),
            (format!("PeterNeumann+c74f20a3+{}", &key[..40]), InvalidVerifier::Key),
            (format!("PeterNeumann+c74f20a3+{zeros}"), InvalidVerifier::Key),
        ] {
            assert_eq!(vkey.parse::<Verifier>(), Err(why), "{vkey}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_verifier_or_an_error(text in ".{0,120}", near in "[a-z]{1,3}\\+[0-9a-f]{8}\\+A[A-Za-z0-9+/]{43}") {
            let _ = text.parse::<Verifier>();
            let _ = near.parse::<Verifier>();
        }
    }
}
