//! Signed notes (c2sp.org/signed-note): a text for people, and under it lines that sign it.
//!
//! ```text
//! a text that ends with a line feed
//!
//! — name base64(key id || signature)
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::verifier::{KeyId, KeyName, Verifier};

/// A note whose text is signed by at least one key that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The signed text, with its final line feed.
    pub text: String,
    /// The trusted keys that signed it, each once, in the order of their lines.
    pub signers: Vec<Verifier>,
}

/// Why a note is not believed, or not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Larger than any note may be.
    #[error("the note is larger than {MAX_BYTES} bytes or has more than {MAX_SIGNATURES} signatures")]
    TooLarge,
    /// Not of the form text, empty line, signatures.
    #[error("this is not a signed note: {0}")]
    Malformed(&'static str),
    /// A trusted key is named, and its signature does not fit the text.
    #[error("the signature of {0} does not fit the text: the text or the signature was changed")]
    BadSignature(KeyName),
    /// Nobody trusted signed it.
    #[error("no signature is by a known key: check that the right verifier key is used")]
    NoKnownSignature,
}

const MAX_BYTES: usize = 1_000_000;
const MAX_SIGNATURES: usize = 100;
const SIGNATURE_MARK: &str = "\u{2014} ";

/// Gives the text of `note` if a key in `known` signed it.
///
/// Lines by other keys are ignored. A line by a known key must verify, or the whole note is refused.
pub fn open(note: &str, known: &[Verifier]) -> Result<Opened, NoteError> {
    if note.len() > MAX_BYTES {
        return Err(NoteError::TooLarge);
    }
    let (text, lines) = split(note)?;
    let mut signers: Vec<Verifier> = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        if number >= MAX_SIGNATURES {
            return Err(NoteError::TooLarge);
        }
        if let Some(signer) = signer(text, &SignatureLine::parse(line)?, known)?
            && !signers.contains(signer)
        {
            signers.push(signer.clone());
        }
    }
    if signers.is_empty() {
        return Err(NoteError::NoKnownSignature);
    }
    Ok(Opened { text: text.to_owned(), signers })
}

/// Whether `text` may be the text of a note; asked before signing and again before believing.
pub(super) fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_BYTES {
        return Err(NoteError::TooLarge);
    }
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("the text does not end with a line feed"));
    }
    if text.contains(|c: char| c < ' ' && c != '\n') {
        return Err(NoteError::Malformed("it holds control characters"));
    }
    Ok(())
}

/// The line, with its line feed, by which `signature` is added to a note.
pub(super) fn signature_line(name: &KeyName, id: KeyId, signature: &[u8]) -> String {
    format!("{SIGNATURE_MARK}{name} {}\n", STANDARD.encode([&id, signature].concat()))
}

/// The text with its final line feed, and the lines under the last empty line.
pub(super) fn split(note: &str) -> Result<(&str, &str), NoteError> {
    let gap = note.rfind("\n\n").ok_or(NoteError::Malformed("no empty line before the signatures"))?;
    let (text, rest) = note.split_at(gap + 1);
    check_text(text)?;
    let lines = rest.strip_prefix('\n').unwrap_or_default();
    if lines.contains(|c: char| c < ' ' && c != '\n') || !lines.ends_with('\n') {
        return Err(NoteError::Malformed("a signature line is broken off or holds control characters"));
    }
    Ok((text, lines))
}

/// Lines that sign something, each with its line feed.
pub(super) fn signature_lines(lines: &str) -> impl Iterator<Item = Result<SignatureLine, NoteError>> {
    let broken_off = !lines.is_empty() && !lines.ends_with('\n');
    let refused = |why| Some(Err(NoteError::Malformed(why)));
    let end = if broken_off { refused("a signature line is broken off") } else { None };
    lines.lines().take(MAX_SIGNATURES).map(SignatureLine::parse).chain(end)
}

pub(super) struct SignatureLine {
    pub(super) name: KeyName,
    pub(super) id: KeyId,
    pub(super) signature: Vec<u8>,
}

impl SignatureLine {
    fn parse(line: &str) -> Result<Self, NoteError> {
        let malformed = NoteError::Malformed("a signature line is not \"\u{2014} name base64\"");
        Self::read(line).ok_or(malformed)
    }

    fn read(line: &str) -> Option<Self> {
        let (name, signed) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
        let bytes = STANDARD.decode(signed).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self { name: name.parse().ok()?, id: *id, signature: signature.to_vec() })
    }
}

