//! What GitHub finds in plain text by itself: mentions, numbers, commits and addresses.

/// Says which names, numbers and commits exist; GitHub links nothing else.
pub(in crate::page) trait References {
    /// Whether `login` or `organisation/team` exists, without the `@`.
    fn is_mention(&self, name: &str) -> bool;
    /// Where the issue or pull request with this number is.
    fn issue(&self, number: i64) -> Option<String>;
    /// Where the commit that this abbreviates is.
    fn commit(&self, sha: &str) -> Option<String>;
}

/// A piece of plain text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Only text.
    Plain(&'t str),
    /// Somebody is told, with the `@`.
    Mention(&'t str),
    /// A link, with its text.
    Link { text: &'t str, address: String },
}

/// Cuts a text into pieces.
pub(super) fn pieces<'t>(text: &'t str, references: &dyn References) -> Vec<Piece<'t>> {
    let mut found = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    let mut previous = ' ';
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let hit = if joins(previous) { None } else { piece_at(rest, references) };
        let Some((length, piece)) = hit else {
            previous = rest.chars().next().unwrap_or(' ');
            at += previous.len_utf8();
            continue;
        };
        found.extend(text.get(plain_from..at).filter(|plain| !plain.is_empty()).map(Piece::Plain));
        found.push(piece);
        at += length;
        plain_from = at;
        previous = 'x';
    }
    found.extend(text.get(plain_from..).filter(|plain| !plain.is_empty()).map(Piece::Plain));
    found
}

/// Whether what follows this character belongs to the same word.
fn joins(previous: char) -> bool {
    previous.is_alphanumeric() || "_/@#-`".contains(previous)
}

fn piece_at<'t>(rest: &'t str, references: &dyn References) -> Option<(usize, Piece<'t>)> {
    if rest.starts_with("http://") || rest.starts_with("https://") {
        let text = address(rest)?;
        return Some((text.len(), Piece::Link { text, address: text.to_owned() }));
    }
    if let Some(after) = rest.strip_prefix('@') {
        let name = prefix(after, |c| c.is_ascii_alphanumeric() || c == '-' || c == '/');
        let text = rest.get(..=name.len())?;
        return references.is_mention(name).then_some((text.len(), Piece::Mention(text)));
    }
    if let Some(after) = rest.strip_prefix('#') {
        let digits = prefix(after, |c| c.is_ascii_digit());
        let text = rest.get(..=digits.len())?;
        let ends = !after.get(digits.len()..)?.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let address = references.issue(digits.parse().ok().filter(|_| ends)?)?;
        return Some((text.len(), Piece::Link { text, address }));
    }
    let sha = prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_');
    let looks_right = (7..=40).contains(&sha.len()) && sha.bytes().all(|b| b.is_ascii_hexdigit());
    let address = references.commit(Some(sha).filter(|_| looks_right)?)?;
    Some((sha.len(), Piece::Link { text: sha, address }))
}

/// A web address up to its end, without the punctuation of the sentence around it.
fn address(rest: &str) -> Option<&str> {
    let whole = prefix(rest, |c| !c.is_whitespace() && c != '<' && c != '"' && c != '`');
    let text = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ')', ']', '*', '_', '|']);
    text.split_once("://").filter(|(_, host)| !host.is_empty()).map(|_| text)
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}
