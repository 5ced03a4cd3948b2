//! What anybody can do with the log afterwards.

pub mod replay;
pub mod reconcile;
