//! Issues, comments and reactions.

use countersign_kernel::clock::Timestamp;

/// The longest body GitHub takes, in characters.
pub const BODY_LIMIT: usize = 65_536;

/// The words GitHub knows for a reaction.
pub const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

/// An issue, or what a pull request has in common with one.
#[derive(Debug, Clone)]
pub struct Issue {
    /// The issue's id.
    pub id: i64,
    /// Its number in the repository.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub user: i64,
    /// Whether only those who may write may comment.
    pub locked: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was closed, if it is.
    pub closed_at: Option<Timestamp>,
}

impl Issue {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// A comment on an issue or pull request.
#[derive(Debug, Clone)]
pub struct Comment {
    /// The comment's id.
    pub id: i64,
    /// The issue or pull request it stands under.
    pub number: i64,
    /// Who wrote it.
    pub user: i64,
    /// The App that wrote it, if one did (`performed_via_github_app`).
    pub app: Option<i64>,
    /// Its text.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// Who reacted how, oldest first.
    pub reactions: Vec<Reaction>,
}

/// One person's reaction.
#[derive(Debug, Clone)]
pub struct Reaction {
    /// The reaction's id.
    pub id: i64,
    /// Who.
    pub user: i64,
    /// One of [`REACTIONS`].
    pub content: String,
    /// When.
    pub created_at: Timestamp,
}
