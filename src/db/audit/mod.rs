//! The log in the database: entries appended in the transaction of what they record, and a checkpoint
//! signed before that transaction commits.

mod append;
mod read;
mod rows;
pub mod stored;
mod tail;

use crate::db::{Error, Result};

pub use append::RecordedIntent;
pub use read::{
    StoredEntry, checkpoints_after, entries_from, last_observed, latest_checkpoint, policy_is_logged,
};
pub(super) use rows::{Rows, few_sizes};
pub use stored::{DamagedRow, StoredCheckpoint};
pub(super) use tail::{Signed, Tail};

pub(super) fn column(index: u64) -> Result<i64> {
    i64::try_from(index).map_err(|why| Error::Log(why.to_string()))
}

pub(super) fn index_of(table: &'static str, column: i64) -> Result<u64> {
    u64::try_from(column).map_err(|why| Error::impossible(table, column, why))
}
