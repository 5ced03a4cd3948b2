//! Weaknesses by their numbers in the Common Weakness Enumeration (<https://cwe.mitre.org>).

/// The number of a weakness that is written `CWE-89: SQL Injection`, `CWE-89` or `89`.
pub(super) fn weakness(written: &str) -> Option<u32> {
    let text = written.trim();
    let number = text.strip_prefix("CWE-").or_else(|| text.strip_prefix("cwe-")).unwrap_or(text);
    let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok().filter(|number| *number > 0)
}

/// The numbers of all that are written so, each once.
pub(super) fn weaknesses<'a>(written: impl IntoIterator<Item = &'a str>) -> Vec<u32> {
    let mut numbers: Vec<u32> = Vec::new();
    for number in written.into_iter().filter_map(weakness).take(50) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once() {
        assert_eq!(
            weaknesses(["CWE-79", "CWE-20 Improper Input Validation", "79", "NVD-CWE-noinfo", "-1", "0"]),
            [79, 20]
        );
    }

    #[test]
    fn weaknesses_are_numbers() {
        assert_eq!(
            ["CWE-89: SQL", "79", "-1", "0", "A3"].map(weakness),
            [Some(89), Some(79), None, None, None]
        );
    }
}
