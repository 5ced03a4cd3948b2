//! What people and Apps do: each act changes the state and queues the webhooks GitHub would send.

pub mod artifacts;
pub mod checks;
pub mod code;
pub mod deployments;
pub mod oidc;
pub mod people;
pub mod pulls;
pub mod runs;
pub mod talk;

use super::refused::{Act, Refused};
use super::repo::Role;
use super::state::State;

/// Who acts: a person, or an App through its bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// The account that is shown as the sender.
    pub user: i64,
    /// The App, if one acts.
    pub app: Option<i64>,
}

impl State {
    /// A person or bot by login, as one who acts.
    pub fn who(&self, login: &str) -> Act<Who> {
        self.user(login).map(|user| Who { user: user.id, app: user.app })
    }

    /// Refuses people who have less than `role`; Apps are judged by their token instead.
    pub(super) fn demand(&self, repo: i64, who: Who, role: Role) -> Act<()> {
        if who.app.is_some() {
            return Ok(());
        }
        match self.role(self.repo_by_id(repo)?, who.user) {
            Role::None => Err(Refused::not_found()),
            held if held < role => Err(Refused::forbidden("Must have more rights to this repository.")),
            _held => Ok(()),
        }
    }
}
