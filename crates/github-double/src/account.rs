//! Who there is: people, bots, organisations, teams, Apps and their installations.

use std::collections::{BTreeMap, BTreeSet};

use countersign_kernel::clock::Timestamp;

/// A person, or the bot of an App.
#[derive(Debug, Clone)]
pub struct User {
    /// The lasting id.
    pub id: i64,
    /// What they are called today.
    pub login: String,
    /// Their full name.
    pub name: String,
    /// The address in their commits.
    pub email: String,
    /// The App this bot belongs to; none for people.
    pub app: Option<i64>,
    /// When the account was made.
    pub created_at: Timestamp,
}

impl User {
    /// Whether GitHub says `type: Bot`.
    pub fn is_bot(&self) -> bool {
        self.app.is_some()
    }
}

/// Whether an invitation was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// They are in.
    Active,
    /// They were invited; GitHub answers 200 for this too.
    Pending,
}

impl Membership {
    /// GitHub's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
        }
    }
}

/// An organisation.
#[derive(Debug, Clone)]
pub struct Organization {
    /// The lasting id.
    pub id: i64,
    /// What it is called today.
    pub login: String,
    /// Its members by user id; `true` for its owners.
    pub members: BTreeMap<i64, (Membership, bool)>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A team of an organisation.
#[derive(Debug, Clone)]
pub struct Team {
    /// The lasting id.
    pub id: i64,
    /// The organisation it belongs to.
    pub organization: i64,
    /// Its name in URLs; it changes when the team is renamed.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The team it is a part of; its members count as members of the parent.
    pub parent: Option<i64>,
    /// Its own members by user id.
    pub members: BTreeMap<i64, Membership>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A GitHub App.
#[derive(Debug, Clone)]
pub struct App {
    /// The App's id.
    pub id: i64,
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The account that owns it.
    pub owner: i64,
    /// Its bot's user id.
    pub bot: i64,
    /// The client id, which may also be the JWT's `iss`.
    pub client_id: String,
    /// The secret its webhooks are signed with.
    pub webhook_secret: String,
    /// What it asks for: permission to `read` or `write`.
    pub permissions: BTreeMap<String, String>,
    /// The events it subscribed to.
    pub events: BTreeSet<String>,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// Our App on one account.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The installation's id.
    pub id: i64,
    /// The App.
    pub app: i64,
    /// The account it is installed on.
    pub account: i64,
    /// What was granted.
    pub permissions: BTreeMap<String, String>,
    /// The repositories it may see; none means all of the account.
    pub selected: Option<BTreeSet<i64>>,
    /// Since when it is suspended, if it is.
    pub suspended_at: Option<Timestamp>,
    /// When it was installed.
    pub created_at: Timestamp,
}
