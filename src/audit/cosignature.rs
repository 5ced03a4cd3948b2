//! What a witness adds to a checkpoint (c2sp.org/tlog-cosignature, version 1): that at some moment it saw this
//! checkpoint, and that every one it had seen before was a beginning of it.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::note::{self, NoteError};
use super::verifier::{InvalidVerifier, KeyId, KeyName, key_id, read_vkey, write_vkey};

/// The signature type of an Ed25519 cosignature (c2sp.org/signed-note).
const COSIGNATURE_V1: u8 = 0x04;

/// Verifies what one witness signs. Written as a verifier key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessVerifier {
    name: KeyName,
    id: KeyId,
    key: VerifyingKey,
}

/// One witness's line under a checkpoint, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Whose it is.
    pub witness: KeyName,
    /// When the witness signed, in seconds since 1970, by its own clock.
    pub at: u64,
    /// The line, with its line feed.
    pub line: String,
}

/// Signs as a witness does. Ours never signs for itself: this is for witnesses of tests and of partners.
pub struct WitnessKey {
    verifier: WitnessVerifier,
    key: SigningKey,
}

impl WitnessVerifier {
    fn new(name: KeyName, key: VerifyingKey) -> Self {
        Self { id: key_id(&name, COSIGNATURE_V1, key.as_bytes()), name, key }
    }

    /// The name it signs under.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether nobody could tell from a line which of the two signed it.
    pub(super) fn is_mistaken_for(&self, other: &Self) -> bool {
        self.name == other.name && self.id == other.id
    }

    /// Its signature among `lines`, each with its line feed, of a checkpoint with this `text`; none if there is none.
    ///
    /// # Errors
    /// When a line is none, or is this witness's and does not fit.
    pub fn find(&self, text: &str, lines: &str) -> Result<Option<Cosignature>, NoteError> {
        let mut found = None;
        for line in note::signature_lines(lines) {
            let signed = line?;
            if signed.name != self.name || signed.id != self.id {
                continue;
            }
            let at = self.check(text, &signed.signature);
            let at = at.ok_or_else(|| NoteError::BadSignature(self.name.clone()))?;
            let line = note::signature_line(&self.name, self.id, &signed.signature);
            found.get_or_insert(Cosignature { witness: self.name.clone(), at, line });
        }
        Ok(found)
    }

    /// The moment of a signature that holds.
    fn check(&self, text: &str, signature: &[u8]) -> Option<u64> {
        let (at, signature) = signature.split_first_chunk::<8>()?;
        let at = u64::from_be_bytes(*at);
        let signature = Signature::from_slice(signature).ok()?;
        self.key.verify_strict(message(text, at).as_bytes(), &signature).ok().map(|()| at)
    }
}

/// What is signed: the moment, and the whole text of the checkpoint.
fn message(text: &str, at: u64) -> String {
    format!("cosignature/v1\ntime {at}\n{text}")
}

impl WitnessKey {
    /// The key of this seed.
    pub fn from_seed(name: KeyName, seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        Self { verifier: WitnessVerifier::new(name, key.verifying_key()), key }
    }

    /// Who verifies what this signs.
    pub fn verifier(&self) -> &WitnessVerifier {
        &self.verifier
    }

    /// The line, with its line feed, that says that a checkpoint with this `text` was seen at a moment, in
    /// seconds since 1970.
    pub fn sign(&self, text: &str, at: u64) -> String {
        let signature = self.key.sign(message(text, at).as_bytes()).to_bytes();
        let timed = [at.to_be_bytes().as_slice(), &signature].concat();
        note::signature_line(&self.verifier.name, self.verifier.id, &timed)
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WitnessKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl fmt::Display for WitnessVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(f, (&self.name, self.id), (COSIGNATURE_V1, self.key.as_bytes()))
    }
}

impl FromStr for WitnessVerifier {
    type Err = InvalidVerifier;
    fn from_str(text: &str) -> Result<Self, InvalidVerifier> {
        let (name, key) = read_vkey(text, COSIGNATURE_V1)?;
        Ok(Self::new(name, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Checkpoint, Digest, LogKey};

    const VKEY: &str = "witness.example/w1+fea3b187+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK";
    const LINE: &str = "\u{2014} witness.example/w1 /qOxhwAAAABqsTuArevZ07ZWRK0ZGqK1jiDR1B9MHNxEAJkzSfmUvXIYrDgwUYr5PF2dpysU1RZ6VVpf28dcwjq6kGARcs06f4npDA==\n";
    const AT: u64 = 1_790_000_000;

    fn golden() -> Checkpoint {
        Checkpoint {
            origin: "countersign.example/acme".parse().unwrap(),
            size: 5,
            root: "ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=".parse().unwrap(),
        }
    }

    fn witness() -> WitnessKey {
        WitnessKey::from_seed("witness.example/w1".parse().unwrap(), [8; 32])
    }

    #[test]
    fn the_golden_cosignature_is_made_byte_for_byte() {
        let signed = message(&golden().text(), AT);
        assert_eq!(signed.len(), 103);
        let digest = "344f333a7568d196dd18858b09b20356bfec3da4c57aea4752ffecdb8b540e6d";
        assert_eq!(Digest::of(signed.as_bytes()).to_string(), digest);
        assert_eq!(witness().sign(&golden().text(), AT), LINE);
        assert_eq!(witness().verifier().to_string(), VKEY);
        assert_eq!(VKEY.parse().as_ref(), Ok(witness().verifier()));
        let note =
            golden().sign(&LogKey::from_seed(golden().origin.key_name().clone(), [7; 32])).unwrap() + LINE;
        assert_eq!(note.len(), 323);
        let digest = "9827a912717ba56b7997e9456b3bdc2004fe1874877b6040fbebd0cbcb233086";
        assert_eq!(Digest::of(note.as_bytes()).to_string(), digest);
    }

    #[test]
    fn a_cosignature_is_found_among_others_and_must_fit() {
        let (text, verifier) = (golden().text(), witness().verifier().clone());
        let other = WitnessKey::from_seed("witness.example/w2".parse().unwrap(), [9; 32]).sign(&text, AT);
        let found = verifier.find(&text, &format!("{other}{LINE}{LINE}")).unwrap().unwrap();
        assert_eq!((found.at, found.line.as_str()), (AT, LINE));
        assert_eq!(verifier.find(&text, &other), Ok(None));
        assert_eq!(verifier.find(&text, ""), Ok(None));
        let elsewhere = text.replace("\n5\n", "\n6\n");
        assert!(matches!(verifier.find(&elsewhere, LINE), Err(NoteError::BadSignature(_))));
        let later = LINE.replace("AABqsTuA", "AABqsTuB");
        assert!(matches!(verifier.find(&text, &later), Err(NoteError::BadSignature(_))));
        for broken in ["x\n", &LINE.replace(' ', "  "), LINE.trim_end()] {
            assert!(matches!(verifier.find(&text, broken), Err(NoteError::Malformed(_))), "{broken}");
        }
    }

    #[test]
    fn the_key_of_a_log_is_no_witness_s() {
        let log = "countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
        assert_eq!(log.parse::<WitnessVerifier>(), Err(InvalidVerifier::Algorithm));
    }
}
