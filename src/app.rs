//! What everything that works is given: the database, eyes on GitHub, and the time.
//!
//! There is no hand in here: only `worker` holds the [`Writer`](crate::github::Writer), so a handler's
//! one way to change the world is an effect in the outbox.

use std::sync::Arc;

use crate::clock::Clock;
use crate::db::Db;
use crate::github::Reader;
use crate::report::{Marker, PageKey};

/// The program's parts that handlers need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// Where everything is kept.
    pub db: Db,
    /// Reads from GitHub.
    pub reader: Reader,
    /// Tells the time.
    pub clock: Clock,
    /// The App's own id: buttons and comments of any other App are not ours.
    pub app_id: i64,
    /// Marks the secrets that reports carry.
    pub marker: Marker,
    /// Opens the pages of the full lists.
    pub page_key: PageKey,
    /// Whom keyless signatures of reports are believed by, as the text of a `trusted_root.json`.
    pub trusted_root: Option<Arc<str>>,
    /// Where people reach this server, for the links in what it writes.
    pub public_url: Option<url::Url>,
}
