//! Lines that begin with a place, as compilers and linters have written them since there are any:
//! `path:line:column: what is wrong`.

/// A line that begins with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Located<'a> {
    /// The path, as it is written.
    pub(in crate::report) path: &'a str,
    /// The line, where one is told.
    pub(in crate::report) line: Option<u32>,
    /// The column, where one is told.
    pub(in crate::report) column: Option<u32>,
    /// What follows.
    pub(in crate::report) rest: &'a str,
}

/// The place that a line begins with. Of up to four numbers behind the path, the first two are told.
pub(in crate::report) fn located(line: &str) -> Option<Located<'_>> {
    let (head, rest) = line.split_once(": ")?;
    let (mut path, mut numbers) = (head, Vec::new());
    while let Some((before, number)) = path.rsplit_once(':') {
        let Some(number) = number.parse().ok().filter(|_| numbers.len() < 4) else { break };
        numbers.push(number);
        path = before;
    }
    numbers.reverse();
    let clean = !path.is_empty() && path.trim() == path;
    clean.then_some(Located { path, line: numbers.first().copied(), column: numbers.get(1).copied(), rest })
}

/// Whether this is a file of Python, or what a linter calls its standard input.
pub(in crate::report) fn is_python(path: &str) -> bool {
    let (_, extension) = path.rsplit_once('.').unwrap_or_default();
    matches!(extension, "py" | "pyi" | "pyx" | "pyw" | "ipynb")
        || matches!(path, "stdin" | "<string>" | "<stdin>")
}

/// A text and the name at its end in these brackets: `msg  [name]`.
pub(in crate::report) fn name_at_the_end(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let (message, name) = text.trim_end().strip_suffix(close)?.rsplit_once(open)?;
    let is_name = !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    is_name.then_some((message.trim_end(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_what_follows() {
        let of = |line| located(line).map(|found| (found.path, found.line, found.column, found.rest));
        assert_eq!(of("a/b.py:3:5: E1 x: y"), Some(("a/b.py", Some(3), Some(5), "E1 x: y")));
        assert_eq!(of("a.py: note: x"), Some(("a.py", None, None, "note: x")));
        assert_eq!(of("C:\\a.py:1:2:3:4: error: x"), Some(("C:\\a.py", Some(1), Some(2), "error: x")));
        assert_eq!(of("    a.py:1: x"), None);
        assert_eq!(of("nothing"), None);
    }

    #[test]
    fn names_stand_in_brackets_at_the_end() {
        assert_eq!(name_at_the_end("bad type  [arg-type]", '[', ']'), Some(("bad type", "arg-type")));
        assert_eq!(name_at_the_end("List[int, str]", '[', ']'), None);
    }
}
