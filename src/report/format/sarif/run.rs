//! One run of one tool (section 3.14), read as its keys come, in whatever order.

use std::collections::HashMap;

use serde::Deserialize;

use super::category::tool_name;
use super::finding::Maker;
use super::invocation;
use super::place::Files;
use super::result::Written;
use super::rule::{Rules, few};
use super::seen::{Level, Outcome, Rated, Reference, Said, Seen};
use crate::report::input::Result;
use crate::report::input::json::{Json, Kind};
use crate::report::input::loose::{Many, One, Word};
use crate::report::{Draft, Image, Severity, Suppression};

/// What a run says, as far as it has been read.
#[derive(Debug, Default)]
struct Run {
    rules: Option<Rules>,
    files: Files,
    maker: Maker,
    invocations: invocation::Outcome,
    /// There is a list of results: the tool scanned.
    scanned: bool,
    /// Results that wait for their rules or files, and of those that will not be kept only how many.
    waiting: Vec<Seen>,
    left_out: HashMap<Shape, u64>,
    fixed: u64,
    undecided: u64,
    passed: u64,
    category: Option<String>,
    image: Option<Image>,
}

/// Results whose rules are not known yet are counted by their kinds once there are too many to wait.
const SHAPES: usize = 100_000;

/// What decides how a result that is not kept is counted.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape {
    rule: Reference,
    level: Option<Level>,
    rated: Option<Severity>,
    own: Option<Severity>,
    suppressed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Automation<'a> {
    #[serde(borrow)]
    id: Word<'a>,
}

/// Reads one run into a report of its own; so many of its results may have to wait.
pub(super) fn read(json: &mut Json<'_>, draft: &mut Draft, waiting: usize) -> Result<()> {
    draft.begin("sarif");
    let mut run = Run::default();
    json.object(|json, key| run.key(json, key, draft, waiting))?;
    run.end(draft);
    Ok(())
}

impl Run {
    fn key(&mut self, json: &mut Json<'_>, key: &str, draft: &mut Draft, waiting: usize) -> Result<()> {
        match key {
            "tool" => {
                let rules = Rules::read(json, draft)?;
                let name = Some(tool_name(&rules.driver.name)).filter(|name| !name.trim().is_empty());
                draft.tool(name.unwrap_or("sarif"), rules.driver.version());
                self.maker = Maker::of(&draft.report().tool.name);
                self.rules = Some(rules);
            }
            "results" => return self.results(json, draft, waiting),
            "invocations" => self.invocations.read(json)?,
            "artifacts" => self.files.read_artifacts(json, draft)?,
            "originalUriBaseIds" => self.files.read_folders(json)?,
            "automationDetails" => self.category = category(&json.read::<One<Automation<'_>>>()?.0),
            "properties" if json.peek()? == Kind::Object => self.image = image(json)?,
            _ => {}
        }
        Ok(())
    }

    fn results(&mut self, json: &mut Json<'_>, draft: &mut Draft, waiting: usize) -> Result<()> {
        // Without a list, the tool did not try to scan, or an error kept it from it (section 3.14.23).
        self.scanned |= json.peek()? == Kind::List;
        json.list(|json| {
            match json.read::<Written<'_>>()?.outcome(draft) {
                Outcome::Finding(seen) => return self.take(*seen, draft, waiting),
                Outcome::Fixed => self.fixed += 1,
                Outcome::Undecided => self.undecided += 1,
                Outcome::Passed => self.passed += 1,
            }
            Ok(())
        })
    }

    fn take(&mut self, seen: Seen, draft: &mut Draft, waiting: usize) -> Result<()> {
        match &self.rules {
            Some(rules) if seen.place.as_ref().is_none_or(|place| self.files.know(place)) => {
                let finding = self.maker.finding(seen, rules, &self.files, draft);
                draft.add(finding);
            }
            _ if self.waiting.len() < waiting => self.waiting.push(seen),
            _ => *self.left_out.entry(Shape::of(seen)).or_default() += 1,
        }
        few(self.left_out.len(), SHAPES, "kinds of results before their rules")
    }

