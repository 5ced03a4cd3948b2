//! Tells open pages that something has changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};

use super::Page;

/// Changes that come together are told together.
const PAUSE: Duration = Duration::from_millis(60);

/// How often a quiet stream shows that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /_sandbox/events`: the revision now, and again after every change.
pub(super) async fn follow(State(page): State<Page>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut revisions = page.fake.watch();
    revisions.mark_changed();
    let told = stream::unfold(revisions, |mut revisions| async move {
        revisions.changed().await.ok()?;
        tokio::time::sleep(PAUSE).await;
        let revision = *revisions.borrow_and_update();
        Some((Ok(Event::default().data(revision.to_string())), revisions))
    });
    Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
