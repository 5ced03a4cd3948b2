//! Cobertura's XML (<https://cobertura.sourceforge.net/xml/coverage-04.dtd>), which coverage.py, coverlet,
//! gcovr, istanbul and others write.
//!
//! Totals in its head are rounded, count methods twice or are those of another run, so lines are counted.

use super::{Tally, told};
use crate::report::format::Format;
use crate::report::input::xml::{Element, Node};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Coverage, Draft};

/// Cobertura.
pub(in crate::report::format) const FORMAT: Format = Format { name: "cobertura", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.xml("coverage").is_some_and(|root| root.attribute("line-rate").is_some())
}

/// What the head says.
#[derive(Debug, Default)]
struct Head {
    version: String,
    lines_covered: Option<u64>,
    lines_valid: Option<u64>,
    branches_covered: Option<u64>,
    branches_valid: Option<u64>,
}

#[derive(Debug, Default)]
struct Reader {
    tally: Tally,
    /// The lines of methods of the class at hand: they stand among its own again, and count only where it
    /// has none of its own.
    of_methods: Vec<(u32, bool, (u32, u32))>,
    own: bool,
    /// How many elements around the one at hand are methods.
    in_method: bool,
    python: bool,
}

/// More lines than these in one class are counted at once.
const METHODS: usize = 100_000;

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut xml = input.xml();
    let (mut reader, mut head) = (Reader::default(), Head::default());
    let mut open: Vec<Kind> = Vec::new();
    draft.begin("cobertura");
    while let Some(node) = xml.next_node()? {
        match node {
            Node::Open(element) => {
                let kind = Kind::of(element.name());
                match kind {
                    Kind::Root => head = Head::of(&element),
                    Kind::Class => reader.class(&element),
                    Kind::Method => reader.in_method = true,
                    Kind::Line => reader.line(&element)?,
                    Kind::Other => {}
                }
                open.push(kind);
            }
            Node::Close => match open.pop() {
                Some(Kind::Method) => reader.in_method = false,
                Some(Kind::Class) => reader.close()?,
                _ => {}
            },
            Node::Text(_) => {}
        }
    }
    if let Some(name) = head.writer(reader.python) {
        draft.tool(
            name,
            Some(head.version.as_str()).filter(|version| name == "coverage.py" && !version.is_empty()),
        );
    }
    let counted = reader.tally.coverage();
    told(head.beside(counted, draft), draft);
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Root,
    Class,
    Method,
    Line,
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "coverage" => Self::Root,
            "class" => Self::Class,
            "method" => Self::Method,
            "line" => Self::Line,
            _ => Self::Other,
        }
    }
}

impl Head {
    fn of(element: &Element<'_>) -> Self {
        let number = |name: &str| element.attribute(name)?.trim().parse().ok();
        Self {
            version: element
                .attribute("version")
                .map(|version| version.trim().to_owned())
                .unwrap_or_default(),
            lines_covered: number("lines-covered"),
            lines_valid: number("lines-valid"),
            branches_covered: number("branches-covered"),
            branches_valid: number("branches-valid"),
        }
    }

    /// coverage.py writes its own version, others that of the format they mean, which never came to 3.
    fn writer(&self, python: bool) -> Option<&'static str> {
        let major = self.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if self.version.starts_with("gcovr") {
            return Some("gcovr");
        }
        (python && major.is_some_and(|major| major >= 3)).then_some("coverage.py")
    }

    /// What was counted, beside what the head says. Only where no line is listed is the head believed.
    fn beside(&self, counted: Coverage, draft: &mut Draft) -> Coverage {
        let (Some(covered), Some(valid)) = (self.lines_covered, self.lines_valid) else { return counted };
        if counted.lines_valid == 0 && valid > 0 {
            draft.note("It lists no lines; these are the totals in its head.");
            return Coverage {
                lines_covered: covered,
                lines_valid: valid,
                branches_covered: self
                    .branches_covered
                    .filter(|_| self.branches_valid.is_some_and(|all| all > 0)),
                branches_valid: self.branches_valid.filter(|all| *all > 0),
                ..counted
            };
        }
        if (covered, valid) != (counted.lines_covered, counted.lines_valid) {
            draft.note(format!(
                "Its head says {covered} of {valid} lines, and it lists {} of {}, which counts.",
                counted.lines_covered, counted.lines_valid
            ));
        }
        counted
    }
}

impl Reader {
    fn class(&mut self, element: &Element<'_>) {
        let name = element.attribute("filename").or_else(|| element.attribute("name")).unwrap_or_default();
        self.python |= name.ends_with(".py");
        self.tally.file(&name);
        (self.own, self.in_method) = (false, false);
        self.of_methods.clear();
    }

    fn line(&mut self, element: &Element<'_>) -> Result<()> {
        let (mut number, mut run, mut branches) = (None, false, (0, 0));
        for (name, value) in element.attributes() {
            match name {
                "number" => number = value.trim().parse().ok(),
                // Some count in floating point, and some count further than 64 bits.
                "hits" => {
                    run = value.bytes().any(|byte| matches!(byte, b'1'..=b'9')) && !value.starts_with('-');
                }
                "condition-coverage" => branches = conditions(&value).unwrap_or_default(),
                _ => {}
            }
        }
        let Some(number) = number else { return Ok(()) };
        if self.in_method && self.of_methods.len() < METHODS {
            self.of_methods.push((number, run, branches));
            return Ok(());
        }
        self.own = true;
        self.tally.line(number, run, branches)
    }

    fn close(&mut self) -> Result<()> {
        let lines = std::mem::take(&mut self.of_methods);
        if self.own {
            return Ok(());
        }
        lines.into_iter().try_for_each(|(number, run, branches)| self.tally.line(number, run, branches))
    }
}

/// `50% (1/2)`
fn conditions(text: &str) -> Option<(u32, u32)> {
    let (taken, all) = text.split_once('(')?.1.split_once(')')?.0.split_once('/')?;
    let (taken, all) = (taken.trim().parse::<u32>().ok()?, all.trim().parse().ok()?);
    Some((taken.min(all), all))
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbers;
    use crate::report::trial::one;

    #[test]
    fn lines_are_counted_and_methods_only_once() {
        let text = r#"<coverage line-rate="1" version="1.9" lines-covered="8" lines-valid="8"><packages><package><classes>
            <class filename="a.cs"><methods><method><lines><line number="1" hits="11"/><line number="5" hits="7"/></lines></method></methods>
            <lines><line number="1" hits="0"/><line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/></lines></class>
            <class filename="a.cs"><methods/><lines><line number="2" hits="0"/><line number="3" hits="2.0"/></lines></class>
            <class filename="b.cs"><methods><method><lines><line number="4" hits="1"/></lines></method></methods><lines/></class>
            </classes></package></packages></coverage>"#;
        let report = one(text);
        assert_eq!(numbers(&report), [3, 4, 1, 2, 2]);
        assert!(report.notes[0].contains("8 of 8") && report.notes[0].contains("3 of 4"));
        assert_eq!(&*report.tool.name, "cobertura");
    }

    #[test]
    fn totals_are_believed_where_there_is_nothing_else() {
        let report =
            one(r#"<coverage line-rate="0.5" lines-covered="4" lines-valid="8" branches-valid="0"/>"#);
        assert_eq!(numbers(&report), [4, 8, 0, 0, 0]);
        assert!(report.state.is_ok());
    }
}
