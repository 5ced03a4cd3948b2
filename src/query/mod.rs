//! Stored questions: what commands, comments and pages show, read from our own records, one question in a file.
//!
//! Nobody is asked here but the database, and nothing is written: whoever looks, and however often, changes nothing.

mod comment;
mod judgement;
mod status;

pub use comment::{CommentFacts, of_comment};
pub use judgement::{CommitReports, of_commit};
pub use status::{Status, of_repository};
