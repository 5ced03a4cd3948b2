//! What an entry tells of.
//!
//! A newer version may write kinds that this one does not know. They are hashed, ordered, timed and signed like all
//! others. Rules beyond that, which a verifier must know, are carried only by kinds whose names begin with `effect.`,
//! `key.` or `log.`: so a verifier can tell which rule it lacks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::open_enum::{OpenEnum, UnknownWord};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What an entry tells of, by its dotted name.
        ///
        /// Names are never changed or used again: they stand in logs that outlive this program.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl Kind {
            /// All of them, in reading order.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name that stands in the entry.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        impl FromStr for Kind {
            type Err = UnknownKind;
            fn from_str(text: &str) -> Result<Self, UnknownKind> {
                match text {
                    $($name => Ok(Self::$kind),)*
                    _ => Err(UnknownKind),
                }
            }
        }
    };
}

kinds! {
    /// The log's first entry.
    LogOpened = "log.opened",
    /// A version of a repository's policy was read.
    PolicyLoaded = "policy.loaded",
    /// Somebody asked for a promotion.
    RequestOpened = "request.opened",
    /// Somebody asked for what they may not have, or what cannot be done.
    RequestRefused = "request.refused",
    /// A vote counts.
    VoteRecorded = "vote.recorded",
    /// A vote does not count.
    VoteRefused = "vote.refused",
    /// Somebody let a finding through, until a day.
    WaiverGranted = "waiver.granted",
    /// Somebody took that back.
    WaiverRevoked = "waiver.revoked",
    /// Every requirement holds.
    DecisionAllowed = "decision.allowed",
    /// Some requirement does not hold yet.
    DecisionWaiting = "decision.waiting",
    /// Somebody entitled said no.
    DecisionRejected = "decision.rejected",
    /// Nobody completed it in time.
    DecisionExpired = "decision.expired",
    /// The commit or the policy it was asked for is no longer the current one.
    DecisionSuperseded = "decision.superseded",
    /// It was taken back.
    DecisionCancelled = "decision.cancelled",
    /// Something is about to be asked of GitHub; recorded before it is asked.
    EffectIntended = "effect.intended",
    /// What became of an intent.
    EffectResult = "effect.result",
    /// What became of an intent, found out afterwards.
    EffectReconciled = "effect.reconciled",
    /// The commit runs in the environment.
    PromotionSucceeded = "promotion.succeeded",
    /// The deployment failed.
    PromotionFailed = "promotion.failed",
    /// The server's own settings changed.
    ConfigChanged = "config.changed",
    /// The log is signed by another key from here on.
    KeyRotated = "key.rotated",
    /// Disclosures were deleted.
    ErasurePerformed = "erasure.performed",
    /// The server's clock stood before the last entry; the entry's time was held back.
    ClockAdjusted = "clock.adjusted",
    /// The log goes on after a loss, which the entry describes.
    LogRecovered = "log.recovered",
    /// Nothing happened: the log is alive.
    Heartbeat = "heartbeat",
}

/// The name of no kind that this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a kind of entry that this version of Countersign knows")]
pub struct UnknownKind;

/// Rules that a verifier must know beyond how entries are hashed, ordered, timed and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleSet {
    /// Which intents there are, and what became of them: kinds under `effect.`.
    Effects,
    /// Which keys sign: kinds under `key.`.
    Keys,
    /// How the log begins and ends: kinds under `log.`.
    Log,
}

impl RuleSet {
    /// Those that a kind of this name may add to or change; none if it carries no rules.
    pub fn of(kind: &str) -> Option<Self> {
        match kind.split_once('.')?.0 {
            "effect" => Some(Self::Effects),
            "key" => Some(Self::Keys),
            "log" => Some(Self::Log),
            _ => None,
        }
    }
}

impl OpenEnum<Kind> {
    /// The kind of this name; none if no version would write it.
    pub fn read(name: &str) -> Option<Self> {
        let known = name.parse().ok().map(Self::Known);
        known.or_else(|| UnknownWord::read(name).map(Self::Unknown))
    }

    /// The name that stands in the entry.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(kind) => kind.as_str(),
            Self::Unknown(name) => name.as_str(),
        }
    }

    /// The name and what rules it may carry, if this version does not know it and it may carry some.
    pub fn lacks(&self) -> Option<(&UnknownWord, RuleSet)> {
        let name = self.unknown()?;
        RuleSet::of(name.as_str()).map(|rules| (name, rules))
    }
}

impl fmt::Display for OpenEnum<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Kind {
    /// Whether it tells what became of an intent.
    pub fn is_outcome(self) -> bool {
        matches!(self, Self::EffectResult | Self::EffectReconciled)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_name_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(serde_json::from_value::<Kind>(kind.as_str().into()).unwrap(), *kind);
        }
        assert_eq!("decision.overridden".parse::<Kind>(), Err(UnknownKind));
    }

    #[test]
    fn the_name_of_a_kind_says_whether_it_may_carry_rules() {
        for (name, rules) in [
            ("effect.result", Some(RuleSet::Effects)),
            ("effect.retried", Some(RuleSet::Effects)),
            ("key.revoked", Some(RuleSet::Keys)),
            ("log.sealed", Some(RuleSet::Log)),
            ("environment.locked", None),
            ("heartbeat", None),
            ("keys.listed", None),
            ("key", None),
        ] {
            assert_eq!(RuleSet::of(name), rules, "{name}");
        }
        let lacks = |name| OpenEnum::<Kind>::read(name).unwrap().lacks().map(|(name, _)| name.to_string());
        assert_eq!((lacks("key.revoked"), lacks("key.rotated")), (Some("key.revoked".to_owned()), None));
        assert_eq!(lacks("environment.locked"), None);
    }
}
