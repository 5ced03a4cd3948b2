//! Which lines a change touched, from the patches that GitHub shows.

use std::collections::BTreeMap;

/// The lines that a change added or wrote anew, by file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed(BTreeMap<String, Vec<(u32, u32)>>);

impl Changed {
    /// Adds a file with its patch: the hunks of a unified diff, without the lines above the first `@@`.
    pub fn add(&mut self, file: &str, patch: &str) {
        let spans = self.0.entry(file.to_owned()).or_default();
        let mut line = 0_u32;
        for text in patch.lines() {
            match text.bytes().next() {
                Some(b'@') => line = start(text).unwrap_or(line),
                Some(b'+') => {
                    push(spans, line);
                    line = line.saturating_add(1);
                }
                // `\ No newline at end of file` is about the line above it.
                Some(b'-' | b'\\') => {}
                // An empty line of the context may have lost its space on the way.
                Some(_) | None => line = line.saturating_add(1),
            }
        }
    }

    /// The first line from `first` to `last` of a file that was touched.
    pub fn touched(&self, file: &str, first: u32, last: u32) -> Option<u32> {
        let spans = self.0.get(file)?;
        let met = spans.iter().find(|(start, end)| *start <= last.max(first) && first <= *end)?;
        Some(met.0.max(first))
    }

    /// Whether nothing is known to be touched.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }
}

/// The first line on the new side: `@@ -12,6 +14,8 @@ fn main() {` gives 14.
fn start(hunk: &str) -> Option<u32> {
    let (_, rest) = hunk.strip_prefix("@@ -")?.split_once(" +")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

fn push(spans: &mut Vec<(u32, u32)>, line: u32) {
    match spans.last_mut() {
        Some((_, end)) if end.checked_add(1) == Some(line) => *end = line,
        Some(_) | None => spans.push((line, line)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_was_added_or_written_anew_is_touched() {
        let mut changed = Changed::default();
        changed.add(
            "src/a.rs",
            "@@ -1,3 +1,4 @@\n one\n-two\n+TWO\n+and a half\n three\n@@ -20 +21,2 @@ fn main() {\n+x\n\n\\ No newline at end of file",
        );
        let touched: Vec<u32> = (0..40).filter(|n| changed.touched("src/a.rs", *n, *n).is_some()).collect();
        assert_eq!(touched, [2, 3, 21]);
        assert_eq!(
            changed.touched("src/a.rs", 1, 10),
            Some(2),
            "a range that meets it, at its first such line"
        );
        assert_eq!(changed.touched("src/a.rs", 3, 1), Some(3), "an end before the start is no end");
        assert_eq!(changed.touched("src/b.rs", 2, 2), None);
        assert!(!changed.is_empty() && Changed::default().is_empty());
    }

    #[test]
    fn what_is_no_patch_touches_little_and_breaks_nothing() {
        let mut changed = Changed::default();
        changed.add("a", "@@ -1 +99999999999 @@\n+x\n@@ @@\n+y");
        changed.add("b", "");
        assert_eq!(changed.touched("a", 0, 5), Some(0));
        assert_eq!(changed.touched("b", 0, u32::MAX), None);
    }

    proptest! {
        #[test]
        fn no_patch_makes_it_fall_over(patch in "(@@ -[0-9]{1,12},3 [+][0-9]{1,12} @@|[+ -]|.|\n){0,60}") {
            let mut changed = Changed::default();
            changed.add("a", &patch);
            let _ = changed.touched("a", 0, u32::MAX);
        }
    }
}