    fn end(mut self, draft: &mut Draft) {
        let rules = self.rules.take().unwrap_or_default();
        for seen in std::mem::take(&mut self.waiting) {
            let finding = self.maker.finding(seen, &rules, &self.files, draft);
            draft.add(finding);
        }
        for (shape, count) in std::mem::take(&mut self.left_out) {
            let finding = self.maker.finding(shape.seen(), &rules, &self.files, draft);
            for _ in 0..count {
                draft.add(finding.clone());
            }
        }
        self.about(draft);
        self.state(draft);
    }

    /// What the report as a whole is about.
    fn about(&mut self, draft: &mut Draft) {
        let image = self.image.take();
        let whole = image.is_some();
        let image = image.or_else(|| self.maker.image());
        let target = image.as_ref().map(|image| image.name.to_string()).or_else(|| self.category.take());
        let target = target.map(|target| draft.text(&target));
        let report = draft.report();
        if whole {
            // What names an image's file names no file of the repository.
            for place in report.findings.iter_mut().filter_map(|finding| finding.place.as_mut()) {
                place.pseudo = true;
                (place.line, place.end_line, place.column) = (None, None, None);
            }
        }
        (report.image, report.target) = (image, target);
    }

    fn state(&self, draft: &mut Draft) {
        if let Some(why) = self.invocations.failure() {
            draft.scan_failed(why);
        } else if !self.scanned {
            draft.scan_failed("This run has no list of results: nothing was scanned.");
        } else if let Some(why) = self.invocations.gap() {
            draft.partial(why);
        }
        if self.fixed > 0 {
            draft.note(format!("{} of its results are marked as fixed and not counted.", self.fixed));
        }
        if self.passed > 0 {
            draft.note(format!(
                "{} of its results are marked as passed, informational or not applicable, and not counted.",
                self.passed
            ));
        }
        if self.undecided > 0 {
            let why =
                format!("{} of its results are left for somebody to review and not counted.", self.undecided);
            draft.note(why.as_str());
            draft.partial(why);
        }
    }
}

impl Shape {
    fn of(seen: Seen) -> Self {
        Self {
            rule: seen.rule,
            level: seen.level,
            rated: seen.rated.map(|rated| rated.severity),
            own: seen.own,
            suppressed: seen.suppressed.is_some(),
        }
    }

    /// A result that is counted like all of this shape.
    fn seen(self) -> Seen {
        let let_through = || Box::new(Suppression { kind: "suppressed".into(), reason: Box::default() });
        Seen {
            rule: self.rule,
            level: self.level,
            rated: self.rated.map(|severity| Rated { severity, score: None }),
            own: self.own,
            said: Said { text: Box::default(), id: None, arguments: Vec::new() },
            place: None,
            occurrences: 1,
            suppressed: self.suppressed.then(let_through),
            fingerprint: None,
            rare: None,
        }
    }
}

/// What Trivy tells of the image it scanned, among a run's properties.
fn image(json: &mut Json<'_>) -> Result<Option<Image>> {
    let (mut name, mut digests) = (None, Vec::new());
    json.object(|json, key| {
        match key {
            "imageName" => name = json.text()?.filter(|name| !name.trim().is_empty()),
            "repoDigests" => {
                let all: Many<Word<'_>> = json.read()?;
                let digest = |written: &Word<'_>| Some(written.0.rsplit_once('@')?.1.into());
                digests = all.items.iter().filter_map(digest).collect();
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(name.map(|name| Image { name: name.into(), digests, platform: None }))
}

/// What comes before the last `/` of a run's id is what it has in common with its like (section 3.17.3).
fn category(details: &Automation<'_>) -> Option<String> {
    let (category, _) = details.id.some()?.rsplit_once('/')?;
    (!category.is_empty()).then(|| category.to_owned())
}
