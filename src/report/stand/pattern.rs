//! Patterns of paths.

/// Whether a path is meant by a pattern: `*` and `?` stand for no `/`, `**` does, and `**/` for nothing too.
///
/// Walks along the pattern with all ends that the path may have been matched to, so that no path, however
/// long, takes more than its length times the pattern's.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let path: Vec<char> = path.chars().collect();
    let mut ends: Vec<bool> = vec![false; path.len() + 1];
    if let Some(start) = ends.first_mut() {
        *start = true;
    }
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let (step, length) = match letter {
            '*' if rest.starts_with("**/") => (Step::Folders, 3),
            '*' if rest.starts_with("**") => (Step::Anything, 2),
            '*' => (Step::Name, 1),
            '?' => (Step::Letter(None), 1),
            letter => (Step::Letter(Some(letter)), letter.len_utf8()),
        };
        ends = step.walk(&ends, &path);
        rest = rest.get(length..).unwrap_or_default();
    }
    ends.last() == Some(&true)
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Letter(Option<char>),
    Name,
    Anything,
    Folders,
}

impl Step {
    fn walk(self, ends: &[bool], path: &[char]) -> Vec<bool> {
        let mut reached = false;
        let mut next = Vec::with_capacity(ends.len());
        for (end, from) in ends.iter().enumerate() {
            let before = end.checked_sub(1).and_then(|before| path.get(before)).copied();
            let there = match self {
                Self::Letter(wanted) => {
                    let stood = end.checked_sub(1).and_then(|before| ends.get(before)) == Some(&true);
                    stood && before.is_some_and(|it| wanted.map_or(it != '/', |wanted| it == wanted))
                }
                Self::Name => *from || (reached && before != Some('/')),
                Self::Anything => *from || reached,
                Self::Folders => *from || (reached && before == Some('/')),
            };
            reached = match self {
                Self::Folders | Self::Anything => reached || *from,
                Self::Letter(_) | Self::Name => there,
            };
            next.push(there);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_mean_paths() {
        for (pattern, path, meant) in [
            ("*.py", "a.py", true),
            ("*.py", "src/a.py", false),
            ("**/*.py", "src/b/a.py", true),
            ("**/*.py", "a.py", true),
            ("src/**/a.py", "src/a.py", true),
            ("src/**/a.py", "srcs/a.py", false),
            ("src/**", "src/b/a.py", true),
            ("src/?.py", "src/a.py", true),
            ("src?a.py", "src/a.py", false),
            ("**", "", true),
            ("a*b*c", "axxbxxc", true),
            ("a*b*c", "axxbxx", false),
            ("gr\u{fc}n/*", "gr\u{fc}n/a", true),
        ] {
            assert_eq!(matches(pattern, path), meant, "{pattern} {path}");
        }
    }

    #[test]
    fn a_long_path_takes_no_long_time() {
        assert!(!matches(&"*a".repeat(50), &"a".repeat(5_000).replace("aaaaa", "aaaa/")));
    }
}
