//! The words that all parts of Countersign share: the names of things, the time, and which characters mislead.
//!
//! It uses nothing of ours, and nothing that opens a file or a connection.

pub mod ids;
pub mod clock;
pub mod text;
