//! An alert of secret scanning.

use serde::Deserialize;

use super::{Fate, Location};
use crate::report::input::loose::{lenient, text};
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

/// An alert about a secret. Its `secret` is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SecretAlert {
    #[serde(flatten)]
    fate: Fate,
    #[serde(deserialize_with = "text")]
    secret_type: String,
    #[serde(deserialize_with = "text")]
    secret_type_display_name: String,
    #[serde(deserialize_with = "text")]
    validity: String,
    #[serde(deserialize_with = "lenient")]
    publicly_leaked: bool,
    #[serde(deserialize_with = "lenient")]
    first_location_detected: Location,
}

impl SecretAlert {
    pub(super) fn finding(self, draft: &mut Draft) -> Option<Finding> {
        if self.fate.is_over() {
            return None;
        }
        let verified = match self.validity.as_str() {
            "active" => Some(true),
            "inactive" => Some(false),
            _ => None,
        };
        let severity = if verified == Some(true) { Severity::Critical } else { Severity::High };
        let title = self.secret_type_display_name;
        let rule = draft.rule(Rule { title: title.as_str().into(), ..Rule::named(&self.secret_type) });
        let mut finding = Finding::new(Category::Secret, severity, rule);
        let leaked = if self.publicly_leaked { ", leaked in public" } else { "" };
        finding.message = draft.message(&format!("{title}{leaked}"));
        let Location { path, start_line, .. } = self.first_location_detected;
        finding.place = place(draft, &path, start_line);
        finding.secret = Some(draft.secret(None, verified));
        self.fate.settle(&mut finding, draft);
        Some(finding)
    }
}
