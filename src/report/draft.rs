//! What a reader writes into: reports in the making, within the budget.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Finding, Limits, Marker, Report, Rule, Secret, State, Text, Tool, Unkept};

/// No more different texts than these are shared; a report in which every text is another gains nothing.
const SHARED: usize = 50_000;
/// Notes beyond these are not written: they are one sentence for each kind of oddity, not for each oddity.
const NOTES: usize = 20;
/// Bytes of a message or a title that are kept.
pub(super) const LONGEST: usize = 500;

/// The reports of one file, while they are read.
#[derive(Debug)]
pub struct Draft {
    format: &'static str,
    reports: Vec<Report>,
    marker: Marker,
    /// How many more findings may be kept.
    left: usize,
    texts: HashSet<Text>,
    rules: HashSet<Arc<Rule>>,
}

impl Draft {
    /// One for a file of this format.
    pub fn new(format: &'static str, limits: &Limits, marker: &Marker) -> Self {
        Self {
            format,
            reports: Vec::new(),
            marker: marker.clone(),
            left: limits.findings,
            texts: HashSet::new(),
            rules: HashSet::new(),
        }
    }

    /// Begins the next report; whatever is told from here on is about it.
    pub fn begin(&mut self, tool: &str) -> &mut Report {
        let name = self.text(&slug(tool));
        self.reports.push(Report::new(self.format, Tool { name, version: None }));
        self.report()
    }

    /// The report in the making. The first one begins by itself, under the format's name.
    pub fn report(&mut self) -> &mut Report {
        if self.reports.is_empty() {
            let tool = Tool { name: self.format.into(), version: None };
            self.reports.push(Report::new(self.format, tool));
        }
        let last = self.reports.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "there is one: it was just pushed")]
        &mut self.reports[last]
    }

    /// Who wrote it, once that is known.
    pub fn tool(&mut self, name: &str, version: Option<&str>) {
        let (name, version) = (self.text(&slug(name)), version.map(|version| self.text(version)));
        self.report().tool = Tool { name, version };
    }

    /// One finding: counted always, kept while there is room.
    pub fn add(&mut self, finding: Finding) {
        let counts = &mut self.report().counts;
        counts.findings += 1;
        counts.suppressed += u64::from(finding.suppressed.is_some());
        *counts.severity.entry(finding.severity).or_default() += 1;
        if let Some(word) = &finding.native {
            match counts.native.get_mut(&**word) {
                Some(count) => *count += 1,
                None => drop(counts.native.insert(word.to_string(), 1)),
            }
        }
        self.keep(finding);
    }

    /// The finding that was added last, in one more package: the file tells it once, so it counts once, and
    /// each of its packages is judged.
    pub fn again(&mut self, finding: Finding) {
        self.keep(finding);
    }

    fn keep(&mut self, finding: Finding) {
        let room = self.left > 0;
        let report = self.report();
        if room {
            report.findings.push(finding);
            self.left -= 1;
        } else if finding.suppressed.is_none() {
            leave_out(report, &finding);
        }
    }

    /// It looked at some of what it should have looked at.
    pub fn partial(&mut self, why: impl Into<String>) {
        if self.report().state.is_ok() {
            self.report().state = State::Partial { why: cut(&why.into(), LONGEST).to_owned() };
        }
    }

    /// The tool says itself that it failed.
    pub fn scan_failed(&mut self, why: impl Into<String>) {
        if !matches!(self.report().state, State::Unreadable { .. }) {
            self.report().state = State::ScanFailed { why: cut(&why.into(), LONGEST).to_owned() };
        }
    }

    /// What it looked at is no longer supported by whoever made it.
    pub fn end_of_life(&mut self, distribution: &str) {
        let distribution = self.text(distribution);
        self.note(format!(
            "{distribution} is no longer supported: new vulnerabilities of it are not listed."
        ));
        self.report().end_of_life = Some(distribution);
    }

    /// What a reader should know besides.
    pub fn note(&mut self, sentence: impl Into<String>) {
        let (notes, sentence) = (&mut self.report().notes, sentence.into());
        if notes.len() < NOTES && !notes.contains(&sentence) {
            notes.push(cut(&sentence, LONGEST).to_owned());
        }
    }

    /// A text that many findings share, cut to what is kept.
    pub fn text(&mut self, text: &str) -> Text {
        let text = cut(text, LONGEST);
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let shared: Text = text.into();
        if self.texts.len() < SHARED {
            self.texts.insert(shared.clone());
        }
        shared
    }

    /// A rule that many findings share. Its texts are cut to what is kept.
    pub fn rule(&mut self, mut rule: Rule) -> Arc<Rule> {
        for text in [&mut rule.id, &mut rule.title] {
            if text.len() > LONGEST {
                *text = cut(text, LONGEST).into();
            }
        }
        let web =
            |url: &str| url.len() <= LONGEST && (url.starts_with("https://") || url.starts_with("http://"));
        rule.url = rule.url.filter(|url| web(url));
        if let Some(known) = self.rules.get(&rule) {
            return known.clone();
        }
        let shared = Arc::new(rule);
        if self.rules.len() < SHARED {
            self.rules.insert(shared.clone());
        }
        shared
    }

    /// A message, cut to what is kept.
    pub fn message(&self, text: &str) -> Box<str> {
        cut(text.trim(), LONGEST).into()
    }

    /// What may be kept of a secret.
    pub fn secret(&self, raw: Option<&str>, verified: Option<bool>) -> Secret {
        let mark = raw.filter(|raw| !raw.is_empty()).map(|raw| self.marker.mark(raw));
        Secret { verified, mark }
    }

    /// Everything that was read.
    pub fn finish(self) -> Vec<Report> {
        self.reports
    }

    /// Everything that was read before it turned out that the file is broken.
    pub fn broken(mut self, why: &str) -> Vec<Report> {
        self.report();
        for report in &mut self.reports {
            report.state = State::Unreadable { why: cut(why, LONGEST).to_owned() };
        }
        self.reports
    }
}

