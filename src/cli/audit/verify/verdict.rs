//! What `audit verify` says.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Timestamp, Trusted, Verdict, Verifier};
use crate::audit::{Checkpoint, Verified};
use crate::trail::story::printable;
use crate::trail::verify::Holds;

/// A verdict with what it was found by.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    trusted: Trusted,
    since: Option<Checkpoint>,
    /// How old the newest entry is, if that is too old.
    stale: Option<Duration>,
    /// Why the policy's witnesses have not seen enough of it.
    unwitnessed: Option<String>,
}

impl Answer {
    /// `age` is how old the newest entry may be, and what time it is.
    pub(super) fn new(
        verdict: Verdict,
        trusted: Trusted,
        since: Option<Checkpoint>,
        age: Option<(Duration, Timestamp)>,
    ) -> Self {
        let newest = match &verdict {
            Verdict::Holds(holds) => Some(holds.log.last_observed.unwrap_or(Timestamp(0))),
            Verdict::Tampered { .. } | Verdict::Incomplete { .. } | Verdict::Empty => None,
        };
        let stale = age.zip(newest).map(|((most, now), newest)| (most, now.since(newest)));
        let stale = stale.filter(|(most, age)| age > most).map(|(_, age)| age);
        Self { verdict, trusted, since, stale, unwitnessed: None }
    }

    /// Which the policy does not believe, for this reason if there is one.
    pub(super) fn unwitnessed(self, why: Option<String>) -> Self {
        Self { unwitnessed: why, ..self }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match &self.verdict {
            Verdict::Holds(_) if self.stale.is_none() && self.unwitnessed.is_none() => 0,
            Verdict::Holds(_) | Verdict::Incomplete { .. } | Verdict::Empty => 2,
            Verdict::Tampered { .. } => 1,
        }
    }

    pub(super) fn sentences(&self) -> String {
        let key: &Verifier = &self.trusted.key;
        match &self.verdict {
            Verdict::Holds(holds) => self.holds(holds),
            Verdict::Tampered { index: Some(index), why } => format!(
                "TAMPERED at entry {index}: {}\n\
                 It is the first that is seen to be wrong. Believe none of them: a checkpoint vouches for all \
                 entries together.\n\
                 Checked with {key}\n",
                printable(why),
            ),
            Verdict::Tampered { index: None, why } => {
                format!("TAMPERED: {}\nChecked with {key}\n", printable(why))
            }
            Verdict::Incomplete { why } => format!(
                "INCOMPLETE: {}\nIt cannot be said whether the log holds: get the whole of it.\n",
                printable(why),
            ),
            Verdict::Empty => "EMPTY: there is no entry, and so nothing to verify.\n".to_owned(),
        }
    }

    fn holds(&self, holds: &Holds) -> String {
        let log = &holds.log;
        let mut text = String::new();
        if let Some(age) = self.stale {
            text = format!("STALE: the newest entry is {} old. What there is holds.\n", words(age));
        }
        if let Some(why) = &self.unwitnessed {
            let _ = writeln!(text, "NOT WITNESSED: {why}. By the log's own signature it holds.");
        }
        let _ = write!(
            text,
            "VERIFIED: {} entries{}, under {} signed {}\n\
             Root:    {}\nKinds:   {}\nEffects: {}\nKey:     {}\n",
            log.entries,
            log.last_observed.map_or_else(String::new, |moment| format!(", the last of {moment}")),
            log.checkpoints,
            if log.checkpoints == 1 { "checkpoint" } else { "checkpoints" },
            log.root,
            kinds(log),
            effects(log),
            self.trusted.key,
        );
        if let Some(newest) = log.keys.last().filter(|newest| **newest != self.trusted.key) {
            let _ = writeln!(text, "         and since a change of keys by {newest}");
        }
        if self.trusted.on_first_use {
            text += "         This key lay beside the log and was compared with nothing: whoever made the copy may \
                     have made the key, too. Give --key VKEY with the one you know.\n";
        }
        if let Some(since) = &self.since {
            let _ = writeln!(text, "Since:   the log of {} entries is its beginning", since.size);
        }
        if let Some(disclosures) = holds.disclosures {
            let _ = writeln!(text, "Names:   {disclosures} disclosures are those that the entries commit to");
        }
        if holds.timestamps > 0 {
            let _ = writeln!(
                text,
                "Times:   {} compared with the checkpoints that they are of; `openssl ts -verify` tells who signed them",
                holds.timestamps,
            );
        }
        if holds.strangers.count > 0 {
            let named: Vec<String> = holds.strangers.named.iter().map(|name| printable(name)).collect();
            let more = if holds.strangers.count > named.len() as u64 { ", …" } else { "" };
            let _ = writeln!(
                text,
                "Beside:  {} files are no part of the log and were not checked: {}{more}",
                holds.strangers.count,
                named.join(", "),
            );
        }
        text
    }

    pub(super) fn json(&self) -> String {
        let mut object = match &self.verdict {
            Verdict::Holds(holds) => self.holds_json(holds),
            Verdict::Tampered { index, why } => {
                fields(json!({ "result": "tampered", "index": index, "why": why }))
            }
            Verdict::Incomplete { why } => fields(json!({ "result": "incomplete", "why": why })),
            Verdict::Empty => fields(json!({ "result": "empty", "entries": 0 })),
        };
        object.insert("key".to_owned(), json!(self.trusted.key.to_string()));
        object.insert("key_checked".to_owned(), json!(!self.trusted.on_first_use));
        format!("{}\n", Value::Object(object))
    }

    /// Of a log that holds, in one word.
    fn result(&self) -> &'static str {
        match (&self.unwitnessed, self.stale) {
            (Some(_), _) => "unwitnessed",
            (None, Some(_)) => "stale",
            (None, None) => "verified",
        }
    }

    fn holds_json(&self, holds: &Holds) -> Map<String, Value> {
        let log = &holds.log;
        let counts: Map<String, Value> =
            log.kinds.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count))).collect();
        fields(json!({
            "result": self.result(),
            "unwitnessed": self.unwitnessed,
            "entries": log.entries,
            "root": log.root.to_string(),
            "checkpoints": log.checkpoints,
            "kinds": counts,
            "open_intents": log.open_intents,
            "last_observed": log.last_observed.map(|moment| moment.to_string()),
            "keys": log.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "since": self.since.as_ref().map(|since| since.size),
            "disclosures": holds.disclosures,
            "timestamps": holds.timestamps,
            "not_checked": holds.strangers.count,
        }))
    }
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn words(age: Duration) -> String {
    match age.as_secs() {
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds @ ..7200 => format!("{} minutes", seconds / 60),
        seconds => format!("{} hours", seconds / 3600),
    }
}

fn kinds(log: &Verified) -> String {
    let kinds = log.kinds.iter().map(|(kind, count)| format!("{} {count}", kind.as_str()));
    kinds.collect::<Vec<_>>().join(", ")
}

fn effects(log: &Verified) -> String {
    match log.open_intents.as_slice() {
        [] => "every intent has one outcome".to_owned(),
        open => format!("intents without an outcome yet: {open:?}"),
    }
}
