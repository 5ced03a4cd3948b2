//! policy
pub mod facts;
pub use principal::Principal;
mod principal;
