//! XML, pulled: elements as they open and close, with their attributes and texts.
//!
//! Nothing outside the file is ever fetched and no entity is expanded but the five of XML and numbers:
//! any other stands as it was written. The parser holds one tag or text at a time, of [`Limits::item`] at
//! most; what is given of a text is cut at [`Limits::string`].

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::XmlVersion;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::{Fault, Limits, Result};
use crate::report::draft::cut;

/// An XML file, read from its start to its end.
pub struct Xml<'a> {
    reader: quick_xml::Reader<Metered<'a>>,
    buffer: Vec<u8>,
    /// What the node that is given borrows: a tag without its brackets, or a text.
    content: String,
    depth: usize,
    limits: Limits,
    any: bool,
}

/// What comes next in an XML file.
#[derive(Debug)]
pub enum Node<'a> {
    /// An element opens; one that is written `<a/>` opens and closes.
    Open(Element<'a>),
    /// Text, unescaped and cut. What stands between two elements may come in several pieces.
    Text(&'a str),
    /// The innermost open element closes.
    Close,
}

/// An element that opens.
#[derive(Debug)]
pub struct Element<'a>(BytesStart<'a>);

enum Step {
    Open { name: usize },
    Text,
    Close,
    End,
}

impl<'a> Xml<'a> {
    /// Reads these bytes, which are UTF-8.
    pub fn new(bytes: &'a mut dyn BufRead, limits: Limits) -> Self {
        let mut reader =
            quick_xml::Reader::from_reader(Metered { inner: bytes, left: limits.item, item: limits.item });
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        // A bare `&` is common, and a cut text may end within a reference.
        config.allow_dangling_amp = true;
        Self { reader, buffer: Vec::new(), content: String::new(), depth: 0, limits, any: false }
    }

    /// How many elements are open, after the node that was given last.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// What comes next; none at the end of the file, where every element has been closed.
    pub fn next_node(&mut self) -> Result<Option<Node<'_>>> {
        Ok(match self.step()? {
            Step::Open { name } => {
                Some(Node::Open(Element(BytesStart::from_content(self.content.as_str(), name))))
            }
            Step::Text => Some(Node::Text(&self.content)),
            Step::Close => Some(Node::Close),
            Step::End => None,
        })
    }

    /// The text up to where the element that was opened last closes, with what its children say; at most
    /// [`Limits::string`] bytes of it.
    pub fn text(&mut self) -> Result<String> {
        let (inside, longest) = (self.depth, self.limits.string);
        let mut text = String::new();
        while self.depth >= inside {
            match self.next_node()? {
                Some(Node::Text(piece)) => text.push_str(cut(piece, longest.saturating_sub(text.len()))),
                Some(Node::Open(_) | Node::Close) => {}
                None => break,
            }
        }
        Ok(text)
    }

    /// Passes over the element that was opened last, to where it closes.
    pub fn skip(&mut self) -> Result<()> {
        let inside = self.depth;
        while self.depth >= inside && self.next_node()?.is_some() {}
        Ok(())
    }

    fn step(&mut self) -> Result<Step> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().left = self.limits.item;
            match self.reader.read_event_into(&mut self.buffer).map_err(|error| broken(&error))? {
                Event::Start(start) => {
                    self.content.clear();
                    self.content.push_str(&start);
                    let name = start.name().as_ref().len();
                    return self.opened(name);
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::Close);
                }
                Event::Text(text) if self.depth > 0 => {
                    let text = text.xml_content(XmlVersion::Implicit1_0);
                    self.content.clear();
                    let text = unescape(&text).unwrap_or(Cow::Borrowed(&text));
                    self.content.push_str(cut(&text, self.limits.string));
                    return Ok(Step::Text);
                }
                Event::CData(text) if self.depth > 0 => {
                    self.content.clear();
                    self.content
                        .push_str(cut(&text.xml_content(XmlVersion::Implicit1_0), self.limits.string));
                    return Ok(Step::Text);
                }
                Event::GeneralRef(name) if self.depth > 0 => {
                    let written = format!("&{};", name.into_inner());
                    self.content = unescape(&written).map(Cow::into_owned).unwrap_or(written);
                    return Ok(Step::Text);
                }
                Event::Eof => return self.at_the_end(),
                _ => {}
            }
        }
    }

    fn opened(&mut self, name: usize) -> Result<Step> {
        self.depth += 1;
        self.any = true;
        if self.depth > self.limits.depth {
            return Err(Fault(format!("More than {} elements are open at once.", self.limits.depth)));
        }
        Ok(Step::Open { name })
    }

    fn at_the_end(&self) -> Result<Step> {
        match (self.any, self.depth) {
            (true, 0) => Ok(Step::End),
            (true, _) => {
                Err(Fault::new("The file ends in the middle: it was cut off, or its tool was stopped."))
            }
            (false, _) => Err(Fault::new("There is no element in this XML.")),
        }
    }
}

