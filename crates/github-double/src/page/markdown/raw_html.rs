//! The few raw tags that are let through, always balanced; everything else is shown as text.

use super::{Open, Safe};

/// Tags without attributes, except that `<details open>` is known.
const ALLOWED: [&str; 6] = ["details", "summary", "br", "sub", "sup", "kbd"];

/// One raw tag that is allowed.
#[derive(Debug, PartialEq, Eq)]
enum RawTag {
    Break,
    Open { name: &'static str, expanded: bool },
    Close(&'static str),
}

impl Safe<'_> {
    /// Takes a piece of raw HTML: comments vanish, allowed tags stay, the rest becomes text.
    pub(super) fn raw(&mut self, html: &str) {
        let mut rest = html;
        while let Some((text, markup)) = rest.split_once('<') {
            self.plain(text);
            if let Some(comment) = markup.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
            } else if let Some((tag, after)) = raw_tag(markup) {
                self.tag(&tag);
                rest = after;
            } else {
                self.plain("<");
                rest = markup;
            }
        }
        self.plain(rest);
    }

    /// Closes the raw tags that were opened since the last element of Markdown was.
    pub(super) fn close_raw(&mut self) {
        while let Some(Open::Raw(name)) = self.open.last() {
            let end = format!("</{name}>");
            self.open.pop();
            self.write(end);
        }
    }

    fn tag(&mut self, tag: &RawTag) {
        match *tag {
            RawTag::Break => self.write("<br>".to_owned()),
            RawTag::Open { name, expanded } => {
                self.open.push(Open::Raw(name));
                self.write(format!("<{name}{}>", if expanded { " open" } else { "" }));
            }
            RawTag::Close(name) => self.close(name),
        }
    }

    /// Closes a raw tag and those inside it, but never what it does not stand directly in.
    fn close(&mut self, name: &str) {
        let here = self.open.iter().rev().take_while(|open| matches!(open, Open::Raw(_)));
        let Some(above) = here.into_iter().position(|open| matches!(open, Open::Raw(n) if *n == name)) else {
            return;
        };
        for _ in 0..=above {
            if let Some(Open::Raw(inner)) = self.open.pop() {
                self.write(format!("</{inner}>"));
            }
        }
    }
}

/// The allowed tag at the start of what follows a `<`, and what comes after it.
fn raw_tag(markup: &str) -> Option<(RawTag, &str)> {
    let (inside, after) = markup.split_once('>')?;
    let inside = inside.trim_end_matches('/').trim().to_ascii_lowercase();
    let (closes, inside) = inside.strip_prefix('/').map_or((false, inside.as_str()), |name| (true, name));
    let mut words = inside.split_ascii_whitespace();
    let word = words.next()?;
    let name = ALLOWED.into_iter().find(|allowed| *allowed == word)?;
    let expanded = match (words.next(), words.next()) {
        (None, _) => false,
        (Some("open" | "open=\"\""), None) if name == "details" && !closes => true,
        (Some(_), _) => return None,
    };
    let tag = match (name, closes) {
        ("br", _) => RawTag::Break,
        (name, true) => RawTag::Close(name),
        (name, false) => RawTag::Open { name, expanded },
    };
    Some((tag, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bare_tag_is_allowed() {
        let open = |name, expanded| Some((RawTag::Open { name, expanded }, "x"));
        assert_eq!(raw_tag("details>x"), open("details", false));
        assert_eq!(raw_tag("DETAILS open>x"), open("details", true));
        assert_eq!(raw_tag("br />x"), Some((RawTag::Break, "x")));
        assert_eq!(raw_tag("/kbd>x"), Some((RawTag::Close("kbd"), "x")));
        for refused in
            ["script>x", "details onclick=a>x", "sub class=b>x", "details open open>x", "kbd", ">x"]
        {
            assert_eq!(raw_tag(refused), None, "{refused}");
        }
    }
}
