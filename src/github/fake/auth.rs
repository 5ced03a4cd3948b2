//! Who is calling: the App with its JWT, an installation with its token, or a person.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Timestamp;

/// An installation token and what it may do.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) installation: i64,
    pub(super) permissions: BTreeMap<String, String>,
    pub(super) repositories: Option<BTreeSet<i64>>,
    pub(super) expires_at: Timestamp,
}
