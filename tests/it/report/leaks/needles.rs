//! Finds texts in bytes, however they were written down on the way there.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// So many bytes of a form are looked up at once; none is shorter.
const START: usize = 8;

pub struct Needles {
    /// Every form of every text, by its first bytes.
    forms: HashMap<[u8; START], Vec<(Vec<u8>, String)>>,
    /// Whether a form begins with these two bytes: few do, and so most of a text is passed over.
    begins: Vec<bool>,
}

fn first_two(bytes: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
}

impl Needles {
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut found: HashMap<[u8; START], Vec<(Vec<u8>, String)>> = HashMap::new();
        for text in texts {
            for form in forms(&text) {
                let start: [u8; START] = form.as_bytes()[..START].try_into().unwrap();
                found.entry(start).or_default().push((form.into_bytes(), text.clone()));
            }
        }
        let mut begins = vec![false; 1 << 16];
        for start in found.keys() {
            begins[first_two(start)] = true;
        }
        Self { forms: found, begins }
    }

    /// Which of the texts stand in there, as they are or as what is shown to people.
    pub fn found_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let mut found = self.literally_in(bytes);
        found.extend(self.literally_in(shown(&String::from_utf8_lossy(bytes)).as_bytes()));
        found
    }

    fn literally_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (at, start) in bytes.windows(START).enumerate() {
            if !self.begins[first_two(start)] {
                continue;
            }
            let Some(forms) = self.forms.get(start) else { continue };
            let here = forms.iter().filter(|(form, _)| bytes[at..].starts_with(form));
            found.extend(here.map(|(_, text)| text.as_str()));
        }
        found
    }
}

/// What base64 hides, when it hides text.
pub fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// A text as it is, in JSON, in JSON in JSON, in an address, in hexadecimal, in base64 and without backslashes.
fn forms(text: &str) -> BTreeSet<String> {
    let json = in_json(text);
    let address: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let mut forms = BTreeSet::from([
        in_json(&json),
        json,
        address.replace('+', "%20"),
        address,
        hex::encode(text),
        text.replace('\\', ""),
        text.to_owned(),
    ]);
    for before in 0..3 {
        forms.extend(in_base64(text, before));
    }
    forms.retain(|form| form.len() >= START);
    forms
}

fn in_json(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap();
    json[1..json.len() - 1].to_owned()
}

/// What of the base64 depends on this text alone, with so many other bytes before it.
fn in_base64(text: &str, before: usize) -> [String; 2] {
    let bytes = [vec![0; before], text.as_bytes().to_vec()].concat();
    let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)].map(|code| code[first..last].to_owned())
}

/// What somebody sees of HTML or Markdown: entities are what they stand for, and backslashes are not seen.
fn shown(text: &str) -> String {
    let mut parts = text.split('&');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let entity = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        let (character, rest) = entity.unwrap_or(('&', part));
        shown.push(character);
        shown.push_str(rest);
    }
    shown.retain(|character| !matches!(character, '\\' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}'));
    shown
}

fn character(name: &str) -> Option<char> {
    let number = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let secret = "pass\"w<ö\\rd/+1";
    let needles = Needles::new([secret.to_owned()]);
    let json = serde_json::to_string(&format!("it is {secret}!")).unwrap();
    for written in [
        format!("it is {secret}!"),
        serde_json::to_string(&json).unwrap(),
        json,
        format!("?q={}", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>()),
        format!("<td>{}</td>", secret.replace('"', "&quot;").replace('<', "&#60;").replace('/', "&#x2F;")),
        secret.replace('<', "\\<").replace('+', "\\+"),
        hex::encode(format!("x{secret}")),
        STANDARD.encode(format!("{secret} and more")),
        STANDARD.encode(format!("a {secret} and more")),
        URL_SAFE_NO_PAD.encode(format!("1{secret}")),
    ] {
        assert_eq!(needles.found_in(written.as_bytes()), BTreeSet::from([secret]), "{written}");
    }
    assert!(needles.found_in(b"pass\"word and nothing else").is_empty());
}
