//! Every scenario in one binary, so that it links once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::large_futures,
    reason = "a test may panic, and has a stack to itself"
)]
#![expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says what it skipped, and asks the environment"
)]
#![expect(unreachable_pub, reason = "what is public here is so for the other modules")]

mod anchor;
mod approve;
mod attacks;
mod cancel;
mod checks;
mod comments;
mod connections;
mod coverage;
mod crash;
mod damage;
mod database;
mod deploy;
mod duties;
mod epoch;
mod documents;
mod export;
mod faults;
mod harness;
mod head;
mod history;
mod inbox;
mod layering;
mod log;
mod mutation;
mod pitfalls;
mod policy_change;
mod promote;
mod reconcile;
mod redact;
mod report;
mod restore;
mod rotation;
mod replay;
mod stored;
mod tile;
mod tomorrow;
mod timers;
mod vectors;
mod timestamp;
mod webhooks;
mod witness;
