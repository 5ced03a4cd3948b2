//! A proof in a file (c2sp.org/tlog-proof): that one entry is in a log, for whoever has only that entry and
//! the log's verifier key.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! index 2
//! base64 of a hash, one in each line
//!
//! a signed checkpoint
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::decimal::decimal;
use super::merkle::{Hash, leaf_hash};
use super::proof::{InvalidProof, check_inclusion};
use super::verifier::Verifier;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
const EXTRA: &str = "extra ";
const INDEX: &str = "index ";
/// The deepest tree has as many levels.
const MAX_HASHES: usize = 63;
const MAX_BYTES: usize = 1_000_000;

/// That one entry is in a log, with all that is needed to check it but the entry and the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Anything more that somebody put there. Nobody signed it.
    pub extra: Option<Vec<u8>>,
    /// Which entry.
    pub index: u64,
    /// The hashes from the entry's sibling up to the child of the root.
    pub path: Vec<Hash>,
    /// The checkpoint it was made for, with its signatures.
    pub checkpoint: String,
}

/// Why a file proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// It is something else.
    #[error("this is not a .tlog-proof: {0}")]
    Malformed(&'static str),
    /// Its checkpoint cannot be believed.
    #[error("its checkpoint cannot be believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// It does not lead from the entry to the checkpoint.
    #[error("it is not a proof for this entry: {0}")]
    Proof(#[from] InvalidProof),
}

impl TlogProof {
    /// Checks that these bytes are the entry it speaks of, in the log that `verifier` vouches for.
    pub fn check(&self, entry: &[u8], verifier: &Verifier) -> Result<Checkpoint, TlogProofError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, verifier)?;
        check_inclusion(leaf_hash(entry), self.index, checkpoint.size, &self.path, checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "{EXTRA}{}", STANDARD.encode(extra))?;
        }
        writeln!(f, "{INDEX}{}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;
    fn from_str(text: &str) -> Result<Self, TlogProofError> {
        if text.len() > MAX_BYTES {
            return Err(TlogProofError::Malformed("it is larger than any proof"));
        }
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(TlogProofError::Malformed("it has no checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(TlogProofError::Malformed("it does not begin with c2sp.org/tlog-proof@v1"));
        }
        let extra = lines.next_if(|line| line.starts_with(EXTRA)).map(read_extra).transpose()?;
        let index = lines.next().and_then(read_index);
        let index = index.ok_or(TlogProofError::Malformed("it does not say which entry it is of"))?;
        let path = lines.take(MAX_HASHES + 1).map(read_hash).collect::<Result<Vec<_>, _>>()?;
        if path.len() > MAX_HASHES {
            return Err(TlogProofError::Malformed("it has more hashes than any log needs"));
        }
        Ok(Self { extra, index, path, checkpoint: checkpoint.to_owned() })
    }
}

fn read_extra(line: &str) -> Result<Vec<u8>, TlogProofError> {
    let extra = line.strip_prefix(EXTRA).and_then(|text| STANDARD.decode(text).ok());
    extra.ok_or(TlogProofError::Malformed("what follows \"extra\" is not base64"))
}

fn read_index(line: &str) -> Option<u64> {
    line.strip_prefix(INDEX).and_then(decimal)
}

fn read_hash(line: &str) -> Result<Hash, TlogProofError> {
    line.parse().map_err(|_| TlogProofError::Malformed("a line of it is not a hash in base64"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::digest::Digest;

    const VKEY: &str = "countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    const GOLDEN: &str = "c2sp.org/tlog-proof@v1
index 2
92g2MlrsVpnY1x+OQunUfFwpsIBZuiljhPfKQK06QK4=
YKU+7Q3oepDI5ZQnxZxGJTwzp2oJUCpRgBMAknt+a9w=
6p/BobbhkbRg0NYwbj6HDBc/OTMPE82htwz8cr3DmLo=

countersign.example/acme
5
ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=

\u{2014} countersign.example/acme R9+Xl8MlfNYDoQGA5Mmt9hxru8jlewnKWDQZLdaR/QYG6WI5rZVH0eHL5cNrAoGzJVTfy66QG6wwwq0dbIPxaD4xPAc=
";
    /// A witness's line, which our own key's check ignores.
    const COSIGNED: &str = "\u{2014} witness.example/w1 /qOxhwAAAABqsTuArevZ07ZWRK0ZGqK1jiDR1B9MHNxEAJkzSfmUvXIYrDgwUYr5PF2dpysU1RZ6VVpf28dcwjq6kGARcs06f4npDA==\n";

    #[test]
    fn the_golden_proof_is_read_checked_and_written_byte_for_byte() {
        let text = format!("{GOLDEN}{COSIGNED}");
        let digest = "0bb4c65208b9670a5d0038937549ea979ec27ad2673f8c1d7690c492fd4c11eb";
        assert_eq!(Digest::of(text.as_bytes()).to_string(), digest);
        for text in [GOLDEN, &text] {
            let proof: TlogProof = text.parse().unwrap();
            assert_eq!(proof.to_string(), text);
            let checkpoint = proof.check(b"leaf-2", &VKEY.parse().unwrap()).unwrap();
            assert_eq!((proof.index, checkpoint.size), (2, 5));
        }
    }

    #[test]
    fn a_proof_holds_for_its_entry_index_and_key_only() {
        let verifier = VKEY.parse().unwrap();
        let mut proof: TlogProof = GOLDEN.parse().unwrap();
        assert!(matches!(proof.check(b"leaf-3", &verifier), Err(TlogProofError::Proof(_))));
        proof.index = 3;
        assert!(matches!(proof.check(b"leaf-2", &verifier), Err(TlogProofError::Proof(_))));
        proof.index = 5;
        assert!(matches!(proof.check(b"leaf-2", &verifier), Err(TlogProofError::Proof(_))));
        let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
        let proof: TlogProof = GOLDEN.parse().unwrap();
        assert!(matches!(proof.check(b"leaf-2", &other), Err(TlogProofError::Checkpoint(_))));
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let verifier: Verifier = VKEY.parse().unwrap();
        for place in 0..GOLDEN.len() {
            for bit in 0..8 {
                let mut bytes = GOLDEN.as_bytes().to_vec();
                bytes[place] ^= 1 << bit;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                let believed = text.parse::<TlogProof>().and_then(|proof| proof.check(b"leaf-2", &verifier));
                assert!(believed.is_err(), "byte {place}, bit {bit}");
            }
        }
    }

    #[test]
    fn extra_is_carried_and_believed_by_nobody() {
        let text = GOLDEN.replace("index 2", "extra aGVsbG8=\nindex 2");
        let proof: TlogProof = text.parse().unwrap();
        assert_eq!((proof.extra.as_deref(), proof.to_string()), (Some(b"hello".as_slice()), text));
    }

    #[test]
    fn other_files_are_refused() {
        let many = GOLDEN
            .replace("index 2\n", &format!("index 2\n{}", format!("{}\n", Hash::from([0; 32])).repeat(64)));
        for text in [
            "",
            "\n\n",
            "c2sp.org/tlog-proof@v1\n\n",
            &GOLDEN.replace("@v1", "@v2"),
            &GOLDEN.replace("index 2", "index 02"),
            &GOLDEN.replace("index 2", "index -2"),
            &GOLDEN.replace("index 2\n", ""),
            &GOLDEN.replace("92g2", "92g"),
            &GOLDEN.replace("index 2", "extra ?\nindex 2"),
            &GOLDEN.replace('\n', "\r\n"),
            &many,
        ] {
            assert!(matches!(text.parse::<TlogProof>(), Err(TlogProofError::Malformed(_))), "{text:?}");
        }
    }
}
