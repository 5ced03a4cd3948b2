//! Text line by line, each cut to what may be kept and without terminal colours.

use std::io::BufRead;

use super::{Limits, Result};

/// The lines of a file.
pub struct Lines<'a> {
    bytes: &'a mut dyn BufRead,
    longest: usize,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    /// Reads these bytes, which are text. A line may be as long as an item, so that a line may be one.
    pub fn new(bytes: &'a mut dyn BufRead, limits: Limits) -> Self {
        Self { bytes, longest: limits.item, line: Vec::new(), number: 0 }
    }

    /// The number of the line that was given last, from one.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line without its end; none after the last.
    pub fn next_line(&mut self) -> Result<Option<&str>> {
        self.line.clear();
        let mut any = false;
        loop {
            let chunk = self.bytes.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', chunk);
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            let room = self.longest.saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            let taken = part.len() + usize::from(end.is_some());
            self.bytes.consume(taken);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        drop_colours(&mut self.line);
        // A line that was cut may end within a character.
        let whole = std::str::from_utf8(&self.line).map_or_else(|error| error.valid_up_to(), str::len);
        let line = self.line.get(..whole).unwrap_or_default();
        Ok(Some(std::str::from_utf8(line).unwrap_or_default()))
    }
}

impl std::fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Takes out what tells a terminal how to write (ECMA-48, section 5.4): `ESC [ … letter`.
fn drop_colours(line: &mut Vec<u8>) {
    if !line.contains(&0x1b) {
        return;
    }
    let mut inside = 0;
    line.retain(|byte| match (inside, *byte) {
        (_, 0x1b) => {
            inside = 1;
            false
        }
        (1, b'[') => {
            inside = 2;
            false
        }
        (1, _) => {
            inside = 0;
            true
        }
        (2, 0x40..=0x7e) => {
            inside = 0;
            false
        }
        (2, _) => false,
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_cut_and_without_colour() {
        let text = "one\r\n\x1b[1;31mred\x1b[0m\n\néééééééé\nlast";
        let mut bytes = text.as_bytes();
        let mut lines = Lines::new(&mut bytes, Limits { item: 15, ..Limits::default() });
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(line.to_owned());
        }
        assert_eq!(all, ["one", "red", "", "ééééééé", "last"]);
        assert_eq!(lines.number(), 5);
    }
}
