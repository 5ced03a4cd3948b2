//! Who a rule is about: a user, a team or everybody with a role.
use serde::{Deserialize, Serialize};
/// x
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Principal(String);
