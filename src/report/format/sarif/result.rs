//! One result as it stands in the file.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::fingerprint;
use super::seen::{Level, Outcome, Rare, Rated, Reference, Said, Seen, Where};
use crate::report::input::loose::{Many, One, Whole, Word};
use crate::report::{Draft, Severity, Suppression};

/// One result (section 3.27 of SARIF 2.1.0): what we read of it. Snippets and code flows are not.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Written<'a> {
    #[serde(borrow)]
    rule_id: Word<'a>,
    rule_index: Whole,
    #[serde(borrow)]
    rule: One<WrittenRule<'a>>,
    #[serde(borrow)]
    level: Word<'a>,
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    baseline_state: Word<'a>,
    #[serde(borrow)]
    message: One<Message<'a>>,
    #[serde(borrow)]
    locations: Many<One<Location<'a>>>,
    occurrence_count: Whole,
    #[serde(borrow)]
    suppressions: Many<One<WrittenSuppression<'a>>>,
    #[serde(borrow)]
    fingerprints: fingerprint::Values<'a>,
    #[serde(borrow)]
    partial_fingerprints: fingerprint::Values<'a>,
    #[serde(borrow)]
    properties: Properties<'a>,
    #[serde(borrow)]
    fixes: Many<One<Fix<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WrittenRule<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    index: Whole,
    tool_component: One<Component>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Component {
    index: Whole,
}

/// A message (section 3.11).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) text: Word<'a>,
    #[serde(borrow)]
    pub(super) markdown: Word<'a>,
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    arguments: Many<Word<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Location<'a> {
    #[serde(rename = "physicalLocation", borrow)]
    physical: One<Physical<'a>>,
    #[serde(rename = "logicalLocations", borrow)]
    logical: Many<One<Logical<'a>>>,
    #[serde(borrow)]
    message: One<Message<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Physical<'a> {
    #[serde(borrow)]
    artifact_location: One<ArtifactLocation<'a>>,
    region: One<Region>,
}

/// Where a file is (section 3.4).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ArtifactLocation<'a> {
    #[serde(borrow)]
    pub(super) uri: Word<'a>,
    #[serde(borrow)]
    pub(super) uri_base_id: Word<'a>,
    pub(super) index: Whole,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Region {
    start_line: Whole,
    end_line: Whole,
    start_column: Whole,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Logical<'a> {
    #[serde(borrow)]
    fully_qualified_name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenSuppression<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    /// What SARIF called it before 2.1.0 was final.
    #[serde(borrow)]
    state: Word<'a>,
    #[serde(borrow)]
    justification: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow)]
    description: One<Message<'a>>,
}

/// What tools put into the property bag of a result or a rule. Of a key that stands there twice, as
/// Dependency-Check writes it, the last counts.
#[derive(Debug, Default)]
pub(super) struct Properties<'a> {
    pub(super) security_severity: Word<'a>,
    /// Bandit's.
    pub(super) issue_severity: Word<'a>,
    pub(super) zizmor_severity: Word<'a>,
    pub(super) score: Word<'a>,
    pub(super) tags: Many<Word<'a>>,
    pub(super) cwe: Many<Word<'a>>,
    pub(super) purls: Many<Word<'a>>,
    /// Black Duck's.
    component: Word<'a>,
    component_version: Word<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Properties<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a property bag")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Properties::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Self::Value, A::Error> {
                let mut all = Properties::default();
                while let Some(key) = keys.next_key::<Word<'de>>()? {
                    match &*key.0 {
                        "security-severity" => all.security_severity = keys.next_value()?,
                        "issue_severity" => all.issue_severity = keys.next_value()?,
                        "zizmor/severity" => all.zizmor_severity = keys.next_value()?,
                        "cvssv3_baseScore" => all.score = keys.next_value()?,
                        "tags" => all.tags = keys.next_value()?,
                        "cwe" => all.cwe = keys.next_value()?,
                        "purls" => all.purls = keys.next_value()?,
                        "component" => all.component = keys.next_value()?,
                        "componentVersion" => all.component_version = keys.next_value()?,
                        _ => drop(keys.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(all)
            }
        }
        from.deserialize_any(Keys)
    }
}

