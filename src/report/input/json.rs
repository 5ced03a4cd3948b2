//! JSON, pulled: the reader of a format walks down to its items, and takes each out as a whole.
//!
//! Nothing is held but the item at hand. In it, strings are cut at [`Limits::string`] and halves of
//! surrogate pairs become U+FFFD, so that `serde_json` reads whatever a sloppy tool wrote.

use std::io::BufRead;

use serde::Deserialize;

use super::{Fault, Limits, Result};

/// A JSON text, read from its start to its end.
pub struct Json<'a> {
    bytes: &'a mut dyn BufRead,
    limits: Limits,
    depth: usize,
    /// How many values were begun: whether a closure took the value it was offered.
    begun: u64,
    item: Vec<u8>,
}

/// What kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    List,
    /// `"`
    Text,
    /// A number.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

impl<'a> Json<'a> {
    /// Reads these bytes, which are UTF-8.
    pub fn new(bytes: &'a mut dyn BufRead, limits: Limits) -> Self {
        Self { bytes, limits, depth: 0, begun: 0, item: Vec::new() }
    }

    /// What comes next.
    pub fn peek(&mut self) -> Result<Kind> {
        match self.next_visible()? {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::List),
            Some(b'"') => Ok(Kind::Text),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(other) => {
                Err(Fault(format!("This is no JSON: {:?} stands where a value should.", char::from(other))))
            }
            None => Err(ends_early()),
        }
    }

    /// Whether another value follows, after the one before ended: for one JSON text after another.
    pub fn more(&mut self) -> Result<bool> {
        Ok(self.next_visible()?.is_some())
    }

    /// Nothing but white space may follow.
    pub fn end(&mut self) -> Result<()> {
        if self.more()? { Err(Fault::new("Something follows where the JSON should end.")) } else { Ok(()) }
    }

    /// Walks an object: `each` is given every key and reads its value, or leaves it to be passed over.
    /// `null` is an object without keys; anything else is a fault, lest it read as "nothing found".
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, &str) -> Result<()>) -> Result<()> {
        if !self.open(Kind::Object)? {
            return Ok(());
        }
        if self.take_if(b'}')? {
            self.depth -= 1;
            return Ok(());
        }
        loop {
            let key = self.key()?;
            self.offer(|json| each(json, &key))?;
            if self.closes(b'}')? {
                return Ok(());
            }
        }
    }

    /// Walks a list: `each` reads an item, or leaves it to be passed over. `null` is an empty list.
    pub fn list(&mut self, mut each: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if !self.open(Kind::List)? {
            return Ok(());
        }
        if self.take_if(b']')? {
            self.depth -= 1;
            return Ok(());
        }
        loop {
            self.offer(&mut each)?;
            if self.closes(b']')? {
                return Ok(());
            }
        }
    }

    /// Takes the next value out as a whole.
    pub fn read<'b, T: Deserialize<'b>>(&'b mut self) -> Result<T> {
        self.take_item()?;
        serde_json::from_slice(&self.item)
            .map_err(|error| Fault(format!("An item is not as it should be: {error}.")))
    }

    /// Takes the next value out as the bytes of its JSON, strings cut.
    pub fn raw(&mut self) -> Result<&[u8]> {
        self.take_item()?;
        Ok(&self.item)
    }

    /// The next value if it is a text; anything else is passed over.
    pub fn text(&mut self) -> Result<Option<String>> {
        if self.peek()? == Kind::Text { self.read().map(Some) } else { self.skip().map(|()| None) }
    }

    /// The next value if it is a number; anything else is passed over.
    pub fn number(&mut self) -> Result<Option<f64>> {
        if self.peek()? == Kind::Number { self.read().map(Some) } else { self.skip().map(|()| None) }
    }

    /// Passes over the next value.
    pub fn skip(&mut self) -> Result<()> {
        self.begun += 1;
        self.walk(&mut None)
    }

    fn take_item(&mut self) -> Result<()> {
        self.begun += 1;
        let mut item = std::mem::take(&mut self.item);
        item.clear();
        let mut out = Some(item);
        let walked = self.walk(&mut out);
        self.item = out.unwrap_or_default();
        if self.item.len() > self.limits.item { Err(self.too_long()) } else { walked }
    }

    fn too_long(&self) -> Fault {
        Fault(format!("One item is longer than {} bytes.", self.limits.item))
    }

    /// Whether there is something to walk.
    fn open(&mut self, wanted: Kind) -> Result<bool> {
        let found = self.peek()?;
        if found == Kind::Null {
            return self.skip().map(|()| false);
        }
        if found != wanted {
            return Err(Fault(format!(
                "Not as this format writes it: a {found:?} stands where a {wanted:?} should."
            )));
        }
        self.begun += 1;
        self.deeper()?;
        self.next_byte()?;
        Ok(true)
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Fault(format!("More than {} brackets are open at once.", self.limits.depth)));
        }
        Ok(())
    }

    fn offer(&mut self, each: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let before = self.begun;
        each(self)?;
        if self.begun == before { self.skip() } else { Ok(()) }
    }

    fn closes(&mut self, bracket: u8) -> Result<bool> {
        match self.next_visible()? {
            Some(b',') => self.next_byte().map(|_| false),
            Some(found) if found == bracket => {
                self.depth -= 1;
                self.next_byte().map(|_| true)
            }
            Some(found) => {
                Err(Fault(format!("This is no JSON: {:?} stands where a comma should.", char::from(found))))
            }
            None => Err(ends_early()),
        }
    }

    fn key(&mut self) -> Result<String> {
        if self.next_visible()? != Some(b'"') {
            return Err(Fault::new("This is no JSON: a key has no quotes."));
        }
        let key: String = self.read()?;
        if self.next_visible()? != Some(b':') {
            return Err(Fault::new("This is no JSON: no colon follows a key."));
        }
        self.next_byte()?;
        Ok(key)
    }

    fn take_if(&mut self, wanted: u8) -> Result<bool> {
        let found = self.next_visible()? == Some(wanted);
        if found {
            self.next_byte()?;
        }
        Ok(found)
    }

    /// The next byte that is not white space, left where it is.
    fn next_visible(&mut self) -> Result<Option<u8>> {
        loop {
            let chunk = self.bytes.fill_buf()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let blank = chunk.iter().take_while(|byte| is_blank(**byte)).count();
            let found = chunk.get(blank).copied();
            self.bytes.consume(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn next_byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.fill_buf()?.first().ok_or_else(ends_early)?;
        self.bytes.consume(1);
        Ok(byte)
    }

    /// Goes over one value, and writes it out where that is wanted.
    fn walk(&mut self, out: &mut Option<Vec<u8>>) -> Result<()> {
        match self.peek()? {
            Kind::Text => {
                self.next_byte()?;
                self.string(out)
            }
            Kind::Object | Kind::List => self.brackets(out),
            Kind::Number | Kind::Bool | Kind::Null => self.word(out),
        }
    }

    fn brackets(&mut self, out: &mut Option<Vec<u8>>) -> Result<()> {
        let outside = self.depth;
        loop {
            let chunk = self.bytes.fill_buf()?;
            if chunk.is_empty() {
                return Err(ends_early());
            }
            let mut taken = 0;
            let mut ended = false;
            let mut in_string = false;
            for byte in chunk {
                taken += 1;
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth -= 1;
                        ended = self.depth == outside;
                    }
                    _ => {}
                }
                if in_string || ended || self.depth > self.limits.depth {
                    break;
                }
            }
            // The quote that begins a string is written by whoever writes the string.
            let part = chunk.get(..taken - usize::from(in_string)).unwrap_or_default();
            if let Some(item) = out {
                item.extend_from_slice(part);
                if item.len() > self.limits.item {
                    return Err(self.too_long());
                }
            }
            self.bytes.consume(taken);
            if self.depth > self.limits.depth {
                return Err(Fault(format!("More than {} brackets are open at once.", self.limits.depth)));
            }
            if in_string {
                self.string(out)?;
            }
            if ended {
                return Ok(());
            }
        }
    }

    fn word(&mut self, out: &mut Option<Vec<u8>>) -> Result<()> {
        const LONGEST: usize = 400;
        let mut word = Vec::new();
        while let Some(byte) = self.bytes.fill_buf()?.first().copied() {
            if is_blank(byte) || matches!(byte, b',' | b'}' | b']' | b'{' | b'[' | b'"' | b':') {
                break;
            }
            word.push(byte);
            self.bytes.consume(1);
            if word.len() > LONGEST {
                return Err(Fault::new("This is no JSON: a number does not end."));
            }
        }
        let number = |word: &[u8]| serde_json::from_slice::<serde_json::Number>(word).is_ok();
        if !matches!(word.as_slice(), b"true" | b"false" | b"null") && !number(&word) {
            return Err(Fault::new("This is no JSON: a word stands where a value should."));
        }
        if let Some(item) = out {
            item.extend_from_slice(&word);
        }
        Ok(())
    }

    /// From after the quote that begins a string to after the one that ends it.
    fn string(&mut self, out: &mut Option<Vec<u8>>) -> Result<()> {
        let mut room = self.limits.string;
        if let Some(item) = out {
            item.push(b'"');
        }
        loop {
            let chunk = self.bytes.fill_buf()?;
            if chunk.is_empty() {
                return Err(ends_early());
            }
            let stop = memchr::memchr2(b'"', b'\\', chunk);
            let run = chunk.get(..stop.unwrap_or(chunk.len())).unwrap_or_default();
            if let Some(item) = out {
                let kept = run.get(..boundary(run, room)).unwrap_or_default();
                item.extend_from_slice(kept);
                // Once something was left out, nothing that follows it is kept.
                room = if kept.len() < run.len() { 0 } else { room - kept.len() };
            }
            let stopped_by = stop.and_then(|stop| chunk.get(stop).copied());
            let taken = run.len() + usize::from(stop.is_some());
            self.bytes.consume(taken);
            match stopped_by {
                Some(b'"') => {
                    if let Some(item) = out {
                        item.push(b'"');
                    }
                    return Ok(());
                }
                Some(_) => self.escape(out, &mut room)?,
                None => {}
            }
            if out.as_ref().is_some_and(|item| item.len() > self.limits.item) {
                return Err(self.too_long());
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, out: &mut Option<Vec<u8>>, room: &mut usize) -> Result<()> {
        let mut text = [0_u8; 8];
        let text: &[u8] = match self.next_byte()? {
            b'u' => match self.unicode()? {
                Some(character) if u32::from(character) >= 0x20 && !matches!(character, '"' | '\\') => {
                    character.encode_utf8(&mut text).as_bytes()
                }
                Some(character) => &control(character),
                None => "\u{fffd}".as_bytes(),
            },
            known @ (b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => &[b'\\', known],
            _ => return Err(Fault::new("This is no JSON: an unknown escape stands in a string.")),
        };
        if let Some(item) = out {
            if text.len() <= *room {
                item.extend_from_slice(text);
                *room -= text.len();
            } else {
                *room = 0;
            }
        }
        Ok(())
    }

    /// The character of `\uXXXX`, or of a pair of them; none for half of a pair.
    fn unicode(&mut self) -> Result<Option<char>> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first));
        }
        // The other half, if it is one, follows at once. A chunk may end in between, hence byte by byte.
        if self.bytes.fill_buf()?.first() != Some(&b'\\') {
            return Ok(None);
        }
        self.next_byte()?;
        if self.next_byte()? != b'u' {
            return Err(Fault::new(
                "This is no text: half of a surrogate pair is followed by another escape.",
            ));
        }
        let second = self.four_digits()?;
        let pair = (0xdc00..0xe000)
            .contains(&second)
            .then(|| 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        Ok(pair.and_then(char::from_u32))
    }

    fn four_digits(&mut self) -> Result<u32> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = char::from(self.next_byte()?).to_digit(16);
            number = number * 16
                + digit.ok_or_else(|| Fault::new("This is no JSON: \\u is followed by no number."))?;
        }
        Ok(number)
    }
}

