//! A sketch of a file: enough of its beginning to tell what it is.
//!
//! Names are never looked at for this: anybody may call a file anything.

use std::io::BufRead;

use super::Limits;
use super::input::json::{Json, Kind};
use super::input::lines::Lines;
use super::input::xml::{Node, Xml};

/// How much of a file is sketched at first; the whole of it only where that does not tell.
pub const GLANCE: usize = 256 << 10;

/// How deep a JSON value is sketched, how many items of a list, how many keys, how many bytes of a text.
const DEEP: usize = 5;
const ITEMS: usize = 3;
const KEYS: usize = 200;
const LONG: usize = 200;
/// Lines of a text that are sketched, and bytes of each.
const LINES: usize = 200;
const WIDE: usize = 2_000;

/// What a file looks like.
#[derive(Debug, Clone, PartialEq)]
pub enum Sketch {
    /// Nothing in it, or only white space.
    Empty,
    /// One JSON value.
    Json(Value),
    /// JSON values, one on each line (NDJSON, JSON lines): the first few of them.
    JsonLines(Vec<Value>),
    /// XML.
    Xml(Root),
    /// Other text, by its first lines, without colours.
    Text(Vec<String>),
    /// No text at all.
    Binary,
}

/// The beginning of a JSON value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// `null`, or what was not sketched: too deep, or after where the sketch ends.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text, cut.
    Text(String),
    /// The first items of a list.
    List(Vec<Self>),
    /// The first keys of an object.
    Object(Vec<(String, Self)>),
}

/// The outermost element of an XML file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Root {
    /// Its name without prefix.
    pub name: String,
    /// Its attributes, as they are written: `xmlns` among them.
    pub attributes: Vec<(String, String)>,
    /// The first elements in it, at whatever depth, with their attributes.
    pub inside: Vec<Self>,
}

impl Sketch {
    /// Sketches what stands at the beginning of a file.
    pub fn of(beginning: &str, limits: Limits) -> Self {
        if beginning.contains('\0') {
            return Self::Binary;
        }
        let visible = beginning.trim_start();
        match visible.as_bytes().first() {
            None => Self::Empty,
            Some(b'{' | b'[' | b'n') => json(visible, limits).unwrap_or_else(|| text(visible, limits)),
            Some(b'<') => xml(visible, limits).unwrap_or_else(|| text(visible, limits)),
            Some(_) => text(visible, limits),
        }
    }

    /// Sketches a JSON file to its end, for files whose telling keys come last.
    pub fn whole_json(bytes: &mut dyn BufRead, limits: Limits) -> Self {
        let mut value = Value::Null;
        // What is broken is found out by the reader of the format.
        drop(sketch(&mut Json::new(bytes, limits), 0, &mut value));
        Self::Json(value)
    }

    /// The JSON value, if it is one.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The first JSON value of several, if they stand on lines; a file of one line is both.
    pub fn first_line(&self) -> Option<&Value> {
        match self {
            Self::JsonLines(values) => values.first(),
            Self::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The root element, if it is XML with this one.
    pub fn xml(&self, root: &str) -> Option<&Root> {
        match self {
            Self::Xml(found) if found.name == root => Some(found),
            _ => None,
        }
    }

    /// The first lines, if it is text of no structure we know.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Text(lines) => lines,
            _ => &[],
        }
    }
}

impl Value {
    /// What stands under these keys, each inside the one before: `at(&["descriptor", "name"])`. In a list,
    /// its first item is looked at.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        let Some((key, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::Object(keys) => keys.iter().find(|(name, _)| name == key)?.1.at(rest),
            Self::List(items) => items.first()?.at(path),
            _ => None,
        }
    }

    /// Whether all these keys are there. In a list, in its first item.
    pub fn has(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.at(&[key]).is_some())
    }

    /// The text there, if it is one.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        match self.at(path)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items there, if it is a list.
    pub fn list(&self, path: &[&str]) -> Option<&[Self]> {
        match self.at(path)? {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether it is an object, which a list of objects is not.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// The first item, if it is a list with any.
    pub fn first(&self) -> Option<&Self> {
        match self {
            Self::List(items) => items.first(),
            _ => None,
        }
    }
}

impl Root {
    /// The value of an attribute, whatever prefix it is written with.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let is = |written: &str| {
            written == name || written.rsplit_once(':').is_some_and(|(_, local)| local == name)
        };
        self.attributes.iter().find(|(written, _)| is(written)).map(|(_, value)| value.as_str())
    }

    /// The first element of this name in it.
    pub fn inside(&self, name: &str) -> Option<&Self> {
        self.inside.iter().find(|element| element.name == name)
    }
}

