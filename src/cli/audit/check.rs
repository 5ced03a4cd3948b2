//! `countersign audit check`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::place::read_small;
use crate::audit::{TlogProof, TlogProofError, Verifier, leaf_hash};
use crate::cli::say;

/// No proof and no entry is larger, in bytes.
const LARGEST: u64 = 1_000_000;

/// Check the proof that one entry is in the log: without a database, and without a network.
///
/// Exits with 0 when it is, with 1 when the proof does not prove it, and with 3 when a file could not be read.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// The proof
    #[arg(value_name = "FILE.tlog-proof")]
    proof: PathBuf,

    /// The entry, exactly as it was written beside the proof
    #[arg(value_name = "ENTRY")]
    entry: PathBuf,

    /// The log's verifier key, NAME+ID+KEY, as GET /log/key gave it
    #[arg(long, value_name = "VKEY")]
    key: Verifier,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let proof = read_small(&self.proof, LARGEST)?;
        let entry = read_small(&self.entry, LARGEST)?;
        match check(&proof, &entry, &self.key) {
            Ok(sentence) => {
                say(&sentence);
                Ok(ExitCode::SUCCESS)
            }
            Err(why) => {
                say(&format!("NOT PROVEN: {why}\n"));
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn check(proof: &[u8], entry: &[u8], key: &Verifier) -> Result<String, TlogProofError> {
    let text = std::str::from_utf8(proof).map_err(|_| TlogProofError::Malformed("it is not text"))?;
    let proof: TlogProof = text.parse()?;
    let checkpoint = proof.check(entry, key)?;
    Ok(format!(
        "PROVEN: this is entry {} of {}, which had {} entries then.\nHash:    {}\nRoot:    {}\nKey:     {key}\n",
        proof.index,
        checkpoint.origin,
        checkpoint.size,
        leaf_hash(entry),
        checkpoint.root,
    ))
}
