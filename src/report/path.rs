//! Where a file is in the repository, from however a tool wrote its path.

use std::num::NonZeroU32;

use super::{Draft, Place, Text};

/// Folders into which runners check out: what follows their two or three names is the repository.
const CHECKOUTS: &[(&str, usize)] =
    &[("home/runner/work/", 2), ("Users/runner/work/", 2), ("__w/", 2), ("github/workspace/", 0)];

/// The path below the repository's root, with `/`, as far as that can be told: `file:` and the folders into
/// which GitHub's runners check out are taken off.
pub fn relative(written: &str) -> String {
    let path = written.strip_prefix("file://localhost").or_else(|| written.strip_prefix("file:"));
    let path = path.unwrap_or(written).replace('\\', "/");
    let rooted = path.starts_with('/') || has_drive(&path);
    let path = path.trim_start_matches('/');
    let path = if has_drive(path) { path.get(2..).unwrap_or_default().trim_start_matches('/') } else { path };
    // `D:\a\shop\shop\src\main.rs`: only behind a drive is `a` a runner's folder.
    let windows = path
        .strip_prefix("a/")
        .filter(|_| written.trim_start_matches("file:").trim_start_matches('/').contains(':'));
    let below = windows
        .and_then(|rest| below(rest, 2))
        .or_else(|| CHECKOUTS.iter().find_map(|(folder, names)| below(path.strip_prefix(folder)?, *names)));
    let path = below.filter(|_| rooted).unwrap_or(path);
    path.split('/').filter(|name| !name.is_empty() && *name != ".").collect::<Vec<_>>().join("/")
}

/// A place in a file, from a path as a tool wrote it.
pub fn place(draft: &mut Draft, written: &str, line: Option<u32>) -> Option<Place> {
    let file: Text = draft.text(&relative(written));
    (!file.is_empty()).then_some(Place {
        file,
        line: line.filter(|line| *line > 0),
        end_line: None,
        column: None,
        pseudo: false,
    })
}

/// A place from one position to another, as far as both are told.
pub fn span(
    draft: &mut Draft,
    file: &str,
    line: Option<u32>,
    end_line: Option<u32>,
    column: Option<u32>,
) -> Option<Place> {
    let mut place = place(draft, file, line)?;
    place.end_line = end_line.filter(|end| place.line.is_some_and(|line| *end > line));
    place.column = column.and_then(NonZeroU32::new).map(NonZeroU32::get);
    Some(place)
}

/// What is left after so many names, where there are as many and something behind them.
fn below(path: &str, names: usize) -> Option<&str> {
    let mut rest = path;
    for _ in 0..names {
        rest = rest.split_once('/')?.1;
    }
    (!rest.is_empty()).then_some(rest)
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_repository_on() {
        for (written, relative_to_the_root) in [
            ("./src/main.rs", "src/main.rs"),
            ("src\\app\\views.py", "src/app/views.py"),
            ("dojo/benchmark\\\\views.py", "dojo/benchmark/views.py"),
            ("file:///home/runner/work/shop/shop/src/a.js", "src/a.js"),
            ("/github/workspace/Dockerfile", "Dockerfile"),
            ("D:\\a\\shop\\shop\\src\\a.cs", "src/a.cs"),
            ("/D:/a/shop/shop/src/a.cs", "src/a.cs"),
            ("file:/x/y.c", "x/y.c"),
            ("a/shop/shop/x.rs", "a/shop/shop/x.rs"),
            ("home/runner/work/x/y/z", "home/runner/work/x/y/z"),
            ("/", ""),
            ("../up.rs", "../up.rs"),
        ] {
            assert_eq!(relative(written), relative_to_the_root, "{written}");
        }
    }
}
