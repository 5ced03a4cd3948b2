//! Which witnesses have to have seen a checkpoint (c2sp.org/tlog-policy).
//!
//! ```text
//! log <vkey> [<url>]
//! witness <name> <vkey> [<url>]
//! group <name> all|any|<k> <member> …
//! quorum <name>|none
//! ```
//!
//! A witness's key that needs an algorithm we do not have (ML-DSA-44) may stand there, and never counts.

use std::collections::BTreeMap;
use std::str::FromStr;

use url::Url;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::cosignature::WitnessVerifier;
use super::decimal::decimal;
use super::note;
use super::verifier::{InvalidVerifier, Verifier};

const MOST_LINES: usize = 1000;
const MAX_BYTES: usize = 256 * 1024;

/// Whom to trust with a log, and how many of them have to agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessPolicy {
    logs: Vec<Verifier>,
    witnesses: Vec<Witness>,
    parts: Vec<Part>,
    quorum: Option<usize>,
}

/// A witness that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Verifies what it signs.
    pub verifier: WitnessVerifier,
    /// Where it is asked, if it can be.
    pub url: Option<Url>,
}

/// What a quorum is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Witness(usize),
    /// A key of an algorithm that is not verified here.
    Unknown,
    Group {
        threshold: usize,
        members: Vec<usize>,
    },
}

/// Why a text is no policy; `line` counts from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {why}")]
pub struct InvalidPolicy {
    /// Which line.
    pub line: usize,
    /// What is wrong with it, and what to write.
    pub why: String,
}

/// Why a checkpoint does not satisfy a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsatisfied {
    /// It is not to be believed at all.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Too few have seen it.
    #[error("too few witnesses have signed it: {signed} of those that the policy names")]
    Quorum {
        /// How many have.
        signed: usize,
    },
}

impl WitnessPolicy {
    /// The witnesses, in the order of their lines.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The keys of the logs that it is about.
    pub fn logs(&self) -> &[Verifier] {
        &self.logs
    }

    /// Believes a checkpoint that one of the logs and enough witnesses have signed.
    ///
    /// # Errors
    /// When a signature of somebody that the policy names does not fit, or too few have signed.
    pub fn open(&self, signed: &str) -> Result<Checkpoint, Unsatisfied> {
        let checkpoint = self.open_log(signed)?;
        let (text, lines) = note::split(signed).map_err(CheckpointError::from)?;
        let mut signed = Vec::with_capacity(self.witnesses.len());
        for witness in &self.witnesses {
            signed.push(witness.verifier.find(text, lines).map_err(CheckpointError::from)?.is_some());
        }
        if self.quorum.is_none_or(|quorum| self.holds(quorum, &signed)) {
            return Ok(checkpoint);
        }
        Err(Unsatisfied::Quorum { signed: signed.iter().filter(|signed| **signed).count() })
    }

    fn open_log(&self, signed: &str) -> Result<Checkpoint, CheckpointError> {
        let mut refused = CheckpointError::Note(super::NoteError::NoKnownSignature);
        for log in &self.logs {
            match Checkpoint::open(signed, log) {
                Err(CheckpointError::Note(super::NoteError::NoKnownSignature)) => {}
                Err(why) => refused = why,
                opened => return opened,
            }
        }
        Err(refused)
    }

    /// Parts name only parts before them, so this ends.
    fn holds(&self, part: usize, signed: &[bool]) -> bool {
        match self.parts.get(part) {
            Some(Part::Witness(witness)) => signed.get(*witness).copied().unwrap_or(false),
            Some(Part::Group { threshold, members }) => {
                members.iter().filter(|member| self.holds(**member, signed)).count() >= *threshold
            }
            Some(Part::Unknown) | None => false,
        }
    }
}

/// What the quorum line names.
#[derive(Clone, Copy)]
enum Quorum {
    None,
    Part(usize),
}

/// A policy that is being read.
#[derive(Default)]
struct Reading {
    logs: Vec<Verifier>,
    witnesses: Vec<Witness>,
    parts: Vec<Part>,
    names: BTreeMap<String, usize>,
    keys: Vec<String>,
    in_group: Vec<usize>,
    quorum: Option<Quorum>,
}

