//! From a result and its rule to a finding.

use std::sync::Arc;

use super::advisory;
use super::category::category;
use super::place::Files;

use super::rule::{Known, Rules};
use super::seen::{Level, Rare, Rated, Said, Seen};
use crate::report::draft::LONGEST;
use crate::report::{Advisory, Category, Draft, Finding, Image, Package, Place, Rule, Severity, Text};

/// Makes the findings of one run: what depends on its tool.
#[derive(Debug, Default)]
pub(super) struct Maker {
    tool: String,
    /// The image that the results themselves name.
    image: Option<Image>,
}

impl Maker {
    /// For a tool of this name.
    pub(super) fn of(tool: &str) -> Self {
        Self { tool: tool.to_owned(), image: None }
    }

    /// The image that was scanned, as far as the results tell.
    pub(super) fn image(&mut self) -> Option<Image> {
        self.image.take()
    }

    /// The finding that a result is.
    pub(super) fn finding(&mut self, seen: Seen, rules: &Rules, files: &Files, draft: &mut Draft) -> Finding {
        let known = rules.find(&seen.rule);
        let written_id: &str =
            if seen.rule.id.is_empty() { known.map_or("", |known| &known.rule.id) } else { &seen.rule.id };
        let mut tags = known.map(|known| known.tags).unwrap_or_default();
        tags.secret |= seen.rare.as_ref().is_some_and(|rare| rare.secret);
        let kind = category(&self.tool, written_id, tags);
        let level = seen.level.or_else(|| known?.level).unwrap_or(Level::Warning);
        let rated = seen.rated.or_else(|| known?.rated);
        let said = text(&seen.said, known, rules);
        let (rule, aliases) = rule(kind, written_id, known, draft);
        let mut finding = Finding::new(kind, self.severity(rated, seen.own, level), rule);
        finding.native = Some(draft.text(level.as_str()));
        if kind == Category::Vulnerability {
            let (package, advisory) = self.vulnerability(&said, seen.rare.as_deref(), known, rated, aliases);
            (finding.package, finding.advisory) = (package, advisory);
        }
        finding.message = self.message(&finding, &said, draft);
        finding.place = seen.place.and_then(|place| files.place(draft, &place));
        self.see_image(&mut finding, seen.rare.as_deref(), draft);
        finding.secret = (kind == Category::Secret).then(|| draft.secret(None, None));
        finding.suppressed = seen.suppressed;
        finding.tool_fingerprint = seen.fingerprint.filter(|_| !self.repeats_fingerprints());
        finding.occurrences = seen.occurrences;
        finding
    }

    fn severity(&self, rated: Option<Rated>, own: Option<Severity>, level: Level) -> Severity {
        let own = own.filter(|_| matches!(self.tool.as_str(), "bandit" | "zizmor"));
        rated.map(|rated| rated.severity).or(own).unwrap_or_else(|| level.severity())
    }

    fn vulnerability(
        &self,
        said: &str,
        rare: Option<&Rare>,
        known: Option<&Known>,
        rated: Option<Rated>,
        aliases: Vec<Box<str>>,
    ) -> (Option<Box<Package>>, Option<Box<Advisory>>) {
        let purl = known.and_then(|known| known.purl.as_ref());
        let (package, fixed) = advisory::package(&self.tool, said, rare, purl);
        // Trivy writes a score of its own making where it knows none.
        let rated = rated.filter(|_| self.tool != "trivy");
        let score = known.and_then(|known| known.score).or_else(|| rated?.score);
        let advisory = Advisory { aliases, fixed, score, ..Advisory::default() };
        (package.map(Box::new), (advisory != Advisory::default()).then(|| Box::new(advisory)))
    }

    /// What may be told. Whoever finds secrets may quote them; Bandit and its rules in Ruff and flake8 do.
    fn message(&self, finding: &Finding, said: &str, draft: &Draft) -> Box<str> {
        let rule = &finding.rule;
        if finding.category == Category::Secret {
            return if rule.title.is_empty() { "A secret was found.".into() } else { Box::default() };
        }
        if matches!(&*rule.id, "B105" | "B106" | "B107" | "S105" | "S106" | "S107") {
            return draft.message(said.split([':', '\'', '"']).next().unwrap_or_default());
        }
        if self.tool == "trivy" {
            // All else of it is in the finding already.
            let own = said.lines().find_map(|line| line.strip_prefix("Message:"));
            return own.map(|own| draft.message(own)).unwrap_or_default();
        }
        if said == &*rule.title { Box::default() } else { draft.message(said) }
    }