/// The known key that made this line; none if the line names no known key.
///
/// Two known keys may share a name and a 32-bit id: then one of them must accept the signature.
fn signer<'k>(
    text: &str,
    line: &SignatureLine,
    known: &'k [Verifier],
) -> Result<Option<&'k Verifier>, NoteError> {
    let named = |key: &&Verifier| *key.name() == line.name && key.id() == line.id;
    if !known.iter().any(|key| named(&key)) {
        return Ok(None);
    }
    let accepting = known.iter().filter(named).find(|key| key.accepts(text, &line.signature));
    accepting.map(Some).ok_or_else(|| NoteError::BadSignature(line.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::key::LogKey;
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "This is an example message.\n";
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const SIGNATURE: &str = "\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn example() -> (String, Verifier) {
        (format!("{TEXT}\n{SIGNATURE}"), VKEY.parse().unwrap())
    }

    fn key(name: &str, seed: u8) -> LogKey {
        LogKey::from_seed(name.parse().unwrap(), [seed; 32])
    }

    #[test]
    fn the_published_example_opens() {
        let (note, verifier) = example();
        let opened = open(&note, std::slice::from_ref(&verifier)).unwrap();
        assert_eq!(opened, Opened { text: TEXT.to_owned(), signers: vec![verifier] });
    }

    #[test]
    fn unknown_signers_are_ignored_and_known_ones_must_be_right() {
        let (alice, mallory) = (key("alice", 1), key("mallory", 2));
        let signed = alice.sign("hello\n").unwrap();
        let foreign = mallory.sign("hello\n").unwrap().replace("hello\n\n", "");
        let lying = mallory.sign("bye\n").unwrap().replace("bye\n\n", "");
        let of = |keys: &[&LogKey]| keys.iter().map(|key| key.verifier()).collect::<Vec<_>>();

        let both = format!("{signed}{foreign}");
        assert_eq!(open(&both, &of(&[&alice])).unwrap().signers, of(&[&alice]));
        assert_eq!(open(&both, &of(&[&mallory, &alice])).unwrap().signers, of(&[&alice, &mallory]));
        assert_eq!(open(&both, &[]), Err(NoteError::NoKnownSignature));
        assert_eq!(open(&both, &of(&[&key("alice", 9)])), Err(NoteError::NoKnownSignature));

        let half_lying = format!("{signed}{lying}");
        assert!(open(&half_lying, &of(&[&alice])).is_ok());
        let refused = NoteError::BadSignature("mallory".parse().unwrap());
        assert_eq!(open(&half_lying, &of(&[&alice, &mallory])), Err(refused));
    }

    #[test]
    fn the_text_ends_at_the_last_empty_line() {
        let alice = key("alice", 1);
        let text = "first\n\n\u{2014} alice AAAAAAAA\n\nlast\n";
        let opened = open(&alice.sign(text).unwrap(), &[alice.verifier()]).unwrap();
        assert_eq!(opened.text, text);
    }

    #[test]
    fn malformed_notes_are_refused() {
        let (note, verifier) = example();
        for broken in [
            String::new(),
            "\n\n".to_owned(),
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            format!("{TEXT}{SIGNATURE}"),
            note.trim_end().to_owned(),
            note.replace('\n', "\r\n"),
            note.replace("\u{2014} ", "- "),
            note.replace("is an", "is\tan"),
            format!("{note}\n"),
            format!("{note}\u{2014} other\n"),
            format!("{note}\u{2014} other AAAA\n"),
            format!("{note}\u{2014} other AAAAAA==\n"),
            format!("{note}\u{2014} ot+her AAAAAAAA\n"),
            format!("{note}\u{2014}  AAAAAAAA\n"),
            format!("{note}\u{2014} other AAAAAAA\n"),
        ] {
            let result = open(&broken, std::slice::from_ref(&verifier));
            assert!(matches!(result, Err(NoteError::Malformed(_))), "{broken:?}: {result:?}");
        }
    }

    #[test]
    fn size_and_signatures_are_bounded() {
        let (note, verifier) = example();
        let known = [verifier];
        let other = "\u{2014} other AAAAAAAA\n";
        assert!(open(&format!("{note}{}", other.repeat(99)), &known).is_ok());
        assert_eq!(open(&format!("{note}{}", other.repeat(100)), &known), Err(NoteError::TooLarge));
        assert_eq!(open(&"a".repeat(MAX_BYTES + 1), &known), Err(NoteError::TooLarge));
    }

    #[test]
    fn every_single_changed_byte_is_noticed() {
        let (note, verifier) = example();
        for place in 0..note.len() {
            for flip in [0x01, 0x20] {
                let mut bytes = note.clone().into_bytes();
                bytes[place] ^= flip;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                assert!(open(&changed, std::slice::from_ref(&verifier)).is_err(), "{place} {flip:#x}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_signed_opens_and_a_flipped_bit_does_not(
            text in "([ -~äö—]{0,20}\n){1,5}", place: prop::sample::Index, bit in 0..8_u32,
        ) {
            let alice = key("alice", 1);
            let note = alice.sign(&text).unwrap();
            let known = [alice.verifier()];
            prop_assert_eq!(open(&note, &known).unwrap().text, text);
            let mut bytes = note.into_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(open(&changed, &known).is_err());
            }
        }

        #[test]
        fn any_text_opens_or_is_an_error(text in "(\\PC|\n|— ){0,60}") {
            let _ = open(&text, &[example().1]);
        }
    }
}
