//! What detect-secrets writes, report and baseline alike: secrets by the file that they are in.
//!
//! Of each it keeps a plain hash, which anybody can try passwords against: so it is marked like a secret.

use serde::Deserialize;

use super::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{count, lenient, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Rule, Severity, Suppression, place};

/// detect-secrets.
pub(super) const FORMAT: Format = Format { name: "detect-secrets", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| {
        json.has(&["plugins_used"])
            && json.at(&["results"]).is_some_and(crate::report::sketch::Value::is_object)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Leak {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "text")]
    hashed_secret: String,
    #[serde(deserialize_with = "lenient")]
    is_verified: Option<bool>,
    /// What a person said about it in an audit.
    #[serde(deserialize_with = "lenient")]
    is_secret: Option<bool>,
    #[serde(deserialize_with = "count")]
    line_number: Option<u32>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("detect-secrets");
    let mut json = input.json();
    let (mut version, mut listed) = (None, false);
    json.object(|json, key| match key {
        "version" => json.text().map(|text| version = text),
        "results" => {
            listed = true;
            json.object(|json, file| json.list(|json| leak(json, file, draft)))
        }
        _ => Ok(()),
    })?;
    json.end()?;
    draft.tool("detect-secrets", version.as_deref());
    if listed { Ok(()) } else { Err(Fault::new("It has no results: detect-secrets did not finish it.")) }
}

fn leak(json: &mut Json<'_>, file: &str, draft: &mut Draft) -> Result<()> {
    let item: Leak = json.read()?;
    let verified = item.is_verified.filter(|verified| *verified);
    let severity = if verified.is_some() { Severity::Critical } else { Severity::Unknown };
    let rule = draft.rule(Rule::named(&item.kind));
    let mut finding = Finding::new(Category::Secret, severity, rule);
    finding.message = draft.message(&item.kind);
    finding.place = place(draft, file, item.line_number);
    finding.secret = Some(draft.secret(Some(&item.hashed_secret), verified));
    if item.is_secret == Some(false) {
        let kind = draft.text("audited: no secret");
        finding.suppressed = Some(Box::new(Suppression { kind, reason: Box::default() }));
    }
    draft.add(finding);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::trial::one;
    use crate::report::{Severity, State};

    #[test]
    fn the_plain_hash_is_not_kept() {
        let text = r#"{"version":"1.5.0","plugins_used":[{"name":"AWSKeyDetector"}],"results":{"a/config.py":[
            {"type":"AWS Access Key","filename":"a/config.py","hashed_secret":"25910f981e85ca04baf359199dd0bd4a3ae738b6",
            "is_verified":false,"line_number":3},{"type":"Secret Keyword","hashed_secret":"aa","is_secret":false}]}}"#;
        let report = one(text);
        assert!(!format!("{report:?}").contains("25910f98"));
        assert_eq!((&report.state, report.counts.findings, report.counts.suppressed), (&State::Ok, 2, 1));
        assert_eq!(report.findings[0].weight(), Severity::High);
        assert_eq!(report.findings[0].place.as_ref().unwrap().line, Some(3));
    }
}