/// None where it does not even begin as JSON does.
fn json(beginning: &str, limits: Limits) -> Option<Sketch> {
    let mut bytes = beginning.as_bytes();
    let mut json = Json::new(&mut bytes, limits);
    let mut first = Value::Null;
    if sketch(&mut json, 0, &mut first).is_err() {
        // Cut off by the glance, or broken: either way this is what it looks like.
        let begun =
            matches!(&first, Value::Object(_)) || first.first().is_some_and(|item| *item != Value::Null);
        return begun.then_some(Sketch::Json(first));
    }
    let mut all = vec![first];
    while all.len() < ITEMS && json.more().unwrap_or(false) {
        let mut next = Value::Null;
        let whole = sketch(&mut json, 0, &mut next).is_ok();
        if !whole && next == Value::Null {
            // What follows is no JSON: the reader of the one value says so.
            break;
        }
        all.push(next);
        if !whole {
            break;
        }
    }
    let single = all.len() == 1;
    Some(if single { Sketch::Json(all.pop()?) } else { Sketch::JsonLines(all) })
}

/// Writes into `value` as it goes, so that what was seen before the end stays.
fn sketch(json: &mut Json<'_>, depth: usize, value: &mut Value) -> super::input::Result<()> {
    match json.peek()? {
        Kind::Object | Kind::List if depth > DEEP => json.skip(),
        Kind::Object => {
            *value = Value::Object(Vec::new());
            json.object(|json, key| {
                let Value::Object(keys) = &mut *value else { return Ok(()) };
                if keys.len() >= KEYS {
                    return Ok(());
                }
                keys.push((key.chars().take(LONG).collect(), Value::Null));
                keys.last_mut().map_or(Ok(()), |(_, value)| sketch(json, depth + 1, value))
            })
        }
        Kind::List => {
            *value = Value::List(Vec::new());
            json.list(|json| {
                let Value::List(items) = &mut *value else { return Ok(()) };
                if items.len() >= ITEMS {
                    return Ok(());
                }
                items.push(Value::Null);
                items.last_mut().map_or(Ok(()), |item| sketch(json, depth + 1, item))
            })
        }
        Kind::Text => {
            let text: String = json.read()?;
            *value = Value::Text(text.chars().take(LONG).collect());
            Ok(())
        }
        Kind::Number => json.read().map(|number| *value = Value::Number(number)),
        Kind::Bool => json.read().map(|it| *value = Value::Bool(it)),
        Kind::Null => json.skip(),
    }
}

fn xml(beginning: &str, limits: Limits) -> Option<Sketch> {
    let mut bytes = beginning.as_bytes();
    let mut xml = Xml::new(&mut bytes, limits);
    let mut root: Option<Root> = None;
    while let Ok(Some(node)) = xml.next_node() {
        let Node::Open(element) = node else { continue };
        let attributes = element.attributes().take(KEYS);
        let attributes =
            attributes.map(|(name, value)| (name.to_owned(), value.chars().take(LONG).collect()));
        let found =
            Root { name: element.name().to_owned(), attributes: attributes.collect(), inside: Vec::new() };
        match &mut root {
            None => root = Some(found),
            Some(root) => root.inside.push(found),
        }
        if root.as_ref().is_some_and(|root| root.inside.len() >= KEYS) {
            break;
        }
    }
    root.map(Sketch::Xml)
}

fn text(beginning: &str, limits: Limits) -> Sketch {
    let mut bytes = beginning.as_bytes();
    let mut lines = Lines::new(&mut bytes, Limits { item: WIDE, ..limits });
    let mut first = Vec::new();
    while first.len() < LINES {
        let Ok(Some(line)) = lines.next_line() else { break };
        first.push(line.to_owned());
    }
    Sketch::Text(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Sketch {
        Sketch::of(text, Limits::default())
    }

    #[test]
    fn what_is_seen_before_the_end_stays() {
        let sketch = Sketch::of(
            r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"#,
            Limits::default(),
        );
        let json = sketch.json().unwrap();
        assert_eq!(json.text(&["version"]), Some("2.1.0"));
        assert_eq!(json.text(&["runs", "tool", "driver", "name"]), Some("x"));
        assert!(json.has(&["runs"]) && !json.has(&["results"]));
    }

    #[test]
    fn every_kind_of_file_is_told_apart() {
        assert_eq!(of(" \n"), Sketch::Empty);
        assert_eq!(of("null"), Sketch::Json(Value::Null));
        assert_eq!(of("[]"), Sketch::Json(Value::List(Vec::new())));
        assert!(matches!(of("{\"a\":1}\n{\"a\":2}\n"), Sketch::JsonLines(lines) if lines.len() == 2));
        assert_eq!(
            of("<?xml version='1.0'?><b:a c='1'><d/></b:a>").xml("a").unwrap().attribute("c"),
            Some("1")
        );
        assert_eq!(of("note: x\ny").lines(), ["note: x", "y"]);
        assert_eq!(of("[ERROR] x").lines(), ["[ERROR] x"]);
        assert_eq!(of("PK\u{3}\u{4}\0"), Sketch::Binary);
    }
}
