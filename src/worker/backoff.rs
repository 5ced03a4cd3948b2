//! When to try again: later each time, and not all at once.

use std::time::Duration;

use crate::clock::{Timestamp, random};

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_mins(10);

/// The moment of the next try after this many: 1, 2, 4 … seconds, and up to half as much again.
pub(super) fn after(attempts: i64, now: Timestamp) -> Timestamp {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let pause = Duration::from_secs(1_u64 << doublings).min(LONGEST);
    let share = u32::from(u16::from_le_bytes(random()));
    now.plus(pause + pause.mul_f64(f64::from(share) / f64::from(u16::MAX) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_bounds() {
        let now = Timestamp(0);
        for (attempts, least) in [(0, 1), (1, 1), (2, 2), (5, 16), (11, 600), (i64::MAX, 600)] {
            let pause = after(attempts, now).since(now);
            assert!(pause >= Duration::from_secs(least), "{attempts}: {pause:?}");
            assert!(pause <= Duration::from_secs(least).mul_f64(1.51), "{attempts}: {pause:?}");
        }
    }
}
