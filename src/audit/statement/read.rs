//! Entries read back from their bytes, whatever version wrote them.
//!
//! Fields, kinds and other words that a newer version added are no error. Of a kind that this version knows, every
//! field that it knows must be as it knows it; a kind that it does not know may have fields of the same name and
//! another form, which are left out and named.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{InvalidEntry, MAX_BYTES, PREDICATE_TYPE, STATEMENT_TYPE};
use crate::audit::entry::ReadEntry;
use crate::audit::kind::Kind;
use crate::audit::open_enum::OpenEnum;
use crate::ids::CommitSha;

/// An entry read back from its bytes, for showing and checking. Never encoded again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Its index in the log, as it says itself.
    pub seq: u64,
    /// What it says.
    pub entry: ReadEntry,
    /// The fields of an entry of an unknown kind that this version cannot read.
    pub unread: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'b> {
    #[serde(rename = "_type", borrow)]
    format: Cow<'b, str>,
    #[serde(borrow)]
    subject: &'b RawValue,
    #[serde(borrow)]
    predicate_type: Cow<'b, str>,
    #[serde(borrow)]
    predicate: &'b RawValue,
}

#[derive(Deserialize)]
struct Subject {
    digest: SubjectDigest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubjectDigest {
    git_commit: Option<CommitSha>,
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

impl Decoded {
    /// Reads an entry of any version.
    ///
    /// # Errors
    /// When the bytes are no entry, or one of a known kind in which something known has another form.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidEntry> {
        if bytes.len() > MAX_BYTES {
            return Err(InvalidEntry::TooLarge(bytes.len()));
        }
        let statement: Statement<'_> = serde_json::from_slice(bytes)?;
        if statement.format != STATEMENT_TYPE {
            return Err(InvalidEntry::OtherType { field: "_type", wanted: STATEMENT_TYPE });
        }
        if statement.predicate_type != PREDICATE_TYPE {
            return Err(InvalidEntry::OtherType { field: "predicateType", wanted: PREDICATE_TYPE });
        }
        let Numbered { seq } = serde_json::from_str(statement.predicate.get())?;
        let (mut entry, mut unread) = predicate(statement.predicate.get())?;
        match serde_json::from_str::<Vec<Subject>>(statement.subject.get()) {
            Ok(subjects) => {
                entry.commit = subjects.into_iter().find_map(|subject| subject.digest.git_commit);
            }
            Err(_) if entry.kind.unknown().is_some() => unread.push("subject".to_owned()),
            Err(error) => return Err(error.into()),
        }
        Ok(Self { seq, entry, unread })
    }

    /// Whether it is of an unknown kind and has this field, and this version cannot read it.
    pub fn hides(&self, field: &str) -> bool {
        self.unread.iter().any(|unread| unread == field)
    }
}

fn predicate(text: &str) -> serde_json::Result<(ReadEntry, Vec<String>)> {
    match serde_json::from_str(text) {
        Ok(entry) => Ok((entry, Vec::new())),
        Err(error) => of_unknown_kind(text).ok_or(error),
    }
}

/// What can be read of an entry of an unknown kind, and the fields that cannot; none if its kind is known.
fn of_unknown_kind(text: &str) -> Option<(ReadEntry, Vec<String>)> {
    let mut members: Map<String, Value> = serde_json::from_str(text).ok()?;
    let kind = members.remove("kind")?;
    serde_json::from_value::<OpenEnum<Kind>>(kind.clone()).ok()?.unknown()?;
    let mut readable = Map::new();
    readable.insert("kind".to_owned(), kind);
    readable.insert("observedAt".to_owned(), members.remove("observedAt")?);
    readable.insert("source".to_owned(), serde_json::json!({ "event": "unknown" }));
    let bare = readable.clone();
    let mut unread = Vec::new();
    for (name, value) in members {
        let mut alone = bare.clone();
        alone.insert(name.clone(), value.clone());
        if ReadEntry::deserialize(Value::Object(alone)).is_ok() {
            readable.insert(name, value);
        } else {
            unread.push(name);
        }
    }
    Some((serde_json::from_value(Value::Object(readable)).ok()?, unread))
}
