//! Patterns for the names of tags: `*` is any text without `/`, `**` is any text.

use std::fmt;
use std::str::FromStr;

/// A pattern for a name. `*` stands for any text without `/`, `**` for any text; all else for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glob {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Exactly(char),
    WithoutSlash,
    Anything,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a pattern for tags: use letters, digits and . _ - / + with * (not across /) and **")]
pub struct InvalidGlob {
    text: String,
}

impl Glob {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole name fits.
    ///
    /// Takes time in proportion to both lengths: it follows all ways to match side by side.
    pub fn matches(&self, name: &str) -> bool {
        let mut reached = vec![false; self.pieces.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        self.skip_stars(&mut reached);
        for letter in name.chars() {
            reached = self.step(&reached, letter);
        }
        reached.last().copied().unwrap_or(false)
    }

    /// Where one can be after one more letter.
    fn step(&self, reached: &[bool], letter: char) -> Vec<bool> {
        let mut next = vec![false; reached.len()];
        for (place, (piece, _)) in self.pieces.iter().zip(reached).enumerate().filter(|(_, (_, at))| **at) {
            let target = match piece {
                Piece::Exactly(wanted) => (*wanted == letter).then_some(place + 1),
                Piece::WithoutSlash => (letter != '/').then_some(place),
                Piece::Anything => Some(place),
            };
            if let Some(slot) = target.and_then(|target| next.get_mut(target)) {
                *slot = true;
            }
        }
        self.skip_stars(&mut next);
        next
    }

    /// A star may stand for nothing.
    fn skip_stars(&self, reached: &mut [bool]) {
        let mut carried = false;
        for (slot, piece) in reached.iter_mut().zip(self.pieces.iter().map(Some).chain([None])) {
            *slot |= carried;
            carried = *slot && matches!(piece, Some(Piece::WithoutSlash | Piece::Anything));
        }
    }
}

impl FromStr for Glob {
    type Err = InvalidGlob;
    fn from_str(text: &str) -> Result<Self, InvalidGlob> {
        let allowed = |c: char| c.is_alphanumeric() || ".-_/+*".contains(c);
        if !(1..=255).contains(&text.len()) || !text.chars().all(allowed) || text.contains("***") {
            return Err(InvalidGlob { text: text.chars().take(120).collect() });
        }
        let mut pieces = Vec::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            pieces.push(match letter {
                '*' if letters.next_if_eq(&'*').is_some() => Piece::Anything,
                '*' => Piece::WithoutSlash,
                other => Piece::Exactly(other),
            });
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stops_at_a_slash_and_two_do_not() {
        for (pattern, name, fits) in [
            ("v*", "v1.2.3", true),
            ("v*", "v", true),
            ("v*", "V1", false),
            ("v*", "xv1", false),
            ("v*", "v1/x", false),
            ("v**", "v1/x", true),
            ("release/*", "release/1", true),
            ("release/*", "release/1/2", false),
            ("**", "a/b/c", true),
            ("*-rc*", "1.0-rc2", true),
            ("*-rc", "1.0-rc2", false),
            ("a*b*c", "abbbc", true),
            ("a*b*c", "abbb", false),
            ("größe*", "größe1", true),
        ] {
            assert_eq!(pattern.parse::<Glob>().unwrap().matches(name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_longer() {
        let pattern: Glob = "*a".repeat(100).parse().unwrap();
        assert!(!pattern.matches(&"a".repeat(250).replace('a', "ab")));
    }

    #[test]
    fn what_looks_like_more_than_a_pattern_is_refused() {
        for text in ["", "v?", "v[0-9]", "a b", "***", "!v", "{a,b}"] {
            assert!(text.parse::<Glob>().is_err(), "{text:?}");
        }
    }
}
