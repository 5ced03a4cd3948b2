//! What both spellings of `CycloneDX` say: components, and vulnerabilities with what was decided about them
//! (ECMA-424; <https://cyclonedx.org/docs/1.7/json/>).
//!
//! One vulnerability may affect several components. It counts once, as the file tells it once; each of the
//! components gets its finding, so that a waiver for one does not let the others through.

mod json;
mod xml;

use std::collections::HashMap;

use crate::report::{
    Advisory, Category, Draft, Finding, Image, Inventory, Package, Rule, Severity, Suppression,
};
use crate::report::{digest, package_url};

pub(super) use json::{FORMAT as JSON, document};
pub(super) use xml::FORMAT as XML;

/// Components beyond these are counted, and known by their reference only.
const KNOWN: usize = 100_000;
/// Components of one vulnerability that get a finding each.
const AFFECTED: usize = 1_000;
/// What the native word of a vulnerability without any rating in words is.
const UNRATED: &str = "(none)";

/// A bill of materials while it is read.
#[derive(Debug, Default)]
pub(super) struct Bom {
    /// Of the specification.
    pub version: String,
    /// Who wrote it: name and version.
    pub tools: Vec<(String, Option<String>)>,
    /// What it is about.
    pub about: Component,
    /// How many components it lists.
    pub components: u64,
    /// How many vulnerabilities.
    pub vulnerabilities: u64,
    known: HashMap<Box<str>, Package>,
}

/// A component, as far as a finding or a subject needs it.
#[derive(Debug, Default, Clone)]
pub(super) struct Component {
    /// `library`, `container`, …
    pub kind: String,
    /// How vulnerabilities refer to it.
    pub reference: String,
    /// Its group or namespace.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its package URL.
    pub purl: String,
    /// Algorithm and hexadecimal digest.
    pub hashes: Vec<(String, String)>,
    /// Names and values.
    pub properties: Vec<(String, String)>,
}

/// A vulnerability.
#[derive(Debug, Default)]
pub(super) struct Vulnerability {
    /// As its source calls it.
    pub id: String,
    /// As others call it.
    pub references: Vec<String>,
    /// How bad, according to whom.
    pub ratings: Vec<Rating>,
    /// Numbers of the CWE list.
    pub cwes: Vec<u32>,
    /// What it is.
    pub description: String,
    /// What to do.
    pub recommendation: String,
    /// Where to read more.
    pub url: Option<String>,
    /// What was decided: `not_affected`, `exploitable`, …
    pub state: Option<String>,
    /// Why.
    pub justification: String,
    /// References to components, each with the versions without it.
    pub affects: Vec<(String, Vec<String>)>,
}

/// How bad somebody says it is.
#[derive(Debug, Default)]
pub(super) struct Rating {
    /// In a word.
    pub severity: Option<String>,
    /// In a number.
    pub score: Option<f64>,
    /// By which method: `CVSSv31`, `OWASP`, `SSVC`, …
    pub method: String,
    /// In the method's own notation.
    pub vector: String,
}

impl Bom {
    /// One of its components.
    pub(super) fn component(&mut self, component: &Component) {
        self.components += 1;
        if component.reference.is_empty() || self.known.len() >= KNOWN {
            return;
        }
        let reference = component.reference.clone();
        self.known.entry(reference.into()).or_insert_with(|| component.package());
    }

    /// One of its vulnerabilities.
    pub(super) fn vulnerability(&mut self, draft: &mut Draft, vulnerability: &Vulnerability) {
        self.vulnerabilities += 1;
        let mut affects = vulnerability.affects.iter();
        draft_finding(draft, vulnerability, affects.next(), Draft::add);
        for affected in affects.by_ref().take(AFFECTED - 1) {
            draft_finding(draft, vulnerability, Some(affected), Draft::again);
        }
        if affects.next().is_some() {
            draft.partial(format!(
                "{} affects more than {AFFECTED} components; those beyond are not looked at.",
                vulnerability.id
            ));
        }
    }

    /// Everything was read.
    pub(super) fn finish(self, draft: &mut Draft) {
        self.name_packages(draft);
        if let Some((name, version)) = self.tool() {
            draft.tool(name, version.as_deref());
        }
        let subjects = self.about.digests();
        draft.report().inventory = Some(Inventory {
            specification: format!("CycloneDX {}", self.version).trim().into(),
            components: self.components,
            subjects: subjects.clone(),
        });
        if !self.about.name.is_empty() {
            let target = draft.text(&self.about.name);
            draft.report().target = Some(target);
        }
        if self.about.kind == "container" {
            let name = self.about.name.as_str().into();
            draft.report().image = Some(Image { name, digests: subjects, platform: None });
        }
        if self.components == 0 && self.vulnerabilities == 0 {
            draft.partial(
                "It lists no component: the tool found nothing it knows, or looked in the wrong place.",
            );
        }
    }

    /// Components may stand after the vulnerabilities that refer to them.
    fn name_packages(&self, draft: &mut Draft) {
        for finding in &mut draft.report().findings {
            let Some(package) = &mut finding.package else { continue };
            if package.purl.is_none() && package.version.is_empty() {
                **package = self
                    .known
                    .get(&*package.name)
                    .map_or_else(|| package_url::refers_to(&package.name), Clone::clone);
            }
        }
    }

