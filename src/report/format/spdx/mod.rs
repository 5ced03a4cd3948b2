//! What both spellings of SPDX 2 say: packages, what the document describes, and references to advisories
//! (<https://spdx.github.io/spdx-spec/v2.3/>, annex F.2 for the security references).

mod json;
mod spdx3;
mod tag_value;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::report::digest;
use crate::report::{Category, Draft, Finding, Image, Inventory, Package, Rule, Severity};

pub(super) use json::{FORMAT as JSON, document};
pub(super) use spdx3::FORMAT as SPDX3;
pub(super) use tag_value::FORMAT as TAG_VALUE;

/// Packages with digests beyond these are counted only.
const KNOWN: usize = 100_000;
/// The element that is the document itself.
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// A document while it is read.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Of the specification, as it is written: `SPDX-2.3`.
    pub version: String,
    /// What it is called.
    pub name: String,
    /// `Tool: syft-1.18.1`, `Organization: Anchore, Inc`.
    pub creators: Vec<String>,
    /// The elements it says it describes.
    pub describes: HashSet<String>,
    packages: u64,
    /// What the packages with digests are called, and the digests.
    known: HashMap<String, (String, bool, Vec<Box<str>>)>,
}

/// A package.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// `SPDXRef-…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `CONTAINER`, `LIBRARY`, …
    pub purpose: String,
    /// Algorithm and digest.
    pub checksums: Vec<(String, String)>,
    /// Category, type and locator.
    pub references: Vec<(String, String, String)>,
}

impl Document {
    /// One element is said to stand in a relation to another.
    pub(super) fn related(&mut self, element: &str, relation: &str, other: &str) {
        match relation {
            "DESCRIBES" if element == DOCUMENT => drop(self.describes.insert(other.to_owned())),
            "DESCRIBED_BY" if other == DOCUMENT => drop(self.describes.insert(element.to_owned())),
            _ => {}
        }
    }

    /// One of its packages.
    pub(super) fn package(&mut self, draft: &mut Draft, package: Listed) {
        self.packages += 1;
        for (category, kind, locator) in &package.references {
            // Names of products (CPE) are no findings.
            if category == "SECURITY" && !kind.starts_with("cpe") {
                let rule = rule(draft, kind, locator);
                draft.add(finding(rule, kind, locator, &package));
            }
        }
        let mut digests: Vec<Box<str>> = Vec::new();
        let packages = package.purls().filter_map(digest::within).chain(digest::within(&package.version));
        let checked = package.checksums.iter().filter_map(|(algorithm, hex)| digest::of(algorithm, hex));
        for digest in packages.chain(checked) {
            if !digests.iter().any(|known| **known == *digest) {
                digests.push(digest.into());
            }
        }
        let image =
            package.purpose == "CONTAINER" || package.purls().any(|purl| purl.starts_with("pkg:oci/"));
        if (image || !digests.is_empty()) && self.known.len() < KNOWN {
            self.known.insert(package.id, (package.name, image, digests));
        }
    }

    /// Everything was read.
    pub(super) fn finish(self, draft: &mut Draft) {
        if let Some(tool) = self.creators.iter().find_map(|creator| creator.strip_prefix("Tool:")) {
            let (name, version) = tool_and_version(tool.trim());
            draft.tool(name, version);
        }
        let described = self.describes.iter().filter_map(|id| self.known.get(id));
        let mut subjects: Vec<Box<str>> =
            described.clone().flat_map(|(_, _, digests)| digests.iter().cloned()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let image = described.clone().find(|(_, image, _)| *image);
        let image = image.map(|(name, _, digests)| Image {
            name: name.as_str().into(),
            digests: digests.clone(),
            platform: None,
        });
        let target = (!self.name.is_empty()).then(|| draft.text(&self.name));
        let report = draft.report();
        report.target = target;
        report.image = image;
        report.inventory =
            Some(Inventory { specification: self.version.into(), components: self.packages, subjects });
        if self.packages == 0 {
            draft.partial(
                "It lists no package: the tool found nothing it knows, or looked in the wrong place.",
            );
        }
    }
}

impl Listed {
    fn purls(&self) -> impl Iterator<Item = &str> {
        self.references.iter().filter(|(_, kind, _)| kind == "purl").map(|(_, _, locator)| locator.as_str())
    }
}

fn rule(draft: &mut Draft, kind: &str, locator: &str) -> Arc<Rule> {
    let title = format!("The bill of materials names a security {kind} of the package");
    let id = public_id(locator).unwrap_or(locator);
    draft.rule(Rule { id: id.into(), title: title.into(), cwe: Vec::new(), url: Some(locator.into()) })
}

/// A fix or a link that names no vulnerability says only where to read about the package.
fn finding(rule: Arc<Rule>, kind: &str, locator: &str, package: &Listed) -> Finding {
    let about_a_vulnerability = kind == "advisory" || public_id(locator).is_some();
    let severity = if about_a_vulnerability { Severity::Unknown } else { Severity::Info };
    let mut finding = Finding::new(Category::Vulnerability, severity, rule);
    finding.message = format!("{} {}: {kind} {locator}", package.name, package.version)
        .chars()
        .take(400)
        .collect::<String>()
        .into();
    finding.package = Some(Box::new(Package {
        purl: package.purls().next().map(Into::into),
        name: package.name.as_str().into(),
        version: package.version.as_str().into(),
    }));
    finding
}

/// The CVE, GHSA or other id that a link ends in.
fn public_id(locator: &str) -> Option<&str> {
    const FAMILIES: [&str; 10] =
        ["CVE-", "GHSA-", "PYSEC-", "GO-", "RUSTSEC-", "OSV-", "DSA-", "USN-", "ALAS-", "RHSA-"];
    let mut words = locator.split(['/', '?', '=', '#', '&']);
    words.rfind(|word| {
        let family =
            |family: &str| word.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family));
        FAMILIES.into_iter().any(family)
    })
}

/// `syft-1.18.1` is a name and a version, `cdxgen` only a name.
fn tool_and_version(tool: &str) -> (&str, Option<&str>) {
    match tool.rsplit_once('-') {
        Some((name, version))
            if version.starts_with(|first: char| first.is_ascii_digit() || first == 'v') =>
        {
            (name, Some(version))
        }
        Some((name, "")) => (name, None),
        _ => (tool, None),
    }
}
