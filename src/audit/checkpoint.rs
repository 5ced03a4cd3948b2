//! Checkpoints (c2sp.org/tlog-checkpoint): the signed statement how large a log is and what is in it.

use std::fmt;
use std::slice;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::decimal::decimal;
use super::key::LogKey;
use super::merkle::Hash;
use super::note::{self, NoteError};
use super::verifier::{KeyName, Verifier};

/// What a log is called everywhere: a URL without scheme and without a slash at its end.
///
/// At most 255 bytes, because some cosignatures count its length in one byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(KeyName);

/// A log of `size` entries whose tree has this `root`.
///
/// Whoever signs one vouches that every earlier one it signed is a beginning of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many entries it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// Why a text is not a checkpoint to believe, or a checkpoint is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The signatures do not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The origin is not one.
    #[error("a log's origin is a URL without scheme and without a final slash, at most 255 bytes")]
    Origin,
    /// The signed text is not a checkpoint.
    #[error("the signed text is not a checkpoint: {0}")]
    Malformed(&'static str),
    /// Key and checkpoint are of different logs.
    #[error("the checkpoint is of {checkpoint}, and the key is of {key}")]
    OtherLog {
        /// The checkpoint's origin.
        checkpoint: Origin,
        /// The name of the key.
        key: KeyName,
    },
}

impl Checkpoint {
    /// The three lines that are signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Signs it as the log's own key does; the key must be called as the origin.
    pub fn sign(&self, key: &LogKey) -> Result<String, CheckpointError> {
        self.belongs_to(key.name())?;
        Ok(key.sign(&self.text())?)
    }

    /// Signs it as [`Self::sign`] does, and beside it with the key that is being replaced.
    pub fn sign_with_both(&self, key: &LogKey, old: &LogKey) -> Result<String, CheckpointError> {
        self.belongs_to(old.name())?;
        Ok(self.sign(key)? + &old.signature_line(&self.text()))
    }

    /// Believes a note that is signed by the log's own key.
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self, CheckpointError> {
        Self::open_by(note, slice::from_ref(verifier)).map(|(checkpoint, _)| checkpoint)
    }

    /// Believes a note that is signed by at least one of the log's own keys, and says by which.
    pub fn open_by(note: &str, keys: &[Verifier]) -> Result<(Self, Vec<Verifier>), CheckpointError> {
        let note::Opened { text, signers } = note::open(note, keys)?;
        let checkpoint = Self::parse(&text)?;
        signers.iter().try_for_each(|signer| checkpoint.belongs_to(signer.name()))?;
        Ok((checkpoint, signers))
    }

    /// What a note says before anybody can tell whether it is signed: to know how much to read until it can be
    /// believed, and to compare with a log that is believed. None if it is not the note of a checkpoint.
    pub fn claimed(note: &str) -> Option<Self> {
        let (text, _) = note.split_once("\n\n")?;
        Self::parse(&format!("{text}\n")).ok()
    }

    /// Reads the text of a note that was verified. Each checkpoint has one text; extensions are refused.
    fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.split('\n').take(5).collect();
        let [origin, size, root, ""] = lines.as_slice() else {
            return Err(CheckpointError::Malformed("it is not exactly three lines"));
        };
        Ok(Self {
            origin: origin.parse()?,
            size: parse_size(size)?,
            root: root.parse().map_err(|_| CheckpointError::Malformed("the root is not a hash in base64"))?,
        })
    }

    fn belongs_to(&self, key: &KeyName) -> Result<(), CheckpointError> {
        if self.origin.key_name() == key {
            return Ok(());
        }
        Err(CheckpointError::OtherLog { checkpoint: self.origin.clone(), key: key.clone() })
    }
}

fn parse_size(text: &str) -> Result<u64, CheckpointError> {
    decimal(text).ok_or(CheckpointError::Malformed("the size is not a plain decimal number"))
}

impl Origin {
    /// The origin as it was parsed.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What the log's own key must be called.
    pub fn key_name(&self) -> &KeyName {
        &self.0
    }
}

