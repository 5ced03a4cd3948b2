//! Durations as people write them in a policy: `90s`, `30m`, `24h`, `2d`.

use std::fmt;
use std::time::Duration;

/// The longest that may be written: a year.
const LONGEST: Duration = Duration::from_secs(365 * DAY);
const DAY: u64 = 24 * HOUR;
const HOUR: u64 = 60 * MINUTE;
const MINUTE: u64 = 60;

/// A duration that shows as it is written in a policy, in the largest unit that is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written(pub Duration);

/// Reads one number and one unit, from a second to a year.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let unit = text.char_indices().next_back()?;
    let number = text.get(..unit.0).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let seconds = match unit.1 {
        's' => 1,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        _ => return None,
    };
    let duration = Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?);
    (!duration.is_zero() && duration <= LONGEST).then_some(duration)
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m")];
        let exact = units.into_iter().find(|(size, _)| seconds > 0 && seconds.is_multiple_of(*size));
        let (size, unit) = exact.unwrap_or((1, "s"));
        write!(f, "{}{unit}", seconds / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write_as_people_do() {
        for (text, seconds, written) in [
            ("90s", 90, "90s"),
            ("60s", 60, "1m"),
            ("30m", 1800, "30m"),
            ("24h", 86_400, "1d"),
            ("2d", 172_800, "2d"),
        ] {
            let duration = parse(text).unwrap();
            assert_eq!(duration.as_secs(), seconds);
            assert_eq!(Written(duration).to_string(), written);
        }
        for text in
            ["", "s", "30", "30 m", "-1m", "1.5h", "0s", "366d", "1w", "99999999999999999999d", "1é", "+1m"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
