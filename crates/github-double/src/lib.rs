//! An in-memory GitHub that speaks HTTP and sends signed webhooks.
//!
//! It is the world of the `sandbox` command and the peer of every scenario test. It keeps plain
//! strings and numbers: it stands on GitHub's side of the wire.

pub mod refused;
pub mod account;
pub mod git;
pub mod repo;
pub mod pull;
pub mod comments;
pub mod checks;
pub mod actions;
pub mod deployments;
pub mod webhooks;
pub mod faults;
pub mod auth;
pub mod simulate;
pub mod state;
pub mod acts;
mod rest;
mod server;
mod people;
mod send;
pub mod seed;
mod show;
pub mod page;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use countersign_kernel::clock::Clock;
use state::State;

/// A handle on one in-memory GitHub; clones share it.
#[derive(Clone, Debug)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    revision: watch::Sender<u64>,
}

impl Fake {
    /// A GitHub on which there is nothing.
    pub fn empty(clock: Clock) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(clock))), revision: watch::Sender::new(0) }
    }

    /// Looks at the state. The lock is held meanwhile: be quick, and do not call the fake inside.
    pub fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and tells those who watch. The lock is held meanwhile, as in
    /// [`Fake::with_state`].
    pub fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let outcome = act(&mut self.lock());
        self.revision.send_modify(|count| *count += 1);
        outcome
    }

    /// How often the state has changed.
    pub fn revision(&self) -> u64 {
        *self.revision.borrow()
    }

    /// Tells of every change, with the new [`Fake::revision`].
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Tells this GitHub where it is reached: the REST API, and the pages for people.
    pub fn set_urls(&self, api: &str, web: &str) {
        self.change(|state| {
            api.trim_end_matches('/').clone_into(&mut state.api_url);
            web.trim_end_matches('/').clone_into(&mut state.web_url);
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
