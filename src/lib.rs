//! Countersign: nothing reaches production without a countersignature, and anyone can prove it.
//!
//! This is the map of the house. A module may use only modules above it, and what is below `crates/`; a test keeps that so.
//!
//! **The words.** [`ids`] and [`clock`], which the crates below `crates/` use too, [`event`] (what happened),
//! [`command`] (what a person asked for).
//!
//! **The decisions**, without I/O, clock or randomness. [`effect`] (what we ask of GitHub, as data),
//! [`requirement`] (one thing that must hold), [`report`] (what scanners and tests said), [`policy`] (the file, the facts, and the decision from both),
//! [`authz`] (may this person do this), [`audit`] (the log's entries, tree, signatures and verification),
//! [`promotion`] (its states, and the step from one to the next), [`markdown`], [`comment`] and [`check_run`]
//! (every word that people read).
//!
//! **The reach.** [`db`] (SQLite or PostgreSQL, one behaviour), [`http_client`], [`github`] (the client and the
//! webhooks), [`settings`], [`telemetry`].
//!
//! **The proof.** [`trail`] (what anybody can do with the log afterwards).
//!
//! **The work.** [`app`] (what everything below is given), [`query`] (stored questions), [`facts`] (what decisions look at, asked of
//! GitHub), [`handlers`] (one event or command each), [`worker`] (inbox, outbox, notices, alarms).
//!
//! **The faces.** [`server`] (HTTP), [`program`] (everything put together), `sandbox` (with the feature of that name:
//! the whole program against the GitHub in memory of `crates/github-double`), [`cli`].
//!
//! # What holds
//!
//! 1. A delivery acknowledged to GitHub is stored first; it is handled once, whatever dies when.
//! 2. No effect without a recorded, signed intent: [`db::RecordedIntent`] is made only where the entry is
//!    appended, and [`db::outbox::Claimed`] only where an effect is claimed with it. What is done is read from the claim.
//! 3. No deployment unless every requirement holds when it is made: it takes a [`policy::Permit`], which only
//!    [`policy::evaluate`] makes, from facts read at that moment.
//! 4. Ambiguity is a no: what cannot be read is an error, never a missing fact.
//! 5. Untrusted text is data: it becomes Markdown only through [`markdown::Untrusted`].
//! 6. A decision can be replayed: its facts are stored under the hash that its entry names.
//! 7. What a person asks for takes their right: an [`authz::Authorized`] for that act, which only [`authz`] makes, and
//!    which is compared with what is done where it is done.
//!
//! # What is deliberately absent
//!
//! No `utils`, no repository traits, no cache of anybody's rights, no state in comments, and no way from a
//! handler to GitHub's writing half: only the worker holds it.

pub use countersign_kernel::{clock, ids};

pub mod event;
pub mod command;
pub mod effect;
pub mod requirement;
pub mod report;
pub mod policy;
pub mod authz;
pub mod audit;
pub mod promotion;
pub mod markdown;
pub mod comment;
pub mod check_run;
pub mod db;
pub mod http_client;
pub mod github;
pub mod settings;
pub mod telemetry;
pub mod trail;
pub mod app;
pub mod query;
pub mod facts;
pub mod handlers;
pub mod worker;
pub mod server;
pub mod program;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod cli;
