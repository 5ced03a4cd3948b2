//! What GitHub tells us: is it GitHub, where does it belong, and what happened.

mod envelope;
mod event;
mod payload;
mod signature;

pub use envelope::{Envelope, form_payload};
pub use event::{Unreadable, is_known, to_event};
pub use signature::verify;