impl Origin {
    /// What the log is called after its history was lost so many times: no log ever signs two histories.
    ///
    /// # Errors
    /// When the name would become too long.
    pub fn in_epoch(&self, epoch: u32) -> Result<Self, CheckpointError> {
        if epoch == 0 { Ok(self.clone()) } else { format!("{self}/{epoch}").parse() }
    }

    /// Which epoch of this log `other` is, if it is one.
    pub fn epoch_of(&self, other: &Self) -> Option<u32> {
        if self == other {
            return Some(0);
        }
        let digits = other.as_str().strip_prefix(self.as_str())?.strip_prefix('/')?;
        decimal(digits).filter(|epoch: &u32| *epoch > 0)
    }

    /// The log's key as it is called in this epoch, `epoch`, when `key` is called as the log is in any of its epochs.
    pub fn key_in(&self, epoch: u32, key: &Verifier) -> Option<Verifier> {
        let base = match epoch {
            0 => self.clone(),
            later => self.as_str().strip_suffix(&format!("/{later}"))?.parse().ok()?,
        };
        base.epoch_of(&Self(key.name().clone()))?;
        Some(key.named(self.0.clone()))
    }
}

impl TryFrom<String> for Origin {
    type Error = CheckpointError;
    fn try_from(text: String) -> Result<Self, CheckpointError> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Origin {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        if text.len() > 255 || text.contains("://") || text.ends_with('/') {
            return Err(CheckpointError::Origin);
        }
        text.parse().map(Self).map_err(|_| CheckpointError::Origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Digest;
    use proptest::prelude::*;

    fn golden() -> Checkpoint {
        Checkpoint {
            origin: "countersign.example/acme".parse().unwrap(),
            size: 5,
            root: "ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=".parse().unwrap(),
        }
    }

    fn golden_key() -> LogKey {
        LogKey::from_seed(golden().origin.key_name().clone(), [7; 32])
    }

    #[test]
    fn the_golden_checkpoint_is_signed_byte_for_byte() {
        let text = golden().text();
        assert_eq!(text.len(), 72);
        assert_eq!(
            Digest::of(text.as_bytes()).to_string(),
            "bc2ce51ea577deed3ec243cd90f083bbb7ee6503d3ebc560e10519396e522dbe"
        );
        let note = golden().sign(&golden_key()).unwrap();
        let line = "\u{2014} countersign.example/acme R9+Xl8MlfNYDoQGA5Mmt9hxru8jlewnKWDQZLdaR/QYG6WI5rZVH0eHL5cNrAoGzJVTfy66QG6wwwq0dbIPxaD4xPAc=\n";
        assert_eq!(note, format!("{text}\n{line}"));
        assert_eq!(Checkpoint::open(&note, &golden_key().verifier()), Ok(golden()));
    }

    #[test]
    fn a_witness_line_below_does_not_disturb() {
        let cosigned = format!(
            "{}\u{2014} witness.example/w1 /qOxhwAAAABqsTuArevZ07ZWRK0ZGqK1jiDR1B9MHNxEAJkzSfmUvXIYrDgwUYr5PF2dpysU1RZ6VVpf28dcwjq6kGARcs06f4npDA==\n",
            golden().sign(&golden_key()).unwrap()
        );
        assert_eq!(cosigned.len(), 323);
        assert_eq!(
            Digest::of(cosigned.as_bytes()).to_string(),
            "9827a912717ba56b7997e9456b3bdc2004fe1874877b6040fbebd0cbcb233086"
        );
        assert_eq!(Checkpoint::open(&cosigned, &golden_key().verifier()), Ok(golden()));
    }

    #[test]
    fn signed_texts_that_are_not_checkpoints_are_refused() {
        let good = golden().text();
        for text in [
            "countersign.example/acme\n".to_owned(),
            format!("{good}extension\n"),
            format!("{good}\n"),
            good.replace("\n5\n", "\n05\n"),
            good.replace("\n5\n", "\n+5\n"),
            good.replace("\n5\n", "\n-5\n"),
            good.replace("\n5\n", "\n\n"),
            good.replace("\n5\n", "\n18446744073709551616\n"),
            good.replace("oY=", "oZ="),
            good.replace("oY=", "oY"),
        ] {
            let note = golden_key().sign(&text).unwrap();
            let result = Checkpoint::open(&note, &golden_key().verifier());
            assert!(matches!(result, Err(CheckpointError::Malformed(_))), "{text:?}: {result:?}");
        }
    }

    #[test]
    fn a_key_speaks_for_its_own_log_only() {
        let other = Checkpoint { origin: "countersign.example/other".parse().unwrap(), ..golden() };
        assert!(matches!(other.sign(&golden_key()), Err(CheckpointError::OtherLog { .. })));
        let note = golden_key().sign(&other.text()).unwrap();
        let opened = Checkpoint::open(&note, &golden_key().verifier());
        assert!(matches!(opened, Err(CheckpointError::OtherLog { .. })));
    }

    #[test]
    fn origins_have_neither_scheme_nor_final_slash() {
        for text in ["", "https://a.example/log", "a.example/", "a b", "a+b", "a\nb", &"a".repeat(256)] {
            assert_eq!(text.parse::<Origin>(), Err(CheckpointError::Origin), "{text:?}");
        }
        assert!("127.0.0.1:8080/log/acme".parse::<Origin>().is_ok());
    }

    #[test]
    fn two_keys_sign_one_checkpoint_while_one_replaces_the_other() {
        let (old, new) = (golden_key(), LogKey::from_seed(golden().origin.key_name().clone(), [9; 32]));
        let note = golden().sign_with_both(&new, &old).unwrap();
        assert_eq!(Checkpoint::open(&note, &old.verifier()), Ok(golden()));
        assert_eq!(Checkpoint::open(&note, &new.verifier()), Ok(golden()));
        let stranger = LogKey::from_seed("countersign.example/other".parse().unwrap(), [9; 32]);
        assert!(matches!(golden().sign_with_both(&new, &stranger), Err(CheckpointError::OtherLog { .. })));
    }

    #[test]
    fn each_epoch_has_its_own_name() {
        let origin = golden().origin;
        for (epoch, name) in [(0, "countersign.example/acme"), (1, "countersign.example/acme/1")] {
            assert_eq!(origin.in_epoch(epoch).unwrap().as_str(), name);
            assert_eq!(origin.epoch_of(&name.parse().unwrap()), Some(epoch));
        }
        for other in ["/0", "/01", "/x", "2", "/1/1", "/4294967296"] {
            let other = format!("countersign.example/acme{other}").parse().unwrap();
            assert_eq!(origin.epoch_of(&other), None, "{other}");
        }
        let key = |name: &str| LogKey::from_seed(name.parse().unwrap(), [7; 32]).verifier();
        let keys = ["", "/1", "/2"].map(|epoch| key(&format!("countersign.example/acme{epoch}")));
        for known in &keys {
            for (epoch, expected) in [0, 1, 2].into_iter().zip(&keys) {
                assert_eq!(origin.in_epoch(epoch).unwrap().key_in(epoch, known).as_ref(), Some(expected));
            }
        }
        assert_eq!(origin.key_in(0, &key("countersign.example/other")), None);
        assert_eq!(origin.key_in(1, &keys[0]), None, "it is not called as an epoch 1 is");
        let long: Origin = "a".repeat(254).parse().unwrap();
        assert!(long.in_epoch(1).is_err());
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(place: prop::sample::Index, flip in 1..=255_u8) {
            let mut bytes = golden().sign(&golden_key()).unwrap().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(Checkpoint::open(&changed, &golden_key().verifier()).is_err());
            }
        }

        #[test]
        fn any_text_is_a_checkpoint_or_an_error(text in "(\\PC|\n){0,90}") {
            let _ = Checkpoint::parse(&text);
        }
    }
}
