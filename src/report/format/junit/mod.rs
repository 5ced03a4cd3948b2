//! `JUnit`'s XML, which every test runner writes, each in its own way, and some scanners too.
//!
//! There is no specification. What a suite says of itself is missing, counted twice, or wrong, so cases are
//! counted; only where a suite claims tests and lists none is it believed, and then nothing is well. The
//! body of a failure is never kept: tests print whatever they like.

mod scanner;
#[cfg(test)]
mod tests;

use super::Format;
use crate::report::input::xml::{Element, Node, Xml};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Rule, Severity, TestTotals, place};
use scanner::Scanner;

/// `JUnit`.
pub(super) const FORMAT: Format = Format { name: "junit", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    ["testsuites", "testsuite"].iter().any(|root| sketch.xml(root).is_some())
}

/// What became of a case. Of several outcomes in one case, the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Outcome {
    #[default]
    Passed,
    Skipped,
    Failed,
    Errored,
}

impl Outcome {
    /// The element that tells it, which is also the word for it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Failed => "failure",
            Self::Errored => "error",
        }
    }

    /// What the element of this name, or the status of a case without one, tells.
    fn of(word: &str) -> Option<Self> {
        match word {
            "error" | "errored" => Some(Self::Errored),
            "failure" | "failed" => Some(Self::Failed),
            "skipped" | "disabled" | "notrun" | "suppressed" | "ignored" => Some(Self::Skipped),
            _ => None,
        }
    }
}

/// The case at hand. Its texts are used again for the next one.
#[derive(Debug, Default)]
struct Case {
    class: String,
    name: String,
    file: String,
    line: Option<u32>,
    outcome: Outcome,
    message: String,
    /// The type of its failure: an exception's name, or a scanner's word for how bad it is.
    kind: String,
    flaky: bool,
}

/// A suite that is open: what it claims, and how many cases were in it.
#[derive(Debug)]
struct Suite {
    name: String,
    claimed: u64,
    failing: u64,
    cases: u64,
    failed: u64,
}

#[derive(Debug, Default)]
struct Reader {
    suites: Vec<Suite>,
    totals: TestTotals,
    flaky: u64,
    /// The first suite that claims what it does not show.
    missing: Option<String>,
    named: bool,
    scanner: Option<Scanner>,
    /// Its lines count from zero.
    zero_based: bool,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut xml = input.xml();
    let mut reader = Reader::default();
    let mut case = Case::default();
    draft.begin("junit");
    while let Some(node) = xml.next_node()? {
        match node {
            Node::Open(element) => match element.name() {
                "testsuites" | "testsuite" => {
                    let suite = Suite::of(&element);
                    reader.name(&suite.name, draft);
                    reader.suites.push(suite);
                }
                "testcase" => {
                    case.begin(&element);
                    case.read(&mut xml)?;
                    reader.take(&case, draft);
                }
                // The suite itself broke beside its cases: its class could not be loaded, or what it opened closed.
                "error" | "failure" => {
                    case.begin_suite(reader.suites.last().map_or("", |suite| &suite.name));
                    case.see(&element);
                    reader.take(&case, draft);
                    xml.skip()?;
                }
                _ => xml.skip()?,
            },
            // All else that opens is read to its end, so it is a suite that closes.
            Node::Close => reader.close(),
            Node::Text(_) => {}
        }
    }
    reader.end(draft);
    Ok(())
}