impl Written<'_> {
    /// What it is, in as few bytes as can be.
    pub(super) fn outcome(&self, draft: &mut Draft) -> Outcome {
        let is = |word: &Word<'_>, wanted: &str| word.0.trim().eq_ignore_ascii_case(wanted);
        if is(&self.baseline_state, "absent") {
            return Outcome::Fixed;
        }
        if ["open", "review"].iter().any(|kind| is(&self.kind, kind)) {
            return Outcome::Undecided;
        }
        if ["pass", "informational", "notApplicable"].iter().any(|kind| is(&self.kind, kind)) {
            return Outcome::Passed;
        }
        Outcome::Finding(Box::new(self.seen(draft)))
    }

    fn seen(&self, draft: &mut Draft) -> Seen {
        let rule = self.reference(draft);
        let first = self.locations.items.first().map(|location| &location.0);
        let places = u32::try_from(self.locations.all).unwrap_or(u32::MAX);
        Seen {
            fingerprint: fingerprint::of(&rule.id, &self.fingerprints, &self.partial_fingerprints),
            rule,
            level: Level::of(&self.level),
            rated: Rated::of(&self.properties.security_severity),
            own: self.own_word(),
            said: self.message.0.said(draft),
            place: first.and_then(|location| location.place(draft)),
            occurrences: places.max(self.occurrence_count.natural().unwrap_or(1)).max(1),
            suppressed: self.suppressed(draft),
            rare: self.rare(draft, first),
        }
    }

    fn reference(&self, draft: &mut Draft) -> Reference {
        let rule = &self.rule.0;
        Reference {
            extension: rule.tool_component.0.index.natural(),
            index: rule.index.natural().or_else(|| self.rule_index.natural()),
            id: draft.text(self.rule_id.some().or_else(|| rule.id.some()).unwrap_or_default()),
        }
    }

    fn own_word(&self) -> Option<Severity> {
        let word =
            self.properties.zizmor_severity.some().or_else(|| self.properties.issue_severity.some())?;
        Severity::from_word(word)
    }

    /// Let through only where somebody did, and nobody still has to agree (section 3.35.3).
    fn suppressed(&self, draft: &mut Draft) -> Option<Box<Suppression>> {
        let all = &self.suppressions.items;
        let status = |one: &WrittenSuppression<'_>| {
            let word = one.status.some().or_else(|| one.state.some()).unwrap_or("accepted");
            word.eq_ignore_ascii_case("accepted")
        };
        let first = &all.first()?.0;
        if !all.iter().all(|one| status(&one.0)) {
            return None;
        }
        let kind = draft.text(first.kind.some().unwrap_or("suppressed"));
        Some(Box::new(Suppression { kind, reason: draft.message(&first.justification.0) }))
    }

    fn rare(&self, draft: &Draft, first: Option<&Location<'_>>) -> Option<Box<Rare>> {
        let keep = |word: &Word<'_>| word.some().map(|text| draft.message(text));
        let properties = &self.properties;
        let rare = Rare {
            logical: first.and_then(|location| keep(&location.logical.items.first()?.0.fully_qualified_name)),
            fix: self.fixes.items.first().and_then(|fix| keep(&fix.0.description.0.text)),
            component: keep(&properties.component)
                .map(|name| (name, keep(&properties.component_version).unwrap_or_default())),
            place_message: first.and_then(|location| keep(&location.message.0.text)),
            secret: properties
                .tags
                .items
                .iter()
                .any(|tag| matches!(tag.0.to_ascii_lowercase().as_str(), "secret" | "secrets")),
        };
        let any = rare.logical.is_some()
            || rare.fix.is_some()
            || rare.component.is_some()
            || rare.place_message.is_some()
            || rare.secret;
        any.then(|| Box::new(rare))
    }
}

impl Message<'_> {
    fn said(&self, draft: &Draft) -> Said {
        let text = self.text.some();
        let id = self.id.some().filter(|_| text.is_none());
        let text = text.or_else(|| self.markdown.some().filter(|_| id.is_none())).unwrap_or_default();
        Said {
            text: draft.message(text),
            id: id.map(Into::into),
            arguments: self.arguments.items.iter().take(20).map(|word| draft.message(&word.0)).collect(),
        }
    }
}

impl Location<'_> {
    fn place(&self, draft: &mut Draft) -> Option<Where> {
        let (file, region) = (&self.physical.0.artifact_location.0, &self.physical.0.region.0);
        let (uri, index) = (file.uri.some().unwrap_or_default(), file.index.natural());
        if uri.is_empty() && index.is_none() {
            return None;
        }
        let line = region.start_line.natural();
        Some(Where {
            uri: draft.text(uri),
            base: file.uri_base_id.some().map(|base| draft.text(base)),
            index,
            line,
            end_line: region.end_line.natural().filter(|end| Some(*end) > line),
            column: region.start_column.natural(),
        })
    }
}
