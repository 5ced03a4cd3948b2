//! github
pub mod fake;
