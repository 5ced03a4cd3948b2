//! Every word written to people in comments: the one status comment of an issue or pull request, and
//! the answers in it. Pure: nothing here reads a clock, a database or GitHub.
//!
//! People may only read us, so nothing here mentions anybody, and what others wrote is data.

mod status_comment;
mod answer;
mod overview;
mod help;
mod standing;
mod requirements;
mod whom;
mod prose;
mod pages;
mod waiver;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod hostile;

pub use answer::{Answer, cancelled, dry_run, opened, refused, unclear, voted, why};
pub use help::help;
pub use overview::status;
pub use status_comment::{StatusView, marker, status_comment};
pub use waiver::{scanning, unwaived, waived};

pub(crate) use pages::Pages;
pub(crate) use prose::prose;
pub(crate) use requirements::{missing, table};
pub(crate) use standing::{facts, next};