    /// The tool, and not the library that it writes with.
    fn tool(&self) -> Option<&(String, Option<String>)> {
        let library = |name: &str| name.ends_with("-lib") || name.ends_with("-library");
        self.tools.iter().find(|(name, _)| !library(name)).or(self.tools.first())
    }
}

impl Component {
    fn package(&self) -> Package {
        let name =
            if self.group.is_empty() { self.name.clone() } else { format!("{}/{}", self.group, self.name) };
        let purl = (!self.purl.is_empty()).then(|| self.purl.as_str().into());
        Package { purl, name: name.into(), version: self.version.as_str().into() }
    }

    /// By which digests what it is about is known: its hashes, and those that its names carry.
    fn digests(&self) -> Vec<Box<str>> {
        let mut found: Vec<Box<str>> = Vec::new();
        let mut add = |digest: String| {
            if !found.iter().any(|known| **known == *digest) {
                found.push(digest.into());
            }
        };
        let carried = |name: &&(String, String)| {
            let name = name.0.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
            matches!(name.as_str(), "repodigest" | "manifestdigest" | "imageid" | "digest")
        };
        let named = self.properties.iter().filter(carried).map(|(_, value)| value.as_str());
        for text in [&*self.purl, &*self.version, &*self.reference, &*self.name].into_iter().chain(named) {
            digest::within(text).into_iter().for_each(&mut add);
        }
        for (algorithm, hex) in &self.hashes {
            digest::of(algorithm, hex).into_iter().for_each(&mut add);
        }
        found
    }
}

fn draft_finding(
    draft: &mut Draft,
    vulnerability: &Vulnerability,
    affected: Option<&(String, Vec<String>)>,
    add: fn(&mut Draft, Finding),
) {
    let (severity, native) = worst(&vulnerability.ratings);
    let rule = draft.rule(Rule {
        id: vulnerability.id.as_str().into(),
        title: first_sentence(&vulnerability.description).into(),
        cwe: vulnerability.cwes.clone(),
        url: vulnerability.url.as_deref().map(Into::into),
    });
    let mut finding = Finding::new(Category::Vulnerability, severity, rule);
    finding.native = Some(draft.text(&native));
    let said = [&vulnerability.recommendation, &vulnerability.description];
    finding.message = draft.message(said.into_iter().find(|text| !text.is_empty()).map_or("", |text| text));
    finding.package = affected
        .map(|(reference, _)| Box::new(Package { name: reference.as_str().into(), ..Package::default() }));
    let fixed = affected.map(|(_, fixed)| fixed.as_slice()).unwrap_or_default();
    finding.advisory = Some(Box::new(Advisory {
        aliases: vulnerability.references.iter().map(|id| id.as_str().into()).collect(),
        fixed: fixed.iter().map(|version| version.as_str().into()).collect(),
        score: vulnerability.ratings.iter().filter_map(Rating::cvss).reduce(f64::max),
        ..Advisory::default()
    }));
    finding.suppressed = suppression(draft, vulnerability);
    add(draft, finding);
}

/// The states that say that there is nothing to do (`analysis.state`).
fn suppression(draft: &mut Draft, vulnerability: &Vulnerability) -> Option<Box<Suppression>> {
    let state = vulnerability.state.as_deref()?;
    if !matches!(state, "not_affected" | "false_positive" | "resolved" | "resolved_with_pedigree") {
        return None;
    }
    let kind = draft.text(&format!("VEX {state}"));
    Some(Box::new(Suppression { kind, reason: draft.message(&vulnerability.justification) }))
}

/// The worst of the ratings in words; where no word tells, the worst CVSS score does.
fn worst(ratings: &[Rating]) -> (Severity, String) {
    let words =
        ratings.iter().filter_map(|rating| rating.severity.as_deref()).filter(|word| !word.is_empty());
    let rated = words.map(|word| (Severity::from_word(word).unwrap_or(Severity::Unknown), word));
    let (said, word) = rated.max_by_key(|(severity, _)| *severity).unwrap_or((Severity::Unknown, UNRATED));
    let severity = if said == Severity::Unknown { scored(ratings).unwrap_or(said) } else { said };
    (severity, word.to_ascii_lowercase())
}

fn scored(ratings: &[Rating]) -> Option<Severity> {
    let severity = |rating: &Rating| {
        let score = rating.cvss()?;
        if rating.method == "CVSSv2" { Severity::from_score_v2(score) } else { Severity::from_score(score) }
    };
    ratings.iter().filter_map(severity).max()
}

impl Rating {
    /// The CVSS base score, as it is told or as the vector says.
    fn cvss(&self) -> Option<f64> {
        if !(self.method.is_empty() || self.method.starts_with("CVSS")) {
            return None;
        }
        self.score.or_else(|| {
            let prefix = match self.method.as_str() {
                _ if self.vector.starts_with("CVSS:") => "",
                "CVSSv3" => "CVSS:3.0/",
                "CVSSv31" => "CVSS:3.1/",
                "CVSSv4" => "CVSS:4.0/",
                _ => return None,
            };
            let vector: cvss::Cvss = format!("{prefix}{}", self.vector).parse().ok()?;
            Some(vector.score())
        })
    }
}

/// Advisories tell long stories; their first sentence is what they are about.
fn first_sentence(text: &str) -> &str {
    let line = text.trim().lines().next().unwrap_or_default();
    line.find(". ").and_then(|end| line.get(..=end)).unwrap_or(line)
}
