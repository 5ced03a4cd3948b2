//! Which lines of a comment are spoken as commands, going by what a reader of the page sees.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// A line that starts with a slash, and where that slash stands in the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    start: usize,
}

/// The lines with a slash in front, from the first line that is not blank up to the first without.
///
/// A comment that says something else first has none.
pub(super) fn slashed(body: &str) -> Vec<Line<'_>> {
    let mut end = 0;
    body.split_inclusive('\n')
        .map(|line| {
            end += line.len();
            (end - line.len(), line)
        })
        .skip_while(|(_, line)| line.trim().is_empty())
        .map_while(|(start, line)| slashed_line(start, line))
        .collect()
}

/// A line that Markdown would not take for indented code, starting with a slash.
fn slashed_line(start: usize, line: &str) -> Option<Line<'_>> {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    (indent <= 3 && text.starts_with('/')).then(|| Line { text: text.trim_end(), start: start + indent })
}

/// Those of the lines that the page shows as ordinary text, up to the first that it does not.
///
/// A later line may lie within an HTML comment, a tag's attribute or a code span that an earlier one
/// opened; only a Markdown parser can tell.
pub(super) fn shown<'a>(body: &str, lines: Vec<Line<'a>>) -> Vec<Line<'a>> {
    let starts = text_starts(body);
    lines.into_iter().take_while(|line| starts.contains(&line.start)).collect()
}

/// Where pieces of plain text start that are directly in a paragraph, or in a heading: the underline
/// of a signature (`--`) turns the lines above it into one.
fn text_starts(body: &str) -> BTreeSet<usize> {
    let mut starts = BTreeSet::new();
    let mut depth = 0_usize;
    let mut in_paragraph = false;
    for (event, range) in Parser::new(body).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                depth += 1;
                in_paragraph |= depth == 1 && matches!(tag, Tag::Paragraph | Tag::Heading { .. });
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                in_paragraph &= !matches!(tag, TagEnd::Paragraph | TagEnd::Heading(_));
            }
            Event::Text(_) if in_paragraph && depth == 1 => {
                starts.insert(range.start);
            }
            _ => {}
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(body: &str) -> Vec<&str> {
        shown(body, slashed(body)).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn only_what_a_reader_sees_as_text_is_spoken() {
        for (body, expected) in [
            ("/a b", vec!["/a b"]),
            ("\n \t\r\n   /a b  \r\n/c\r\n", vec!["/a b", "/c"]),
            ("/a\n\n/b", vec!["/a"]),
            ("/a\nthanks\n/b", vec!["/a"]),
            ("/a\n-- \nAlice", vec!["/a"]),
            ("hello\n/a", vec![]),
            ("    /a", vec![]),
            ("\t/a", vec![]),
            ("- /a", vec![]),
            ("> /a", vec![]),
            ("```\n/a\n```", vec![]),
            ("~~~\n/a\n~~~", vec![]),
            ("<!-- x -->\n/a", vec![]),
            ("[x]:\n/a", vec![]),
            ("/a\n```\n/b\n```\n/c", vec!["/a"]),
            ("/a <!--\n/b\n-->", vec!["/a <!--"]),
            ("/a `\n/b\n`", vec!["/a `"]),
            ("/a <b title=\"\n/b\n\">", vec!["/a <b title=\""]),
            ("/a [\n/b\n](http://x)", vec!["/a ["]),
            ("/a\n    /b", vec!["/a"]),
            ("/a _b_ *c*\n/d", vec!["/a _b_ *c*", "/d"]),
            ("/a \\\n/b", vec!["/a \\", "/b"]),
        ] {
            assert_eq!(spoken(body), expected, "{body:?}");
        }
    }
}