impl std::fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Json").field("depth", &self.depth).finish_non_exhaustive()
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn ends_early() -> Fault {
    Fault::new("The file ends in the middle: it was cut off, or its tool was stopped.")
}

/// Escaped as it has to be: it is a control character, a quote or a backslash.
fn control(character: char) -> [u8; 6] {
    let mut text = *b"\\u0000";
    let digits = format!("{:04x}", u32::from(character));
    text[2..].copy_from_slice(digits.as_bytes());
    text
}

/// How much of a text of at most `room` bytes can be kept without cutting a character.
fn boundary(text: &[u8], room: usize) -> usize {
    if text.len() <= room {
        return text.len();
    }
    (0..=room).rev().find(|end| text.get(*end).is_none_or(|byte| byte & 0xc0 != 0x80)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use serde_json::Value;

    use super::*;

    /// Gives one character at a time.
    struct Characters<'a>(&'a str);

    impl Read for Characters<'_> {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("only chunks are asked for")
        }
    }

    impl BufRead for Characters<'_> {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            let first = self.0.chars().next().map_or(0, char::len_utf8);
            Ok(&self.0.as_bytes()[..first])
        }

        fn consume(&mut self, amount: usize) {
            self.0 = &self.0[amount..];
        }
    }

    fn with<T>(text: &str, limits: Limits, read: impl Fn(&mut Json<'_>) -> Result<T>) -> Result<T> {
        let whole = read(&mut Json::new(&mut text.as_bytes(), limits));
        // Wherever a chunk ends, the same is read.
        let mut drops = Characters(text);
        let dropwise = read(&mut Json::new(&mut drops, limits));
        assert_eq!(whole.is_ok(), dropwise.is_ok(), "{text}");
        whole
    }

    fn value(text: &str) -> Result<Value> {
        with(text, Limits::default(), |json| {
            let value = json.read::<Value>()?;
            json.end()?;
            Ok(value)
        })
    }

    #[test]
    fn items_are_read_as_serde_reads_them() {
        for text in [
            r#" { "a" : [ 1, -2.5e3, true, null, "x\n\"y\\ \/ \u00e9 \ud83d\ude00 \u0007" ], "b": {} } "#,
            "[]",
            "0",
            "\"\"",
            "null",
            r#"[[[["]}"]]]]"#,
        ] {
            assert_eq!(value(text).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn halves_of_pairs_are_replaced() {
        assert_eq!(value(r#""a\ud83db""#).unwrap(), "a\u{fffd}b");
        assert_eq!(value(r#""\ude00""#).unwrap(), "\u{fffd}");
        assert_eq!(value(r#""\ud83d\u0041""#).unwrap(), "\u{fffd}");
    }

    #[test]
    fn what_is_broken_is_a_fault() {
        for text in
            ["", "{", r#"{"a":1"#, r#"{"a" 1}"#, "{a:1}", "[1 2]", "\"x", "tru", "[1]]", r#""\x""#, "{}x"]
        {
            assert!(value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_walk_sees_every_key_and_passes_over_what_it_does_not_read() {
        let text = r#"{"skipped":{"deep":[1,{"x":"}"}]},"kept":[{"n":1},{"n":2}],"none":null,"last":"x"}"#;
        let seen = with(text, Limits::default(), |json| {
            let mut seen = Vec::new();
            json.object(|json, key| {
                seen.push(key.to_owned());
                match key {
                    "kept" => json.list(|json| {
                        seen.push(json.read::<Value>()?["n"].to_string());
                        Ok(())
                    }),
                    "none" => json.list(|_| Ok(())),
                    _ => Ok(()),
                }
            })?;
            json.end()?;
            Ok(seen.join(" "))
        });
        assert_eq!(seen.unwrap(), "skipped kept 1 2 none last");
    }

    #[test]
    fn another_kind_of_value_is_not_nothing() {
        assert!(with("\"oops\"", Limits::default(), |json| json.list(|_| Ok(()))).is_err());
        assert!(with("[]", Limits::default(), |json| json.object(|_, _| Ok(()))).is_err());
    }

    #[test]
    fn strings_are_cut_between_characters() {
        let limits = Limits { string: 4, ..Limits::default() };
        let cut = |text: &str| with(text, limits, |json| json.read::<String>()).unwrap();
        assert_eq!(cut(r#""abcdef""#), "abcd");
        assert_eq!(cut(r#""abcéx""#), "abc");
        assert_eq!(cut(r#""ab\n\nx""#), "ab\n");
        assert_eq!(cut(r#""abc\u00e9x""#), "abc");
    }

    #[test]
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is for one lifetime, not for all"
    )]
    fn budgets_hold() {
        let limits = Limits { depth: 3, item: 20, ..Limits::default() };
        assert!(with("[[[[1]]]]", limits, |json| json.skip()).is_err());
        assert!(with("[[[1]]]", limits, |json| json.skip()).is_ok());
        assert!(with("[1,2,3,4,5,6,7,8,9,10,11]", limits, |json| json.raw().map(|_| ())).is_err());
        assert!(with("\"123456789012345678901234567890\"", limits, |json| json.raw().map(|_| ())).is_err());
    }
}
