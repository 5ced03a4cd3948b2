//! Which of two versions of one package is later, well enough to advise an upgrade. Nothing is judged by it.

use std::cmp::Ordering;

/// By their numbers and words from left to right; `1.0-rc1` is before `1.0`, and `1.0.1` after it.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (parts(one).into_iter(), parts(other).into_iter());
    loop {
        let ordering = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(more), None) => end(&more),
            (None, Some(more)) => end(&more).reverse(),
            (Some(left), Some(right)) => left.cmp(&right),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// What stands before the first dot, without an epoch: releases that share it can be taken for one line.
pub(super) fn line(version: &str) -> &str {
    let version = version.trim_start_matches(['v', 'V', '^', '=', '>', '~', ' ']);
    version.split(['.', '-', '+']).next().unwrap_or_default()
}

/// A word before a number: `1.0-rc1` has one where `1.0.1` has another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Word(String),
    /// Without zeros in front: what is longer is greater, and else what comes later in the alphabet.
    Number(usize, String),
}

/// How a version with more parts stands to one that ends before them.
fn end(more: &Part) -> Ordering {
    const BEFORE: [&str; 9] = ["a", "alpha", "b", "beta", "c", "dev", "pre", "preview", "rc"];
    match more {
        Part::Word(word) if BEFORE.contains(&word.as_str()) => Ordering::Less,
        Part::Word(_) | Part::Number(..) => Ordering::Greater,
    }
}

fn parts(version: &str) -> Vec<Part> {
    let version = version.trim_start_matches(['v', 'V', '^', '=', '>', '~', ' ']);
    let mut parts = Vec::new();
    for word in version.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            parts.push(if digits {
                let number = part.trim_start_matches('0');
                Part::Number(number.len(), number.to_owned())
            } else {
                Part::Word(part.to_ascii_lowercase())
            });
            rest = after;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_versions_come_later() {
        let ascending =
            ["0.9", "1.0.0-rc1", "1.0.0-rc2", "1.0.0", "1.0.1", "1.2", "1.10", "2.0b1", "2.0", "10"];
        assert!(ascending.is_sorted_by(|one, other| compare(one, other).is_lt()), "{ascending:?}");
        assert_eq!(compare("v1.02", "1.2"), Ordering::Equal);
        assert_eq!(compare("1.2.3-1ubuntu2", "1.2.3-1ubuntu10"), Ordering::Less);
        assert_eq!(["4.17.21", "v5.0", "2024-01-01"].map(line), ["4", "5", "2024"]);
    }
}
