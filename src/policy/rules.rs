//! Which version of the rules a decision is taken by.
//!
//! A decision that was taken stays what it was: it names its rules with its facts, and is taken again by those.
//! So a rule whose verdict changes is a new rule. The old one stays, in `rule/v1` and so on, and whatever differs
//! is chosen by a `match` without `_`: a new version leads the compiler to every rule that ever changed.

use serde::{Deserialize, Serialize};

/// A version of the rules, by its number; facts that name none are of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum Rules {
    /// What 0.1.0 decided by.
    #[default]
    One,
    /// Names and e-mails in `known_authors` are told apart.
    Two,
}

/// Rules that a later version of Countersign decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it was decided by rules {0}, which this version of Countersign does not have: use the version that decided, or a later one"
)]
pub struct LaterRules(pub u32);

impl Rules {
    /// All of them, the first one first.
    pub const ALL: &[Self] = &[Self::One, Self::Two];
    /// What is decided by from now on.
    pub const CURRENT: Self = Self::Two;
}

impl From<Rules> for u32 {
    fn from(rules: Rules) -> Self {
        match rules {
            Rules::One => 1,
            Rules::Two => 2,
        }
    }
}

impl TryFrom<u32> for Rules {
    type Error = LaterRules;

    fn try_from(number: u32) -> Result<Self, LaterRules> {
        Self::ALL.iter().copied().find(|rules| u32::from(*rules) == number).ok_or(LaterRules(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_known_by_its_number_and_no_other_number_is_one() {
        for rules in Rules::ALL {
            assert_eq!(serde_json::to_value(rules).unwrap(), u32::from(*rules));
            assert_eq!(serde_json::from_value::<Rules>(u32::from(*rules).into()).unwrap(), *rules);
        }
        assert_eq!(Rules::ALL.last(), Some(&Rules::CURRENT));
        let none = u32::from(Rules::CURRENT) + 1;
        assert_eq!(Rules::try_from(none), Err(LaterRules(none)));
        assert_eq!(Rules::try_from(0), Err(LaterRules(0)));
    }
}
