//! What a verifier needs of an entry, read without building the entry: a log of a million is read in a second.
//!
//! Nearly every entry has the bytes that [`super::statement`] makes, and a strict scanner reads those. It never
//! takes what serde would read otherwise: whatever it does not know goes to serde, whose word counts.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::kind::Kind;
use super::open_enum::OpenEnum;
use super::statement::{InvalidEntry, MAX_BYTES, PREDICATE_TYPE, STATEMENT_TYPE};

/// The fields of an entry on which the log's own rules depend. Of the others, only their form as JSON is checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outline<'b> {
    /// Its index, as it says itself.
    pub(super) seq: u64,
    pub(super) kind: OpenEnum<Kind>,
    /// When it was written, as RFC 3339.
    #[serde(borrow)]
    pub(super) observed_at: Cow<'b, str>,
    /// The index of the intent that it is the outcome of.
    pub(super) intent: Option<u64>,
    #[serde(default, borrow)]
    pub(super) idempotency_key: Option<Cow<'b, str>>,
    /// The vkey that signs the log from here on.
    #[serde(default, borrow)]
    pub(super) new_key: Option<Cow<'b, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'b, P> {
    #[serde(rename = "_type", borrow)]
    format: Cow<'b, str>,
    #[serde(rename = "subject")]
    _subject: IgnoredAny,
    #[serde(borrow)]
    predicate_type: Cow<'b, str>,
    predicate: P,
}

/// What every entry has, whatever its kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bare<'b> {
    seq: u64,
    kind: OpenEnum<Kind>,
    #[serde(borrow)]
    observed_at: Cow<'b, str>,
}

impl<'b> Outline<'b> {
    /// Reads an entry of any version.
    pub(super) fn parse(bytes: &'b [u8]) -> Result<Self, InvalidEntry> {
        if bytes.len() > MAX_BYTES {
            return Err(InvalidEntry::TooLarge(bytes.len()));
        }
        scan(bytes).map_or_else(|| Self::read(bytes), Ok)
    }

    fn read(bytes: &'b [u8]) -> Result<Self, InvalidEntry> {
        match in_statement(bytes) {
            Err(error @ InvalidEntry::Unreadable(_)) => Self::of_unknown_kind(bytes).ok_or(error),
            read => read,
        }
    }

    /// A kind that this version does not know may have fields of the same name and another form.
    fn of_unknown_kind(bytes: &'b [u8]) -> Option<Self> {
        let Bare { seq, kind, observed_at } = in_statement(bytes).ok()?;
        kind.unknown()?;
        Some(Self { seq, kind, observed_at, intent: None, idempotency_key: None, new_key: None })
    }
}

fn in_statement<'b, P: Deserialize<'b>>(bytes: &'b [u8]) -> Result<P, InvalidEntry> {
    let statement: Statement<'b, P> = serde_json::from_slice(bytes)?;
    if statement.format != STATEMENT_TYPE {
        return Err(InvalidEntry::OtherType { field: "_type", wanted: STATEMENT_TYPE });
    }
    if statement.predicate_type != PREDICATE_TYPE {
        return Err(InvalidEntry::OtherType { field: "predicateType", wanted: PREDICATE_TYPE });
    }
    Ok(statement.predicate)
}
/// Reads an entry as we write it: no white space, no escapes, whole numbers, nothing twice.
fn scan(bytes: &[u8]) -> Option<Outline<'_>> {
    let mut scanner = Scanner { rest: std::str::from_utf8(bytes).ok()?.as_bytes() };
    scanner.literal(br#"{"_type":"https://in-toto.io/Statement/v1","subject":"#)?;
    scanner.skip_value(DEEPEST)?;
    scanner.literal(br#","predicateType":"https://countersign.dev/deployment-event/v1","predicate":{"#)?;
    let outline = scanner.predicate()?;
    scanner.literal(b"}")?;
    scanner.rest.is_empty().then_some(outline)
}

/// No value in an entry is nested deeper.
const DEEPEST: u8 = 8;

struct Scanner<'b> {
    /// What was not read yet, of a text in UTF-8.
    rest: &'b [u8],
}

#[derive(Default)]
struct Found<'b> {
    seq: Option<u64>,
    kind: Option<OpenEnum<Kind>>,
    observed_at: Option<&'b str>,
    intent: Option<u64>,
    idempotency_key: Option<&'b str>,
    new_key: Option<&'b str>,
}

