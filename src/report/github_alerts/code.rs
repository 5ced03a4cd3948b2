//! An alert of code scanning.

use serde::Deserialize;

use super::{Fate, Location, Named};
use crate::report::aim::{Aim, aim};
use crate::report::dependency::rated;
use crate::report::input::loose::{lenient, text};
use crate::report::lint_code::is_security;
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CodeAlert {
    #[serde(flatten)]
    fate: Fate,
    #[serde(deserialize_with = "lenient")]
    rule: CodeRule,
    #[serde(deserialize_with = "lenient")]
    tool: Named,
    #[serde(deserialize_with = "lenient")]
    most_recent_instance: Instance,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CodeRule {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    security_severity_level: String,
    #[serde(deserialize_with = "text")]
    description: String,
    #[serde(deserialize_with = "text")]
    help_uri: String,
    #[serde(deserialize_with = "lenient")]
    tags: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Instance {
    #[serde(deserialize_with = "lenient")]
    message: Message,
    #[serde(deserialize_with = "lenient")]
    location: Location,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    #[serde(deserialize_with = "text")]
    text: String,
}

impl CodeRule {
    /// What is tagged, and not with anything of security, is about quality.
    fn category(&self, tool: &str) -> Category {
        const SECURITY: &[&str] = &["security", "vulnerability", "secret", "misconfiguration", "cwe"];
        let tagged = |word: &str| self.tags.iter().any(|tag| tag.to_lowercase().contains(word));
        let is_style = match aim(&tool.to_lowercase()) {
            Some(Aim::Style) => !is_security(&self.id),
            Some(Aim::Types) => !tagged("security") && !tagged("cwe"),
            _ => false,
        };
        let is_quality = !self.tags.is_empty() && !SECURITY.iter().any(|word| tagged(word));
        match self.security_severity_level.as_str() {
            _ if tagged("secret") => Category::Secret,
            "" if is_style || is_quality => Category::Lint,
            _ => Category::Code,
        }
    }

    fn word(&self) -> &str {
        if self.security_severity_level.is_empty() { &self.severity } else { &self.security_severity_level }
    }

    fn severity(&self) -> Severity {
        match self.word() {
            "error" => Severity::High,
            "warning" => Severity::Medium,
            "note" => Severity::Low,
            word => rated(word),
        }
    }

    /// Some rules quote the password that they found: Bandit's B105 to B107 (S105 to S107 in
    /// flake8), and scanners of secrets.
    fn quotes_secrets(&self, category: Category) -> bool {
        let passwords = ["B105", "B106", "B107", "S105", "S106", "S107"];
        category == Category::Secret || passwords.iter().any(|id| self.id.starts_with(id))
    }
}

impl CodeAlert {
    pub(super) fn finding(self, draft: &mut Draft) -> Option<Finding> {
        let (rule, instance) = (self.rule, self.most_recent_instance);
        if self.fate.is_over() {
            return None;
        }
        let category = rule.category(&self.tool.name);
        let cwe = rule.tags.iter().filter_map(|tag| tag.strip_prefix("external/cwe/cwe-"));
        let shared = draft.rule(Rule {
            id: rule.id.as_str().into(),
            title: rule.description.as_str().into(),
            cwe: crate::report::weakness::weaknesses(cwe),
            url: (!rule.help_uri.is_empty()).then(|| rule.help_uri.as_str().into()),
        });
        let mut finding = Finding::new(category, rule.severity(), shared);
        finding.native = (!rule.word().is_empty()).then(|| draft.text(rule.word()));
        let quoted = rule.quotes_secrets(category);
        finding.message = draft.message(if quoted { &rule.description } else { &instance.message.text });
        finding.target = (!self.tool.name.is_empty()).then(|| draft.text(&self.tool.name));
        finding.secret = (category == Category::Secret).then(|| draft.secret(None, None));
        finding.place = place(draft, &instance.location.path, instance.location.start_line);
        if let Some(place) = &mut finding.place {
            let (start, end) = (instance.location.start_line, instance.location.end_line);
            place.end_line = end.filter(|end| *end > 0 && Some(*end) != start);
            place.column = instance.location.start_column.filter(|column| *column > 0);
        }
        self.fate.settle(&mut finding, draft);
        Some(finding)
    }
}
