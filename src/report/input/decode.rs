//! From bytes to text: a byte order mark is dropped, UTF-16 becomes UTF-8, what is neither becomes U+FFFD.

use std::io::{self, BufRead, Read};

/// How much is taken at once.
const CHUNK: usize = 64 << 10;

/// Bytes that are valid UTF-8, whatever they were before. No chunk ends within a character.
pub struct Decoded<R> {
    inner: R,
    encoding: Option<Encoding>,
    raw: Vec<u8>,
    text: Vec<u8>,
    taken: usize,
    over: bool,
    replaced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl<R: Read> Decoded<R> {
    /// The text of these bytes.
    pub fn new(inner: R) -> Self {
        let (raw, text) = (Vec::with_capacity(CHUNK), Vec::with_capacity(CHUNK));
        Self { inner, encoding: None, raw, text, taken: 0, over: false, replaced: false }
    }

    /// Whether something was not text and stands as U+FFFD now.
    pub fn was_replaced(&self) -> bool {
        self.replaced
    }

    /// Reads what is left, so that whoever counts or hashes the bytes below sees all of them.
    pub fn drain(&mut self) -> io::Result<()> {
        while !self.fill_buf()?.is_empty() {
            self.taken = self.text.len();
        }
        Ok(())
    }

    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.taken = 0;
        while self.text.is_empty() && !self.over {
            let missing = CHUNK.saturating_sub(self.raw.len()) as u64;
            let read = self.inner.by_ref().take(missing).read_to_end(&mut self.raw)?;
            self.over = read == 0;
            self.decode();
        }
        Ok(())
    }

    fn decode(&mut self) {
        let encoding = *self.encoding.get_or_insert_with(|| {
            let (encoding, mark) = match self.raw.as_slice() {
                [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
                [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
                [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
                _ => (Encoding::Utf8, 0),
            };
            self.raw.drain(..mark);
            encoding
        });
        match encoding {
            Encoding::Utf8 => self.decode_utf8(),
            Encoding::Utf16Le => self.decode_utf16(u16::from_le_bytes),
            Encoding::Utf16Be => self.decode_utf16(u16::from_be_bytes),
        }
    }

    fn decode_utf8(&mut self) {
        // What is whole goes over as it is; a character cut off by the chunk's end waits for its rest.
        let cut_off = match std::str::from_utf8(&self.raw) {
            Ok(_) => 0,
            Err(error) if error.error_len().is_none() && !self.over => self.raw.len() - error.valid_up_to(),
            Err(_) => return self.replace_utf8(),
        };
        let rest = self.raw.split_off(self.raw.len() - cut_off);
        self.text.append(&mut self.raw);
        self.raw = rest;
    }

    fn replace_utf8(&mut self) {
        self.replaced = true;
        let mut rest = Vec::new();
        for chunk in self.raw.utf8_chunks() {
            self.text.extend_from_slice(chunk.valid().as_bytes());
            let invalid = chunk.invalid();
            let at_the_end = invalid.as_ptr_range().end == self.raw.as_ptr_range().end;
            if at_the_end && !self.over && invalid.len() < 4 && is_start(invalid) {
                rest = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.text.extend_from_slice("\u{fffd}".as_bytes());
            }
        }
        self.raw = rest;
    }

    fn decode_utf16(&mut self, unit: fn([u8; 2]) -> u16) {
        let pairs: Vec<u16> = self.raw.as_chunks().0.iter().copied().map(unit).collect();
        // A high surrogate at the end waits for its other half.
        let waits = !self.over && pairs.last().is_some_and(|last| (0xd800..0xdc00).contains(last));
        let whole = pairs.len() - usize::from(waits);
        let mut text = String::with_capacity(whole);
        for decoded in char::decode_utf16(pairs.into_iter().take(whole)) {
            self.replaced |= decoded.is_err();
            text.push(decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.text = text.into_bytes();
        self.raw.drain(..whole * 2);
        if self.over && !self.raw.is_empty() {
            self.replaced = true;
            self.raw.clear();
        }
    }
}

/// Whether these bytes may be the start of a character whose rest is still to come.
fn is_start(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken >= self.text.len() {
            self.refill()?;
        }
        Ok(self.text.get(self.taken..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.taken = (self.taken + amount).min(self.text.len());
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R> std::fmt::Debug for Decoded<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoded").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    fn decoded(bytes: &[u8]) -> (String, bool) {
        let mut decoded = Decoded::new(Drops(bytes));
        let mut text = String::new();
        decoded.read_to_string(&mut text).unwrap();
        (text, decoded.was_replaced())
    }

    #[test]
    fn every_encoding_becomes_text() {
        let utf16: Vec<u8> = "\u{feff}{\"ä\":\"😀\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&utf16), ("{\"ä\":\"😀\"}".to_owned(), false));
        let utf16: Vec<u8> = "\u{feff}é".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&utf16), ("é".to_owned(), false));
        assert_eq!(decoded("\u{feff}é😀".as_bytes()), ("é😀".to_owned(), false));
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(decoded(b"a\xffb\xc3"), ("a\u{fffd}b\u{fffd}".to_owned(), true));
        assert_eq!(decoded(b"\xff\xfea\0b"), ("a".to_owned(), true));
    }

    #[test]
    fn no_chunk_ends_within_a_character() {
        let text = "x".to_owned() + &"é😀".repeat(CHUNK);
        let mut decoded = Decoded::new(text.as_bytes());
        let mut whole = String::new();
        loop {
            let chunk = decoded.fill_buf().unwrap();
            if chunk.is_empty() {
                break;
            }
            whole.push_str(std::str::from_utf8(chunk).unwrap());
            let length = chunk.len();
            decoded.consume(length);
        }
        assert_eq!(whole, text);
    }
}