impl FromStr for WitnessPolicy {
    type Err = InvalidPolicy;
    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let mut reading = Reading::default();
        if text.len() > MAX_BYTES || text.lines().count() > MOST_LINES {
            return Err(InvalidPolicy { line: 1, why: format!("a policy has at most {MOST_LINES} lines") });
        }
        let mut last = 1;
        for (number, line) in text.split('\n').enumerate() {
            last = number + 1;
            reading.line(line).map_err(|why| InvalidPolicy { line: last, why })?;
        }
        let Reading { logs, witnesses, parts, quorum, .. } = reading;
        let missing = "the policy ends without a quorum line: write \"quorum NAME\" or \"quorum none\"";
        let quorum = quorum.ok_or_else(|| InvalidPolicy { line: last, why: missing.to_owned() })?;
        let quorum = match quorum {
            Quorum::None => None,
            Quorum::Part(part) => Some(part),
        };
        Ok(Self { logs, witnesses, parts, quorum })
    }
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.contains(|c: char| c != '\t' && c.is_control()) {
            return Err("it holds control characters".to_owned());
        }
        let line = line.trim_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let items: Vec<&str> = line.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
        match items.as_slice() {
            ["log", key, url @ ..] if url.len() < 2 => self.log(key, url.first().copied()),
            ["witness", name, key, url @ ..] if url.len() < 2 => {
                self.witness(name, key, url.first().copied())
            }
            ["group", name, threshold, members @ ..] if !members.is_empty() => {
                self.group(name, threshold, members)
            }
            ["quorum", name] => self.quorum(name),
            _ => Err("it is neither \"log VKEY [URL]\" nor \"witness NAME VKEY [URL]\" nor \
                      \"group NAME all|any|COUNT MEMBER …\" nor \"quorum NAME|none\""
                .to_owned()),
        }
    }

    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), String> {
        let verifier: Verifier = key.parse().map_err(|why: InvalidVerifier| why.to_string())?;
        web(url)?;
        self.only_once(verifier.public_key())?;
        self.logs.push(verifier);
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), String> {
        let url = web(url)?;
        let part = match key.parse::<WitnessVerifier>() {
            Ok(verifier) => {
                self.only_once(verifier.public_key())?;
                let same = |known: &Witness| known.verifier.is_mistaken_for(&verifier);
                if self.witnesses.iter().any(same) {
                    return Err(
                        "another witness has the same name and key id: its lines could not be told apart"
                            .to_owned(),
                    );
                }
                self.witnesses.push(Witness { verifier, url });
                Part::Witness(self.witnesses.len() - 1)
            }
            Err(InvalidVerifier::MlDsa) => Part::Unknown,
            Err(why) => return Err(why.to_string()),
        };
        self.define(name, part)
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), String> {
        let mut found = Vec::with_capacity(members.len());
        for member in members {
            let part = self.named(member)?;
            if self.in_group.contains(&part) {
                return Err(format!("{member} is in a group already, and would count twice"));
            }
            self.in_group.push(part);
            found.push(part);
        }
        let threshold = match threshold {
            "all" => found.len(),
            "any" => 1,
            count => decimal(count).filter(|count| (1..=found.len()).contains(count)).ok_or_else(|| {
                format!("{count} is not how many of {}: write all, any, or a number from 1 on", found.len())
            })?,
        };
        self.define(name, Part::Group { threshold, members: found })
    }

    fn quorum(&mut self, name: &str) -> Result<(), String> {
        let quorum = if name == "none" { Quorum::None } else { Quorum::Part(self.named(name)?) };
        if self.quorum.replace(quorum).is_some() {
            return Err("there is a quorum line already".to_owned());
        }
        Ok(())
    }

    fn named(&self, name: &str) -> Result<usize, String> {
        self.names.get(name).copied().ok_or_else(|| format!("no witness and no group above is called {name}"))
    }

    fn define(&mut self, name: &str, part: Part) -> Result<(), String> {
        if name == "none" {
            return Err("nothing can be called none".to_owned());
        }
        if self.names.insert(name.to_owned(), self.parts.len()).is_some() {
            return Err(format!("{name} is defined twice"));
        }
        self.parts.push(part);
        Ok(())
    }

    /// A key stands once, whatever it is called: a log must not be its own witness.
    fn only_once(&mut self, key: &[u8; 32]) -> Result<(), String> {
        let key = hex::encode(key);
        if self.keys.contains(&key) {
            return Err("this key stands in the policy already".to_owned());
        }
        self.keys.push(key);
        Ok(())
    }
}

fn web(url: Option<&str>) -> Result<Option<Url>, String> {
    let Some(text) = url else { return Ok(None) };
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(Some).ok_or_else(|| format!("{text:?} is not a web address"))
}
