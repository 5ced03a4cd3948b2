//! Signed envelopes, so that foreign tools can check one statement without our log
//! (DSSE 1.0.2, <https://github.com/secure-systems-lab/dsse>).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

use super::attestation_key::{AttestationKey, AttestationVerifier};

/// What our envelopes hold: an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload with signatures over it and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    key_id: String,
    bytes: Vec<u8>,
}

/// Why an envelope is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEnvelope {
    /// Larger than any of ours.
    #[error("it has {0} bytes, and {MAX_BYTES} is the most that is read")]
    TooLarge(usize),
    /// Not the JSON of an envelope.
    #[error("it is not a DSSE envelope: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Neither standard nor URL-safe base64.
    #[error("its {0} is not base64")]
    NotBase64(&'static str),
    /// It holds something that is not an in-toto statement.
    #[error("its payload type is not {PAYLOAD_TYPE}")]
    OtherType,
    /// Nobody who is trusted signed it.
    #[error("no signature in it is by the key it is checked with")]
    NotSigned,
}

/// An entry has at most 16 KiB, which base64 makes a third longer.
const MAX_BYTES: usize = 64 * 1024;
/// So many signatures are looked at.
const MAX_SIGNATURES: usize = 16;

/// The bytes that are signed: the type and the payload, each after its length in bytes.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// Signs a statement, whose bytes are kept as they are.
    pub fn sign(statement: Vec<u8>, key: &AttestationKey) -> Self {
        let bytes = key.sign(&pre_authentication_encoding(PAYLOAD_TYPE, &statement)).to_vec();
        // Verifiers may pass over a signature without an id.
        let signature = Signature { key_id: key.verifier().id(), bytes };
        Self { payload_type: PAYLOAD_TYPE.to_owned(), payload: statement, signatures: vec![signature] }
    }

    /// Reads an envelope; nothing in it may be believed yet.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidEnvelope> {
        if json.len() > MAX_BYTES {
            return Err(InvalidEnvelope::TooLarge(json.len()));
        }
        let form: Form = serde_json::from_slice(json)?;
        Ok(Self {
            payload_type: form.payload_type,
            payload: decode(&form.payload, "payload")?,
            signatures: form.signatures.into_iter().map(Signature::try_from).collect::<Result<_, _>>()?,
        })
    }

    /// The envelope as JSON, in one line.
    ///
    /// # Errors
    /// None that can happen to texts.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let signature =
            |one: &Signature| SignatureForm { key_id: one.key_id.clone(), sig: STANDARD.encode(&one.bytes) };
        serde_json::to_string(&Form {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self.signatures.iter().map(signature).collect(),
        })
    }

    /// The statement, if `verifier` accepts a signature over it: exactly the bytes that were signed.
    ///
    /// # Errors
    /// When nobody trusted signed it, or it is no statement.
    pub fn verified(&self, verifier: &AttestationVerifier) -> Result<&[u8], InvalidEnvelope> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(InvalidEnvelope::OtherType);
        }
        let signed = pre_authentication_encoding(&self.payload_type, &self.payload);
        // The key's id is not authenticated: it decides nothing.
        let mut signatures = self.signatures.iter().take(MAX_SIGNATURES);
        if signatures.any(|signature| verifier.accepts(&signed, &signature.bytes)) {
            return Ok(&self.payload);
        }
        Err(InvalidEnvelope::NotSigned)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    payload: String,
    payload_type: String,
    signatures: Vec<SignatureForm>,
}

#[derive(Serialize, Deserialize)]
struct SignatureForm {
    #[serde(default, rename = "keyid")]
    key_id: String,
    sig: String,
}

impl TryFrom<SignatureForm> for Signature {
    type Error = InvalidEnvelope;
    fn try_from(form: SignatureForm) -> Result<Self, InvalidEnvelope> {
        Ok(Self { bytes: decode(&form.sig, "signature")?, key_id: form.key_id })
    }
}

fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, InvalidEnvelope> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let [standard, url_safe] =
        [&alphabet::STANDARD, &alphabet::URL_SAFE].map(|alphabet| GeneralPurpose::new(alphabet, config));
    standard.decode(text).or_else(|_| url_safe.decode(text)).map_err(|_| InvalidEnvelope::NotBase64(what))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;

    fn key() -> AttestationKey {
        AttestationKey::from_seed([9; 32])
    }

    /// Bytes of which standard and URL-safe base64 differ.
    const STATEMENT: &[u8] = b"{\"a\":\"\xc3\xbf\xc3\xbe?>\"}";

    fn parsed(envelope: &Value) -> Result<Envelope, InvalidEnvelope> {
        Envelope::parse(envelope.to_string().as_bytes())
    }

    fn written() -> Value {
        serde_json::from_str(&Envelope::sign(STATEMENT.to_vec(), &key()).to_json().unwrap()).unwrap()
    }

    #[test]
    fn what_is_signed_is_what_the_specification_says() {
        let signed = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(signed, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assert_eq!(pre_authentication_encoding("é", b""), "DSSEv1 2 é 0 ".as_bytes());
    }

    #[test]
    fn an_envelope_has_these_bytes() {
        let envelope = Envelope::sign(b"{}".to_vec(), &key()).to_json().unwrap();
        insta::assert_snapshot!(envelope, @r#"{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"3dba97edb866520d36063a0d9f79576893f3b13014ae7061d7c3dba608b9ec6a","sig":"6k/fWgaBtb+iRwZRlEk1ycK1P4JAOAQPegem2wpXHv71pb2lmYnz9UyWWJCyokasxTSI2WzT2rzwWkEM4yUqDg=="}]}"#);
    }

    #[test]
    fn the_verified_bytes_are_handed_over() {
        let verifier = key().verifier();
        assert_eq!(parsed(&written()).unwrap().verified(&verifier).unwrap(), STATEMENT);
        let mut url_safe = written();
        url_safe["payload"] = URL_SAFE_NO_PAD.encode(STATEMENT).into();
        url_safe["signatures"][0]["sig"] =
            url_safe["signatures"][0]["sig"].as_str().unwrap().replace('+', "-").replace('/', "_").into();
        url_safe["more"] = json!({ "of": "a newer version" });
        assert_ne!(url_safe["payload"], written()["payload"]);
        assert_eq!(parsed(&url_safe).unwrap().verified(&verifier).unwrap(), STATEMENT);
    }

    #[test]
    fn one_signature_that_is_trusted_is_enough_whatever_it_is_called() {
        let mut envelope = written();
        let other = Envelope::sign(STATEMENT.to_vec(), &AttestationKey::from_seed([10; 32]));
        let other: Value = serde_json::from_str(&other.to_json().unwrap()).unwrap();
        let signatures = envelope["signatures"].as_array_mut().unwrap();
        signatures[0].as_object_mut().unwrap().remove("keyid");
        signatures.insert(0, other["signatures"][0].clone());
        assert!(parsed(&envelope).unwrap().verified(&key().verifier()).is_ok());
    }

    #[test]
    fn what_was_changed_or_signed_by_others_is_refused() {
        let stranger = AttestationKey::from_seed([10; 32]).verifier();
        assert!(matches!(parsed(&written()).unwrap().verified(&stranger), Err(InvalidEnvelope::NotSigned)));
        let mut changed = written();
        changed["payload"] = STANDARD.encode(b"{}").into();
        assert!(matches!(
            parsed(&changed).unwrap().verified(&key().verifier()),
            Err(InvalidEnvelope::NotSigned)
        ));
        let mut unsigned = written();
        unsigned["signatures"] = json!([]);
        assert!(matches!(
            parsed(&unsigned).unwrap().verified(&key().verifier()),
            Err(InvalidEnvelope::NotSigned)
        ));
        let mut other = written();
        other["payloadType"] = "text/plain".into();
        assert!(matches!(
            parsed(&other).unwrap().verified(&key().verifier()),
            Err(InvalidEnvelope::OtherType)
        ));
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        let mut envelope = written();
        envelope["payload"] = "e30=!".into();
        assert!(matches!(parsed(&envelope), Err(InvalidEnvelope::NotBase64("payload"))));
        assert!(matches!(parsed(&json!({ "payload": "" })), Err(InvalidEnvelope::Unreadable(_))));
        assert!(matches!(Envelope::parse(&vec![b' '; MAX_BYTES + 1]), Err(InvalidEnvelope::TooLarge(_))));
    }

    proptest::proptest! {
        #[test]
        fn no_single_byte_can_be_changed(place: proptest::sample::Index, byte: u8) {
            let good = Envelope::sign(STATEMENT.to_vec(), &key());
            let mut json = good.to_json().unwrap().into_bytes();
            let place = place.index(json.len());
            json[place] = byte;
            if let Ok(envelope) = Envelope::parse(&json)
                && let Ok(bytes) = envelope.verified(&key().verifier())
            {
                proptest::prop_assert_eq!(bytes, STATEMENT);
            }
        }
    }
}