impl<'b> Scanner<'b> {
    /// The members of the predicate, up to and with the brace that ends it.
    fn predicate(&mut self) -> Option<Outline<'b>> {
        let mut found = Found::default();
        loop {
            match self.name()? {
                "seq" => once(&mut found.seq, self.number()?)?,
                "kind" => once(&mut found.kind, OpenEnum::read(self.string()?)?)?,
                "observedAt" => once(&mut found.observed_at, self.string()?)?,
                "intent" => once(&mut found.intent, self.number()?)?,
                "idempotencyKey" => once(&mut found.idempotency_key, self.string()?)?,
                "newKey" => once(&mut found.new_key, self.string()?)?,
                _ => self.skip_value(DEEPEST)?,
            }
            match self.byte()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        Some(Outline {
            seq: found.seq?,
            kind: found.kind?,
            observed_at: Cow::Borrowed(found.observed_at?),
            intent: found.intent,
            idempotency_key: found.idempotency_key.map(Cow::Borrowed),
            new_key: found.new_key.map(Cow::Borrowed),
        })
    }

    fn literal(&mut self, text: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn name(&mut self) -> Option<&'b str> {
        let name = self.string()?;
        self.literal(b":")?;
        Some(name)
    }

    fn string(&mut self) -> Option<&'b str> {
        // The whole text is UTF-8 and quotes are ASCII, so this cuts at a character's end.
        std::str::from_utf8(self.string_bytes()?).ok()
    }

    fn string_bytes(&mut self) -> Option<&'b [u8]> {
        self.literal(b"\"")?;
        let (string, rest) = self.rest.split_at_checked(plain_length(self.rest))?;
        self.rest = rest;
        self.literal(b"\"")?;
        Some(string)
    }

    fn number(&mut self) -> Option<u64> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at_checked(digits)?;
        if digits > 1 && number.first() == Some(&b'0') {
            return None;
        }
        self.rest = rest;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    fn skip_value(&mut self, deepest: u8) -> Option<()> {
        match self.rest.first()? {
            b'"' => self.string_bytes().map(drop),
            b'0'..=b'9' => self.number().map(drop),
            b'{' => self.skip_all(b'}', deepest.checked_sub(1)?, |scanner| {
                scanner.string_bytes()?;
                scanner.literal(b":")
            }),
            b'[' => self.skip_all(b']', deepest.checked_sub(1)?, |_| Some(())),
            _ => None,
        }
    }

    /// An object or a list that is not empty; we write no empty ones.
    fn skip_all(&mut self, end: u8, deepest: u8, before_each: fn(&mut Self) -> Option<()>) -> Option<()> {
        self.byte()?;
        loop {
            before_each(self)?;
            self.skip_value(deepest)?;
            match self.byte()? {
                b',' => {}
                byte if byte == end => return Some(()),
                _ => return None,
            }
        }
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// How many bytes there are before the first quote, backslash or control character; eight are looked at at once.
fn plain_length(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return number * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | ..b' ');
    words.len() * 8 + rest.iter().take_while(plain).count()
}