    /// What names an image or a package names no file of the repository.
    fn see_image(&mut self, finding: &mut Finding, rare: Option<&Rare>, draft: &mut Draft) {
        if let Some(image) = rare.and_then(|rare| image(rare.logical.as_deref()?)) {
            self.image.get_or_insert(image);
            finding.place.iter_mut().for_each(|place| place.pseudo = true);
        }
        let Some(place) = &mut finding.place else { return };
        if self.tool == "dockle" {
            let named = || Image { name: (*place.file).into(), ..Image::default() };
            self.image.get_or_insert_with(named);
        }
        place.pseudo |=
            self.tool == "dockle" || finding.category == Category::Vulnerability && names_a_package(place);
        if place.pseudo {
            (place.line, place.end_line, place.column) = (None, None, None);
        }
        if let Some(at) = rare.and_then(|rare| rare.place_message.as_deref()).filter(|_| self.tool == "trivy")
        {
            let target = at.split(": ").next().unwrap_or_default();
            finding.target = (target != &*place.file).then(|| draft.text(target));
        }
    }

    /// Grype's is of the package alone: the same for all of its vulnerabilities.
    fn repeats_fingerprints(&self) -> bool {
        self.tool == "grype"
    }
}

/// The rule that findings share: the known one, or of a vulnerability one with its proper name.
fn rule(
    kind: Category,
    written: &str,
    known: Option<&Known>,
    draft: &mut Draft,
) -> (Arc<Rule>, Vec<Box<str>>) {
    let deprecated = known.map(|known| known.deprecated.as_slice()).unwrap_or_default();
    let (name, aliases) = match kind {
        Category::Vulnerability => advisory::named(written, deprecated),
        _ => (None, Vec::new()),
    };
    let id = name.as_deref().unwrap_or(written);
    let rule = match known {
        Some(known) if *known.rule.id == *id => known.rule.clone(),
        Some(known) => draft.rule(Rule { id: id.into(), ..(*known.rule).clone() }),
        None => draft.rule(Rule::named(id)),
    };
    (rule, aliases)
}

/// What a message says, with its arguments in their places (section 3.11.5) and links without their ends.
fn text(said: &Said, known: Option<&Known>, rules: &Rules) -> String {
    let by_id: Option<Text> = said.id.as_deref().and_then(|id| rules.message(known, id));
    let text = by_id.as_deref().or(said.id.as_deref()).unwrap_or(&said.text);
    unlinked(&filled(text, &said.arguments))
}

/// In one pass, since what an argument says is no template, and no further than what is kept of a message:
/// arguments that name each other would otherwise multiply without end.
fn filled(template: &str, arguments: &[Box<str>]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while filled.len() < LONGEST {
        let Some((before, after)) = rest.split_once('{') else {
            filled.push_str(rest);
            break;
        };
        filled.push_str(before);
        let argument = after.split_once('}').and_then(|(number, after)| {
            let number: usize = number.parse().ok()?;
            Some((arguments.get(number)?, after))
        });
        let (piece, after) = argument.map_or(("{", after), |(argument, after)| (&**argument, after));
        filled.push_str(piece);
        rest = after;
    }
    filled
}

/// `[user-provided value](1)` points at another place of the file (section 3.11.6).
fn unlinked(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let link = after.split_once(')').filter(|(to, _)| to.parse::<u32>().is_ok());
        if let (Some((_, after)), Some(open)) = (link, before.rfind('[')) {
            plain.push_str(before.get(..open).unwrap_or_default());
            plain.push_str(before.get(open + 1..).unwrap_or_default());
            rest = after;
        } else {
            plain.push_str(before);
            plain.push_str("](");
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

/// `localhost/x:1@sha256:bf5d…:/lib/apk/db/installed`, as Grype writes it.
fn image(logical: &str) -> Option<Image> {
    let (name, rest) = logical.split_once("@sha256:")?;
    let digest = rest.split(':').next()?;
    let digests = vec![format!("sha256:{digest}").into()];
    Some(Image { name: name.into(), digests, platform: None })
}

/// `npm/lib@1.0.0`, `alpine:3.10`
fn names_a_package(place: &Place) -> bool {
    let versioned = |(_, version): (&str, &str)| version.starts_with(|first: char| first.is_ascii_digit());
    place.file.contains(':') || place.file.rsplit_once('@').is_some_and(versioned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_arguments_are_text() {
        assert_eq!(unlinked("depends on a [user-provided value](1)."), "depends on a user-provided value.");
        assert_eq!(
            unlinked("see [x](https://e.org) or a[0](y) ](2)"),
            "see [x](https://e.org) or a[0](y) ](2)"
        );
        assert_eq!(filled("\"{0}\" of {1}, {2}", &["ptr".into(), "0".into()]), "\"ptr\" of 0, {2}");
    }

    #[test]
    fn arguments_are_no_templates_and_do_not_multiply() {
        assert_eq!(filled("{0} {1} {x} {", &["{1}".into(), "{0}".into()]), "{1} {0} {x} {");
        let arguments: Vec<Box<str>> = (1..4).map(|next| format!("{{{next}}}").repeat(166).into()).collect();
        assert!(filled(&"{0}".repeat(166), &arguments).len() < 2 * LONGEST);
    }

    #[test]
    fn images_are_told_from_files() {
        let told = image("localhost/x:1@sha256:ab:/lib/apk/db/installed").unwrap();
        assert_eq!((&*told.name, &*told.digests[0]), ("localhost/x:1", "sha256:ab"));
        assert_eq!(image("paginator@0.6.0"), None);
    }
}
