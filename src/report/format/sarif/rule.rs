//! The rules of a run: of its driver and of the extensions in which `CodeQL` keeps them.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::category::Tags;
use super::result::{Message, Properties};
use super::seen::{Level, Rated, Reference};
use crate::report::input::Fault;
use crate::report::input::Result;
use crate::report::input::json::Json;
use crate::report::input::loose::{Many, Named, One, Word};
use crate::report::{Draft, Rule, Text};

/// A rule as it is written (section 3.49).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Written<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    short_description: One<Message<'a>>,
    #[serde(borrow)]
    full_description: One<Message<'a>>,
    #[serde(borrow)]
    help_uri: Word<'a>,
    #[serde(borrow)]
    default_configuration: One<Configuration<'a>>,
    #[serde(borrow)]
    message_strings: Named<'a, One<Message<'a>>>,
    #[serde(borrow)]
    deprecated_ids: Many<Word<'a>>,
    #[serde(borrow)]
    properties: Properties<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Configuration<'a> {
    #[serde(borrow)]
    level: Word<'a>,
}

/// What is kept of a rule.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) rule: Arc<Rule>,
    pub(super) level: Option<Level>,
    pub(super) rated: Option<Rated>,
    /// CVSS base score beside it, where a tool writes that too.
    pub(super) score: Option<f64>,
    pub(super) tags: Tags,
    pub(super) purl: Option<Text>,
    pub(super) deprecated: Vec<Text>,
    messages: Vec<(Text, Text)>,
}

/// The driver, or one extension.
#[derive(Debug, Default)]
pub(super) struct Component {
    rules: Vec<Known>,
    by_id: HashMap<Box<str>, usize>,
    messages: Vec<(Text, Text)>,
    pub(super) name: String,
    version: Option<String>,
    semantic_version: Option<String>,
}

/// GitHub takes 25,000 rules and 100 extensions.
const RULES: usize = 100_000;
const EXTENSIONS: usize = 1_000;

/// All rules of a run.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) driver: Component,
    extensions: Vec<Component>,
}