/// Has the high bit of the first quote, backslash or control character set, and no lower one.
fn marks(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word & HIGH;
    below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1) | below(word, 0x20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Entry, Source};
    use crate::clock::Timestamp;
    use proptest::prelude::*;

    const ENTRY: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"git+repo:1296269","digest":{"gitCommit":"6dcb09b5b57875f334f61aebed695e2e4193db5e"}}],"predicateType":"https://countersign.dev/deployment-event/v1","predicate":{"seq":12,"kind":"effect.result","occurredAt":"2026-09-21T14:13:20Z","observedAt":"2026-09-21T14:13:20.25Z","source":{"event":"issue_comment"},"repoId":1296269,"actors":[{"role":"requester","commitment":"l2yZ"}],"intent":11,"idempotencyKey":"p42/deployment","outcome":{"result":"refused","code":"head_moved"}}}"#;

    #[test]
    fn what_we_write_is_scanned() {
        let outline = scan(ENTRY.as_bytes()).unwrap();
        assert_eq!(
            (outline.seq, outline.kind.clone(), outline.intent),
            (12, Kind::EffectResult.into(), Some(11))
        );
        assert_eq!(outline.observed_at, "2026-09-21T14:13:20.25Z");
        assert_eq!(outline.idempotency_key.as_deref(), Some("p42/deployment"));
        assert_eq!(Outline::read(ENTRY.as_bytes()).unwrap(), outline);
        let rotated = ENTRY.replace("}}}", r#"},"newKey":"a+b+c"}}"#);
        assert_eq!(scan(rotated.as_bytes()).unwrap().new_key.as_deref(), Some("a+b+c"));
    }

    #[test]
    fn what_is_written_otherwise_is_left_to_serde() {
        for (from, to, read) in [
            ("\"seq\":12", "\"seq\": 12", true),
            ("\"seq\":12", "\"seq\":12,\"region\":null", true),
            ("\"seq\":12", "\"seq\":12,\"share\":-0.5e3", true),
            ("\"seq\":12", "\"seq\":12,\"none\":{}", true),
            ("p42/deployment", "p42\\/deployment", true),
            ("\"seq\":12", "\"seq\":12,\"seq\":12", false),
            ("\"seq\":12", "\"seq\":012", false),
            ("\"seq\":12", "\"seq\":-12", false),
            ("\"seq\":12", "\"seq\":18446744073709551616", false),
            ("\"seq\":12,", "", false),
            ("effect.result", "effect guessed", false),
            ("effect.result", "effect.\\u0072esult", true),
            ("Statement/v1", "Statement/v2", false),
            ("event/v1", "event/v2", false),
            ("}}}", "}}} ", true),
            ("}}}", "}}}{", false),
            ("}}}", "}},}", false),
        ] {
            let text = ENTRY.replace(from, to);
            assert_eq!(scan(text.as_bytes()), None, "{from} -> {to}");
            assert_eq!(Outline::parse(text.as_bytes()).is_ok(), read, "{from} -> {to}");
        }
        let deep = ENTRY.replace("1296269,", &format!("{}1{},", "[".repeat(200), "]".repeat(200)));
        assert_eq!(scan(deep.as_bytes()), None, "the scanner goes only so deep");
        assert_eq!(Outline::parse(deep.as_bytes()).unwrap().seq, 12, "and serde needs no stack for it");
    }

    #[test]
    fn a_kind_that_is_not_known_is_scanned_and_may_have_fields_of_another_form() {
        let later = ENTRY.replace("effect.result", "effect.guessed");
        let outline = scan(later.as_bytes()).unwrap();
        assert_eq!(outline.kind.as_str(), "effect.guessed");
        assert_eq!((outline.kind.known(), outline.intent), (None, Some(11)));
        assert_eq!(Outline::read(later.as_bytes()).unwrap(), outline);
        for (from, to) in [("\"intent\":11", "\"intent\":[11]"), ("\"p42/deployment\"", "{\"mark\":1}")] {
            let (later, known) = (later.replace(from, to), ENTRY.replace(from, to));
            let other = Outline::parse(later.as_bytes()).unwrap();
            assert_eq!((other.seq, other.kind.as_str()), (12, "effect.guessed"), "{from} -> {to}");
            assert!(Outline::parse(known.as_bytes()).is_err(), "{from} -> {to}");
        }
        for (from, to) in [("\"seq\":12", "\"seq\":\"12\""), ("\"observedAt\"", "\"seenAt\"")] {
            assert!(Outline::parse(later.replace(from, to).as_bytes()).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn the_scanner_never_says_anything_else_than_serde() {
        let mut scanned = 0;
        for place in 0..ENTRY.len() {
            for byte in 0..=255_u8 {
                let mut bytes = ENTRY.as_bytes().to_vec();
                bytes[place] = byte;
                let Some(outline) = scan(&bytes) else { continue };
                assert_eq!(Outline::read(&bytes).unwrap(), outline, "{place} {byte}");
                scanned += 1;
            }
        }
        assert!(scanned > 10_000, "{scanned}");
    }

    proptest! {
        #[test]
        fn any_text_ends_where_serde_says(text in "[ -~äö\\x00-\\x1f\"\\\\]{0,40}") {
            let special = |c: char| c == '"' || c == '\\' || c < ' ';
            prop_assert_eq!(plain_length(text.as_bytes()), text.find(special).unwrap_or(text.len()));
        }

        #[test]
        fn every_entry_we_can_write_is_read_alike(event in any::<String>(), key in "\\PC{0,40}", time in 0_i64..253_402_207_199_999) {
            let mut entry = Entry::new(Kind::Heartbeat, Timestamp(time), Source::internal(&event));
            entry.idempotency_key = Some(key.clone());
            let bytes = entry.encode(7).unwrap();
            let outline = Outline::parse(&bytes).unwrap();
            prop_assert_eq!(&outline, &Outline::read(&bytes).unwrap());
            prop_assert_eq!(Timestamp::parse(&outline.observed_at).unwrap(), Timestamp(time));
            prop_assert_eq!(outline.idempotency_key.as_deref(), Some(key.as_str()));
        }
    }
}