fn leave_out(report: &mut Report, finding: &Finding) {
    let kev = finding.advisory.as_ref().is_some_and(|advisory| advisory.kev);
    let one = Unkept { category: finding.category, weight: finding.weight(), findings: 1, kev };
    let like = |left: &&mut Unkept| Unkept { findings: 1, ..**left } == one;
    match report.unkept.iter_mut().find(like) {
        Some(left) => left.findings += 1,
        None => report.unkept.push(one),
    }
}

/// The name of a tool as a policy writes it: `OWASP ZAP` is `owasp-zap`.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars().take(80) {
        match character {
            letter if letter.is_alphanumeric() || matches!(letter, '.' | '+') => {
                slug.extend(letter.to_lowercase());
            }
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// At most so many bytes of a text, whole characters only.
pub(super) fn cut(text: &str, longest: usize) -> &str {
    text.get(..text.floor_char_boundary(longest)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Advisory, Category, Severity};

    fn draft(findings: usize) -> Draft {
        Draft::new("test", &Limits { findings, ..Limits::default() }, &Marker::new(&[7; 32]))
    }

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut draft = draft(2);
        for severity in [Severity::Low, Severity::High, Severity::High, Severity::Unknown] {
            let rule = draft.rule(Rule::named("CVE-1"));
            draft.add(Finding::new(Category::Vulnerability, severity, rule));
        }
        let report = draft.finish().pop().unwrap();
        assert_eq!((report.counts.findings, report.findings.len()), (4, 2));
        let left =
            Unkept { category: Category::Vulnerability, weight: Severity::High, findings: 2, kev: false };
        assert_eq!(report.unkept, [left]);
    }

    #[test]
    fn what_is_exploited_is_known_though_it_is_not_kept() {
        let mut draft = draft(0);
        for kev in [true, false, true] {
            let rule = draft.rule(Rule::named("CVE-1"));
            let mut finding = Finding::new(Category::Vulnerability, Severity::High, rule);
            finding.advisory = Some(Box::new(Advisory { kev, ..Advisory::default() }));
            draft.add(finding);
        }
        let report = draft.finish().pop().unwrap();
        let told: Vec<_> = report.unkept.iter().map(|left| (left.kev, left.findings)).collect();
        assert_eq!(told, [(true, 2), (false, 1)]);
    }

    #[test]
    fn tools_are_named_as_in_a_policy() {
        assert_eq!(slug("OWASP ZAP"), "owasp-zap");
        assert_eq!(slug(" Trivy (image) "), "trivy-image");
        assert_eq!(slug("dependency-check"), "dependency-check");
    }

    #[test]
    fn a_secret_is_marked_and_gone() {
        let draft = draft(1);
        let [one, same, other] = ["hunter2", "hunter2", "hunter3"].map(|raw| draft.secret(Some(raw), None));
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert!(!format!("{one:?}").contains("hunter2"));
        assert_eq!(draft.secret(Some(""), Some(true)).mark, None);
    }
}