impl Element<'_> {
    /// Its name, without a namespace's prefix.
    pub fn name(&self) -> &str {
        local(self.0.name().into_inner())
    }

    /// The value of an attribute, unescaped; whatever prefix it is written with.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        self.attributes().find(|(written, _)| local(written) == name).map(|(_, value)| value)
    }

    /// All of them, in their order, by the names as they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        // Unchecked: of two of one name, the first counts.
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes.filter_map(std::result::Result::ok).map(|attribute| {
            let raw = attribute.value;
            let value = match unescape(&raw) {
                Ok(value) => value.into_owned().into(),
                Err(_) => raw,
            };
            (attribute.key.into_inner(), value)
        })
    }
}

impl std::fmt::Debug for Xml<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Xml").field("depth", &self.depth).finish_non_exhaustive()
    }
}

/// Bytes of which only so many may be taken before somebody allows more.
struct Metered<'a> {
    inner: &'a mut dyn BufRead,
    left: usize,
    item: usize,
}

impl BufRead for Metered<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other(format!("a tag or a text is longer than {} bytes", self.item)));
        }
        let chunk = self.inner.fill_buf()?;
        Ok(chunk.get(..self.left).unwrap_or(chunk))
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn broken(error: &quick_xml::Error) -> Fault {
    Fault(format!("This is no XML that can be read: {error}."))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::BufReader;

    use super::*;

    fn told(text: &str, limits: Limits) -> Result<String> {
        let mut bytes = BufReader::with_capacity(3, text.as_bytes());
        let mut xml = Xml::new(&mut bytes, limits);
        let mut told = String::new();
        while let Some(node) = xml.next_node()? {
            match node {
                Node::Open(element) => {
                    write!(told, "<{}", element.name()).unwrap();
                    for (name, value) in element.attributes() {
                        write!(told, " {name}={value}").unwrap();
                    }
                    told.push('>');
                }
                Node::Text(text) => told.push_str(text),
                Node::Close => told.push('/'),
            }
        }
        Ok(told)
    }

    fn all(text: &str) -> String {
        told(text, Limits::default()).unwrap()
    }

    #[test]
    fn elements_attributes_and_texts_are_told() {
        assert_eq!(
            all(
                "<?xml version='1.0'?><!-- x > y --><p:a n:x='1 &lt; 2'>t &amp; &#x41;<b/><![CDATA[<raw>]]></p:a>"
            ),
            "<a n:x=1 < 2>t & A<b>/<raw>/"
        );
    }

    #[test]
    fn nothing_is_expanded_or_fetched() {
        let text = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY y \"boom\">]><a b='&y;'>&x;&y; & so</a>";
        assert_eq!(all(text), "<a b=&y;>&x;&y; & so/");
    }

    #[test]
    fn two_documents_in_one_file_are_read() {
        assert_eq!(all("<?xml version=\"1.0\" ?><a></a>\n<?xml version=\"1.0\" ?>\n<b/>"), "<a>/<b>/");
    }

    #[test]
    fn what_is_broken_is_a_fault() {
        for text in ["", "text", "<a>", "<a></b>", "<a", "<a><b></a>", "<a>\u{1}<"] {
            assert!(told(text, Limits::default()).is_err(), "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut_and_long_tags_refused() {
        let limits = Limits { string: 5, item: 300, ..Limits::default() };
        let long = "é".repeat(100);
        let cut = told(&format!("<a>{long}<b><![CDATA[{long}]]></b><!--{long}--></a>"), limits);
        assert_eq!(cut.unwrap(), "<a>éé<b>éé//");
        for longer in
            [format!("<a>{long}{long}</a>"), format!("<a x='{long}{long}'/>"), format!("<!--{long}{long}-->")]
        {
            assert!(told(&longer, limits).is_err());
        }
        assert!(told("<a><a><a/></a></a>", Limits { depth: 2, ..Limits::default() }).is_err());
    }
}