impl Rules {
    /// Reads `tool` (section 3.18).
    pub(super) fn read(json: &mut Json<'_>, draft: &mut Draft) -> Result<Self> {
        let mut rules = Self::default();
        json.object(|json, key| {
            match key {
                "driver" => rules.driver = Component::read(json, draft)?,
                "extensions" => json.list(|json| {
                    rules.extensions.push(Component::read(json, draft)?);
                    few(rules.extensions.len(), EXTENSIONS, "extensions")
                })?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(rules)
    }

    /// The rule of a result: by its index, where that fits its id, else by its id, of which the part after
    /// the last `/` may be the tool's own addition (section 3.27.5).
    pub(super) fn find(&self, reference: &Reference) -> Option<&Known> {
        let component = match reference.extension {
            Some(index) => self.extensions.get(usize::try_from(index).ok()?),
            None => Some(&self.driver),
        };
        let indexed = component
            .zip(reference.index)
            .and_then(|(component, index)| component.rules.get(usize::try_from(index).ok()?));
        if let Some(known) = indexed.filter(|known| fits(&reference.id, &known.rule.id)) {
            return Some(known);
        }
        self.by_id(&reference.id).or(indexed)
    }

    fn by_id(&self, id: &str) -> Option<&Known> {
        let mut id = id;
        loop {
            let mut all = std::iter::once(&self.driver).chain(&self.extensions);
            if let Some(known) = all.find_map(|component| component.rules.get(*component.by_id.get(id)?)) {
                return Some(known);
            }
            id = id.rsplit_once('/')?.0;
        }
    }

    /// The text of a message by its id: the rule's, else the driver's (section 3.11.7).
    pub(super) fn message(&self, known: Option<&Known>, id: &str) -> Option<Text> {
        let of = |messages: &[(Text, Text)]| {
            messages.iter().find(|(name, _)| **name == *id).map(|(_, text)| text.clone())
        };
        known.and_then(|known| of(&known.messages)).or_else(|| of(&self.driver.messages))
    }
}

/// What is written in three bytes and costs hundreds may not stand there any number of times.
pub(super) fn few(number: usize, most: usize, what: &str) -> Result<()> {
    if number > most { Err(Fault(format!("There are more than {most} {what}."))) } else { Ok(()) }
}

/// Whether a result of this id is of the rule of that id.
fn fits(result: &str, rule: &str) -> bool {
    result.is_empty()
        || result.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Component {
    fn read(json: &mut Json<'_>, draft: &mut Draft) -> Result<Self> {
        let mut component = Self::default();
        json.object(|json, key| {
            match key {
                "name" => component.name = json.text()?.unwrap_or_default(),
                "version" => component.version = json.text()?,
                "semanticVersion" => component.semantic_version = json.text()?,
                "globalMessageStrings" => {
                    let messages: Named<'_, One<Message<'_>>> = json.read()?;
                    component.messages = texts(&messages, draft);
                }
                "rules" => json.list(|json| {
                    component.add(json.read::<One<Written<'_>>>()?.0.known(draft));
                    few(component.rules.len(), RULES, "rules")
                })?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(component)
    }

    pub(super) fn version(&self) -> Option<&str> {
        let some =
            |text: &'_ Option<String>| text.as_deref().map(str::trim).is_some_and(|text| !text.is_empty());
        if some(&self.version) { self.version.as_deref() } else { self.semantic_version.as_deref() }
    }

    fn add(&mut self, known: Known) {
        self.by_id.entry(known.rule.id.clone()).or_insert(self.rules.len());
        self.rules.push(known);
    }
}

impl Written<'_> {
    fn known(&self, draft: &mut Draft) -> Known {
        let properties = &self.properties;
        let rated = Rated::of(&properties.security_severity);
        let mut tags = Tags::default();
        for tag in &properties.tags.items {
            tags.see(&tag.0);
        }
        tags.security |= rated.is_some();
        let all = properties.tags.items.iter().chain(&properties.cwe.items);
        let mut cwe: Vec<u32> = all.filter_map(|tag| weakness(&tag.0)).collect();
        cwe.sort_unstable();
        cwe.dedup();
        Known {
            rule: draft.rule(Rule {
                id: self.id.some().unwrap_or_default().into(),
                title: self.title().into(),
                cwe,
                url: self.help_uri.some().map(Into::into),
            }),
            level: Level::of(&self.default_configuration.0.level),
            rated,
            score: properties.score.some().and_then(|score| score.parse().ok()),
            tags,
            purl: properties.purls.items.first().and_then(Word::some).map(|purl| draft.text(purl)),
            deprecated: self
                .deprecated_ids
                .items
                .iter()
                .filter_map(Word::some)
                .map(|id| draft.text(id))
                .collect(),
            messages: texts(&self.message_strings, draft),
        }
    }

    /// Its first line is what fits into a table.
    fn title(&self) -> &str {
        let descriptions = [&self.short_description.0, &self.full_description.0];
        let said = descriptions.into_iter().find_map(|said| said.text.some());
        // Ruff describes a rule by the template of its messages.
        let said = said.filter(|said| !said.contains('{')).or_else(|| self.name.some()).or(said);
        said.unwrap_or_default().lines().next().unwrap_or_default()
    }
}

fn texts(messages: &Named<'_, One<Message<'_>>>, draft: &mut Draft) -> Vec<(Text, Text)> {
    let said = |(id, said): &(Word<'_>, One<Message<'_>>)| {
        Some((draft.text(&id.0), draft.text(said.0.text.some()?)))
    };
    messages.0.iter().filter_map(said).collect()
}

/// The number of a weakness in a tag: `external/cwe/cwe-094` (`CodeQL`), `CWE-79: …` (Semgrep), `CWE-405`.
fn weakness(tag: &str) -> Option<u32> {
    let lower = tag.to_ascii_lowercase();
    let rest = lower.strip_prefix("external/cwe/").unwrap_or(&lower).strip_prefix("cwe-")?;
    let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaknesses_are_numbers_however_they_are_tagged() {
        let tags = ["external/cwe/cwe-094", "CWE-79: XSS", "CWE-405", "cwe", "security"];
        assert_eq!(tags.map(weakness), [Some(94), Some(79), Some(405), None, None]);
    }

    #[test]
    fn an_id_may_have_a_part_of_its_own() {
        assert!(fits("CA1000/1", "CA1000") && fits("CA1000", "CA1000") && fits("", "CA1000"));
        assert!(!fits("CA10001", "CA1000") && !fits("CA1", "CA1000"));
    }
}
