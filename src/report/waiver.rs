//! Waivers: findings that somebody lets through, with a reason, until a day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A finding let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Which: a CVE or another public id, a rule's id, or the id that the check run shows for one problem.
    pub id: String,
    /// Only in this package, by its package URL without version; only in this file or below this folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// The last day on which it holds, in UTC.
    pub until: Date,
    /// Why.
    pub reason: String,
    /// Who let it through: a login with the id, or `policy` when it stands in the policy's file.
    pub by: String,
}

/// For how many days before its end a waiver is told of.
const SOON: i32 = 14;

impl Waiver {
    /// Whether it still holds on this day.
    pub fn holds_on(&self, today: Date) -> bool {
        today <= self.until
    }

    /// Whether it holds on this day and will not much longer.
    pub fn ends_soon(&self, today: Date) -> bool {
        let left = today.until(self.until).map_or(i32::MAX, |span| span.get_days());
        self.holds_on(today) && left <= SOON
    }
}
