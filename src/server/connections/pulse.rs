//! What one connection is doing, as seen from what passes through it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::settings::ConnectionLimits;

/// What one connection is doing. Its stream, its service and the body of its answer tell it; whoever wants to
/// end it asks here.
#[derive(Debug)]
pub(super) struct Pulse(Mutex<Doing>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// Nothing has been asked yet, or a head has begun to arrive.
    Head { since: Instant },
    /// Everything that was asked is answered.
    Idle { since: Instant },
    /// A request is being answered. How long that may take is its route's affair.
    Busy,
    /// Its place was given to somebody else.
    Dismissed,
}

/// Why a connection is ended that would stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The head of a request did not come.
    Head,
    /// Nothing was asked for too long.
    Idle,
}

impl Overdue {
    /// The stable word in metrics.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Idle => "idle",
        }
    }
}

impl Pulse {
    /// Of a connection that begins now.
    pub(super) fn new(now: Instant) -> Self {
        Self(Mutex::new(Doing::Head { since: now }))
    }

    /// Something arrived. Between two requests that is where the next head begins; within a head it wins no time.
    pub(super) fn heard(&self, now: Instant) {
        let mut doing = self.doing();
        if let Doing::Idle { .. } = *doing {
            *doing = Doing::Head { since: now };
        }
    }

    /// Something was sent: of an answer that is still on its way, however slowly.
    pub(super) fn told(&self, now: Instant) {
        let mut doing = self.doing();
        if let Doing::Idle { .. } = *doing {
            *doing = Doing::Idle { since: now };
        }
    }

    /// A request is there.
    pub(super) fn asked(&self) {
        let mut doing = self.doing();
        if *doing != Doing::Dismissed {
            *doing = Doing::Busy;
        }
    }

    /// Its answer is made.
    pub(super) fn answered(&self, now: Instant) {
        let mut doing = self.doing();
        if *doing == Doing::Busy {
            *doing = Doing::Idle { since: now };
        }
    }

    /// Since when it waits for a request; none while it is busy with one.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        match *self.doing() {
            Doing::Head { since } | Doing::Idle { since } => Some(since),
            Doing::Busy | Doing::Dismissed => None,
        }
    }

    /// Gives its place to somebody else, if it still waits.
    pub(super) fn dismiss(&self) -> bool {
        let mut doing = self.doing();
        match *doing {
            Doing::Head { .. } | Doing::Idle { .. } => {
                *doing = Doing::Dismissed;
                true
            }
            Doing::Busy | Doing::Dismissed => false,
        }
    }

    /// Why it is to be ended, if it is.
    pub(super) fn overdue(&self, limits: &ConnectionLimits, now: Instant) -> Option<Overdue> {
        match *self.doing() {
            Doing::Head { since } if now >= since + limits.head => Some(Overdue::Head),
            Doing::Idle { since } if now >= since + limits.idle => Some(Overdue::Idle),
            Doing::Head { .. } | Doing::Idle { .. } | Doing::Busy | Doing::Dismissed => None,
        }
    }

    /// When to look again. Whatever begins after `now` is not overdue before the shorter of the two limits, so
    /// that who looks this often misses no end.
    pub(super) fn look_again(&self, limits: &ConnectionLimits, now: Instant) -> Instant {
        let soon = now + limits.head.min(limits.idle);
        match *self.doing() {
            Doing::Head { since } => soon.min(since + limits.head),
            Doing::Idle { since } => soon.min(since + limits.idle),
            Doing::Busy | Doing::Dismissed => soon,
        }
    }

    fn doing(&self) -> MutexGuard<'_, Doing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: ConnectionLimits = ConnectionLimits {
        head: Duration::from_secs(10),
        idle: Duration::from_mins(1),
        all: 9,
        per_address: crate::settings::PerAddress::Any(9),
    };

    #[test]
    fn a_head_has_its_time_from_its_first_byte_and_wins_none_by_dripping() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let pulse = Pulse::new(start);
        pulse.heard(at(9));
        assert_eq!(pulse.overdue(&LIMITS, at(9)), None);
        assert_eq!(pulse.overdue(&LIMITS, at(10)), Some(Overdue::Head));
        pulse.asked();
        assert_eq!(pulse.overdue(&LIMITS, at(1000)), None, "its route looks after that");
        pulse.answered(at(1000));
        pulse.heard(at(1059));
        pulse.heard(at(1068));
        assert_eq!(pulse.overdue(&LIMITS, at(1068)), None);
        assert_eq!(pulse.overdue(&LIMITS, at(1069)), Some(Overdue::Head));
    }

    #[test]
    fn an_idle_connection_is_kept_for_a_while_and_longer_while_an_answer_is_being_read() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let pulse = Pulse::new(start);
        pulse.asked();
        pulse.answered(at(1));
        pulse.told(at(30));
        assert_eq!(pulse.overdue(&LIMITS, at(89)), None);
        assert_eq!(pulse.overdue(&LIMITS, at(90)), Some(Overdue::Idle));
    }

    #[test]
    fn who_is_busy_is_not_dismissed_and_who_is_dismissed_is_not_busy() {
        let now = Instant::now();
        let (busy, waiting) = (Pulse::new(now), Pulse::new(now));
        busy.asked();
        assert_eq!((busy.dismiss(), busy.waits_since()), (false, None));
        assert_eq!((waiting.dismiss(), waiting.dismiss()), (true, false));
        waiting.asked();
        assert_eq!(waiting.waits_since(), None);
    }

    #[test]
    fn looking_as_often_as_it_says_misses_no_end() {
        let start = Instant::now();
        let pulse = Pulse::new(start);
        assert_eq!(pulse.look_again(&LIMITS, start), start + LIMITS.head);
        pulse.asked();
        assert_eq!(pulse.look_again(&LIMITS, start), start + LIMITS.head);
        pulse.answered(start);
        assert_eq!(pulse.look_again(&LIMITS, start), start + LIMITS.head, "a head may begin at any moment");
        let late = start + LIMITS.idle - Duration::from_secs(1);
        assert_eq!(pulse.look_again(&LIMITS, late), start + LIMITS.idle);
    }
}