impl Suite {
    fn of(element: &Element<'_>) -> Self {
        let mut suite = Self { name: String::new(), claimed: 0, failing: 0, cases: 0, failed: 0 };
        for (name, value) in element.attributes() {
            match name {
                "name" => suite.name = value.into_owned(),
                "tests" => suite.claimed = value.trim().parse().unwrap_or(0),
                "failures" | "errors" => suite.failing += value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        suite
    }
}

impl Case {
    fn begin(&mut self, element: &Element<'_>) {
        self.clear();
        for (name, value) in element.attributes() {
            match name {
                "classname" | "class" => self.class.push_str(&value),
                "name" => self.name.push_str(&value),
                "file" | "filepath" => self.file.push_str(&value),
                "line" | "lineno" => self.line = value.trim().parse().ok(),
                "status" | "result" => {
                    let told = Outcome::of(&value.trim().to_ascii_lowercase());
                    self.outcome = self.outcome.max(told.unwrap_or_default());
                }
                _ => {}
            }
        }
    }

    /// What broke in a suite beside its cases counts as one more of them.
    fn begin_suite(&mut self, name: &str) {
        self.clear();
        self.name.push_str(if name.is_empty() { "a suite" } else { name });
    }

    fn clear(&mut self) {
        for text in [&mut self.class, &mut self.name, &mut self.file, &mut self.message, &mut self.kind] {
            text.clear();
        }
        (self.line, self.outcome, self.flaky) = (None, Outcome::Passed, false);
    }

    /// Reads what is in the case, to where it closes.
    fn read(&mut self, xml: &mut Xml<'_>) -> Result<()> {
        let inside = xml.depth();
        while xml.depth() >= inside {
            match xml.next_node()? {
                Some(Node::Open(element)) => {
                    self.see(&element);
                    xml.skip()?;
                }
                Some(Node::Text(_) | Node::Close) => {}
                None => break,
            }
        }
        Ok(())
    }

    fn see(&mut self, element: &Element<'_>) {
        if matches!(element.name(), "flakyFailure" | "flakyError") {
            self.flaky = true;
        }
        let Some(outcome @ (Outcome::Failed | Outcome::Errored | Outcome::Skipped)) = (match element.name() {
            name @ ("error" | "failure" | "skipped") => Outcome::of(name),
            _ => None,
        }) else {
            return;
        };
        let worse = outcome > self.outcome || self.message.is_empty() && outcome == self.outcome;
        self.outcome = self.outcome.max(outcome);
        if !worse {
            return;
        }
        (self.message, self.kind) = (String::new(), String::new());
        for (name, value) in element.attributes() {
            match name {
                "message" => {
                    self.message.push_str(value.trim().lines().next().unwrap_or_default().trim());
                }
                "type" => self.kind = value.into_owned(),
                _ => {}
            }
        }
    }

    /// Its class and its name, as people call it.
    fn id(&self) -> String {
        let (class, name) = (self.class.trim(), self.name.trim());
        match (class, name) {
            ("", "") => "unnamed test".to_owned(),
            ("", one) | (one, "") => one.to_owned(),
            (class, name) if name.starts_with(class) => name.to_owned(),
            (class, name) => format!("{class}.{name}"),
        }
    }
}

impl Reader {
    /// Who wrote it, by the name of the outermost suite that has a telling one.
    fn name(&mut self, suite: &str, draft: &mut Draft) {
        if self.named {
            return;
        }
        let lower = suite.trim().to_ascii_lowercase();
        if let Some(scanner) = Scanner::of(&lower) {
            draft.tool(scanner.name(), None);
            (self.scanner, self.named) = (Some(scanner), true);
            return;
        }
        let runners = ["pytest", "jest", "vitest", "mocha", "phpunit", "rspec", "nextest"];
        let words = lower.split(|character: char| !character.is_ascii_alphanumeric()).next();
        if let Some(runner) = words.and_then(|word| runners.iter().find(|runner| **runner == word)) {
            draft.tool(runner, None);
            (self.named, self.zero_based) = (true, *runner == "pytest");
        }
    }

    fn take(&mut self, case: &Case, draft: &mut Draft) {
        let failed = case.outcome >= Outcome::Failed;
        for suite in &mut self.suites {
            suite.cases += 1;
            suite.failed += u64::from(failed);
        }
        self.flaky += u64::from(case.flaky && !failed);
        if let Some(scanner) = self.scanner {
            if failed {
                let suite = self.suites.last().map_or("", |suite| &suite.name);
                let finding = scanner.finding(case, suite, draft);
                draft.add(finding);
            }
            return;
        }
        let totals = &mut self.totals;
        totals.cases += 1;
        match case.outcome {
            Outcome::Passed => totals.passed += 1,
            Outcome::Skipped => totals.skipped += 1,
            Outcome::Failed => totals.failed += 1,
            Outcome::Errored => totals.errored += 1,
        }
        if failed {
            let finding = self.finding(case, draft);
            draft.add(finding);
        }
    }

    fn finding(&self, case: &Case, draft: &mut Draft) -> Finding {
        let rule = draft.rule(Rule::named(&case.id()));
        let mut finding = Finding::new(Category::Test, Severity::Unknown, rule);
        finding.native = Some(draft.text(case.outcome.as_str()));
        let message = if case.message.is_empty() { case.kind.as_str() } else { case.message.as_str() };
        finding.message = draft.message(message);
        let line = case.line.map(|line| line.saturating_add(u32::from(self.zero_based)));
        finding.place = place(draft, &case.file, line);
        finding
    }

    fn close(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        let name =
            if suite.name.is_empty() { "A suite".to_owned() } else { format!("The suite {}", suite.name) };
        let missing = match suite {
            Suite { claimed, cases: 0, .. } if claimed > 0 => {
                Some(format!("{name} says {} and lists none.", tests(claimed)))
            }
            Suite { failing, failed: 0, .. } if failing > 0 => {
                Some(format!("{name} says that {} failed and shows none of them.", tests(failing)))
            }
            _ => None,
        };
        self.missing = self.missing.take().or(missing);
    }

    fn end(self, draft: &mut Draft) {
        if let Some(missing) = self.missing {
            let why = format!("{missing} The run was probably aborted.");
            if self.totals.cases == 0 { draft.scan_failed(why) } else { draft.partial(why) }
        }
        if self.scanner == Some(Scanner::Mypy) && draft.report().counts.findings > 0 {
            draft
                .note("mypy writes all of its errors as one case; its own output lists each with its place.");
        }
        if self.scanner.is_some() {
            return;
        }
        if self.flaky > 0 {
            draft.note(format!("{} passed only when they were run again.", tests(self.flaky)));
        }
        let report = draft.report();
        report.tests = Some(self.totals);
        for (outcome, count) in
            [(Outcome::Passed, self.totals.passed), (Outcome::Skipped, self.totals.skipped)]
        {
            if count > 0 {
                report.counts.native.insert(outcome.as_str().to_owned(), count);
            }
        }
    }
}

fn tests(number: u64) -> String {
    if number == 1 { "1 test".to_owned() } else { format!("{number} tests") }
}
