//! Kubesec's JSON: what each Kubernetes object scores, and why.

use serde::Deserialize;

use super::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{lenient, text};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

/// Kubesec.
pub(super) const FORMAT: Format = Format { name: "kubesec", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let first = sketch.json().and_then(|json| json.first());
    first.is_some_and(|first| first.is_object() && first.has(&["object", "valid", "score"]))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Object {
    #[serde(rename = "object", deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    valid: bool,
    #[serde(deserialize_with = "text")]
    file_name: String,
    #[serde(deserialize_with = "text")]
    message: String,
    scoring: Option<Scoring>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scoring {
    critical: Option<Vec<Reason>>,
    advise: Option<Vec<Reason>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reason {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    selector: String,
    #[serde(rename = "reason", deserialize_with = "text")]
    why: String,
    #[serde(deserialize_with = "text")]
    href: String,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("kubesec");
    let mut json = input.json();
    let mut invalid = Vec::new();
    json.list(|json| object(json, draft, &mut invalid))?;
    json.end()?;
    if !invalid.is_empty() {
        let (count, some) = (invalid.len(), invalid.get(..invalid.len().min(5)).unwrap_or_default());
        draft.partial(format!("Kubesec could not check {count} of its objects: {}", some.join("; ")));
    }
    Ok(())
}

/// What is not valid was not checked: a kind that Kubesec does not know, or no Kubernetes object at all.
fn object(json: &mut Json<'_>, draft: &mut Draft, invalid: &mut Vec<String>) -> Result<()> {
    let item: Object = json.read()?;
    if !item.valid {
        invalid.push(format!("{} ({})", item.name, item.message));
    }
    let scoring = item.scoring.unwrap_or_default();
    let lists = [(scoring.critical, "critical", Severity::High), (scoring.advise, "advise", Severity::Low)];
    for (reasons, word, severity) in lists {
        for reason in reasons.unwrap_or_default() {
            let mut finding = reason.finding(draft, severity);
            finding.native = Some(draft.text(word));
            finding.target = Some(draft.text(&item.name));
            // Read from a pipe or sent to its server, an object has no file.
            let in_file = !matches!(item.file_name.as_str(), "" | "API" | "STDIN");
            finding.place = in_file.then(|| place(draft, &item.file_name, None)).flatten();
            draft.add(finding);
        }
    }
    Ok(())
}

impl Reason {
    fn finding(self, draft: &mut Draft, severity: Severity) -> Finding {
        let id = if self.id.is_empty() { named(&self.selector) } else { self.id };
        let rule = draft.rule(Rule {
            title: self.why.as_str().into(),
            url: (!self.href.is_empty()).then(|| self.href.as_str().into()),
            ..Rule::named(&id)
        });
        let mut finding = Finding::new(Category::Misconfiguration, severity, rule);
        finding.message = draft.message(&format!("{}: {}", self.selector, self.why));
        finding
    }
}

/// Before 2.9 a rule has no id, and is known by what it selects: `containers[] .resources .limits .cpu` is
/// `containers-resources-limits-cpu`.
fn named(selector: &str) -> String {
    let words = selector.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use crate::report::trial::one;
    use crate::report::{Severity, State};

    #[test]
    fn an_object_that_is_not_valid_was_not_checked() {
        let report = one(
            r#"[{"object":"Service/x.default","valid":false,"message":"This resource kind is not supported","score":0,"scoring":{}},
            {"object":"Pod/y.default","valid":true,"fileName":"pod.yaml","score":1,"scoring":{"advise":
            [{"selector":"containers[] .resources .limits .cpu","reason":"Exhaustion","points":1}]}}]"#,
        );
        assert!(matches!(&report.state, State::Partial { why } if why.contains("Service/x.default")));
        let finding = &report.findings[0];
        assert_eq!((&*finding.rule.id, finding.severity), ("containers-resources-limits-cpu", Severity::Low));
        assert_eq!(&*finding.place.as_ref().unwrap().file, "pod.yaml");
    }
}
