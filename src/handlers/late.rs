//! What comes too late to be meant still.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::inbox::Claimed;
use crate::requirement::{Code, Refusal};

/// How long a word may have been on its way: GitHub can be asked to deliver again what was missed, or given up, days ago.
const TOO_LATE: Duration = Duration::from_mins(15);

/// Of what was written then, and arrived like this. How long it waited here afterwards does not count: a vote
/// and a no are about what their writer saw, and whoever said them in time is heard.
pub(super) fn on_arrival(delivery: &Claimed, written: Timestamp) -> Option<Refusal> {
    within(written, delivery.received_at)
}

/// Of what was written then, and is begun only now, whether it was GitHub that kept it or we: what nobody waits
/// for any more shall not begin by itself, and the names in it may mean something else by now.
pub(super) fn when_begun(now: Timestamp, written: Timestamp) -> Option<Refusal> {
    within(written, now)
}

/// Of a press of a button. GitHub does not say when it was, but it was before it arrived the first time.
pub(super) fn of_press(delivery: &Claimed) -> Option<Refusal> {
    within(delivery.first_received_at, delivery.received_at)
}

fn within(meant: Timestamp, heard: Timestamp) -> Option<Refusal> {
    (heard.since(meant) > TOO_LATE).then(|| {
        let sentence = "Countersign could hear of this only long after you meant it, and much may have changed. Look again, and say it once more if you still mean it.";
        Refusal::new(Code::ArrivedLate, sentence)
    })
}
