//! What `audit verify` says.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Timestamp, Trusted, Verdict, Verifier};
use crate::audit::{Checkpoint, RuleSet, Verified};
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
    /// Whether every kind must be known.
    strict: bool,
}

impl Answer {
    /// `age` is how old the newest entry may be, and what time it is.
    pub(super) fn new(
        verdict: Verdict,
        trusted: Trusted,
        since: Option<Checkpoint>,
        age: Option<(Duration, Timestamp)>,
    ) -> Self {
        let newest = verdict.holds().map(|holds| holds.log.last_observed.unwrap_or(Timestamp(0)));
        let stale = age.zip(newest).map(|((most, now), newest)| (most, now.since(newest)));
        let stale = stale.filter(|(most, age)| age > most).map(|(_, age)| age);
        Self { verdict, trusted, since, stale, unwitnessed: None, strict: false }
    }

    /// Which the policy does not believe, for this reason if there is one.
    pub(super) fn unwitnessed(self, why: Option<String>) -> Self {
        Self { unwitnessed: why, ..self }
    }

    /// Which holds only if every kind in it is known, if `strict` says so.
    pub(super) fn strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match &self.verdict {
            Verdict::Holds(holds) if self.result(holds) == "verified" => 0,
            Verdict::Holds(_) | Verdict::Unchecked(_) | Verdict::Incomplete { .. } | Verdict::Empty => 2,
            Verdict::Tampered { .. } => 1,
        }
    }

    pub(super) fn sentences(&self) -> String {
        let key: &Verifier = &self.trusted.key;
        match &self.verdict {
            Verdict::Holds(holds) | Verdict::Unchecked(holds) => self.holds(holds),
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
        text += &self.unknown(log);
        let _ = write!(
            text,
            "{}: {} entries{}, under {} signed {}\n\
             Root:    {}\nKinds:   {}\nEffects: {}\nKey:     {}\n",
            headline(log),
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

    /// What stands above a log of which this version does not know everything.
    fn unknown(&self, log: &Verified) -> String {
        let lacking: Vec<String> =
            log.unknown.lacks().map(|(kind, index)| format!("{kind} (entry {index})")).collect();
        let mut text = String::new();
        if !lacking.is_empty() {
            let _ = writeln!(
                text,
                "UNCHECKED: this version lacks the check of {}. Upgrade, and verify again.",
                lacking.join(" and of ")
            );
        } else if self.strict && log.unknown.entries() > 0 {
            text += "STRICT: not every kind is known to this version. Upgrade, and verify again. What there is holds.\n";
        }
        if log.vouched < log.entries {
            let _ = writeln!(
                text,
                "NOT SIGNED BY A KNOWN KEY: only the first {} of {} entries are under a checkpoint by a key that this \
                 version knows to be the log's. The others may be anybody's.",
                log.vouched, log.entries
            );
        }
        text
    }

    pub(super) fn json(&self) -> String {
        let mut object = match &self.verdict {
            Verdict::Holds(holds) | Verdict::Unchecked(holds) => self.holds_json(holds),
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
    fn result(&self, holds: &Holds) -> &'static str {
        let unknown = &holds.log.unknown;
        match (&self.unwitnessed, self.stale) {
            _ if unknown.lacks().next().is_some() => "unchecked",
            (Some(_), _) => "unwitnessed",
            (None, Some(_)) => "stale",
            (None, None) if self.strict && unknown.entries() > 0 => "unknown_kinds",
            (None, None) => "verified",
        }
    }

    fn holds_json(&self, holds: &Holds) -> Map<String, Value> {
        let log = &holds.log;
        let unknown: Map<String, Value> =
            log.unknown.kinds().iter().map(|(kind, count)| (kind.to_string(), json!(count))).collect();
        let lacks: Vec<Value> =
            log.unknown.lacks().map(|(kind, index)| json!({ "kind": kind, "index": index })).collect();
        let counts: Map<String, Value> =
            log.kinds.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count))).collect();
        fields(json!({
            "result": self.result(holds),
            "unwitnessed": self.unwitnessed,
            "entries": log.entries,
            "root": log.root.to_string(),
            "checkpoints": log.checkpoints,
            "kinds": counts,
            "unknown_entries": log.unknown.entries(),
            "unknown_kinds": unknown,
            "lacks_checks": lacks,
            "vouched": log.vouched,
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

/// Never that it is verified, without a word of what is not known.
fn headline(log: &Verified) -> String {
    if log.unknown.lacks().next().is_some() {
        return "NOTHING IS SEEN TO BE WRONG".to_owned();
    }
    match log.unknown.entries() {
        0 => "VERIFIED".to_owned(),
        count => format!("VERIFIED, {count} entries of kinds that this version does not know"),
    }
}

fn kinds(log: &Verified) -> String {
    let kinds = log.kinds.iter().map(|(kind, count)| format!("{} {count}", kind.as_str()));
    let known = kinds.collect::<Vec<_>>().join(", ");
    let unknown = log.unknown.kinds().iter().map(|(kind, count)| format!("{kind} {count}"));
    let unknown = unknown.collect::<Vec<_>>().join(", ");
    match (known.as_str(), unknown.as_str()) {
        (_, "") => known,
        ("", _) => format!("unknown: {unknown} (upgrade to check their rules)"),
        (_, _) => format!("{known}; unknown: {unknown} (upgrade to check their rules)"),
    }
}

fn effects(log: &Verified) -> String {
    let open = &log.open_intents;
    if log.unknown.may_change(RuleSet::Effects) {
        return format!(
            "which intents have an outcome cannot be known; without one that this version knows: {open:?}"
        );
    }
    match open.as_slice() {
        [] => "every intent has one outcome".to_owned(),
        open => format!("intents without an outcome yet: {open:?}"),
    }
}
