//! Numbers as the log's formats write them: digits only and no leading zeros, so that each has one text.

use std::str::FromStr;

/// The number that `text` is the one text of.
pub fn decimal<N: FromStr + ToString>(text: &str) -> Option<N> {
    text.parse::<N>().ok().filter(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_text() {
        for (text, number) in [("0", Some(0)), ("7", Some(7)), ("18446744073709551615", Some(u64::MAX))] {
            assert_eq!(decimal(text), number);
        }
        for text in ["", "+7", "-0", "07", "00", " 7", "7 ", "1e3", "0x7", "٧", "18446744073709551616"] {
            assert_eq!(decimal::<u64>(text), None, "{text:?}");
        }
    }
}
