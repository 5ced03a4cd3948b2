//! Where an entry stands: what is left beside a deployment, so that anybody can ask the log for its proof.

use super::checkpoint::Checkpoint;
use super::merkle::Hash;

/// An entry of the log, and a signed checkpoint that covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's index.
    pub index: u64,
    /// The hash of its bytes, as it stands in the tree.
    pub leaf_hash: Hash,
    /// The first checkpoint that was signed over it: the same whenever it is asked for.
    pub checkpoint: Checkpoint,
}
