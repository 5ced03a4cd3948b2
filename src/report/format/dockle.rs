//! Dockle's JSON: checkpoints of an image, each with what it saw.
//!
//! Its shape is `pkg/report/json.go` of Dockle.

use serde::Deserialize;

use super::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{lenient, text};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Image, Rule, Severity};

/// Dockle.
pub(super) const FORMAT: Format = Format { name: "dockle", recognises, read };

/// The checkpoint about passwords in the environment: its alerts quote them.
const CREDENTIALS: &str = "CIS-DI-0010";

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| json.has(&["details"]) && json.at(&["summary", "fatal"]).is_some())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    fatal: u64,
    warn: u64,
    info: u64,
    skip: u64,
    pass: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Checkpoint {
    #[serde(deserialize_with = "text")]
    code: String,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(deserialize_with = "text")]
    level: String,
    #[serde(deserialize_with = "lenient")]
    alerts: Vec<String>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("dockle");
    let mut json = input.json();
    let (mut summary, mut image) = (Summary::default(), None);
    json.object(|json, key| match key {
        "image" => json.text().map(|name| image = name),
        "summary" => json.read().map(|read| summary = read),
        "details" => json.list(|json| checkpoint(json, draft)),
        _ => Ok(()),
    })?;
    json.end()?;
    check(&summary, draft);
    if let Some(name) = image {
        let report = draft.report();
        report.target = Some(name.as_str().into());
        report.image = Some(Image { name: name.into(), ..Image::default() });
    }
    Ok(())
}

/// `SKIP`, `PASS` and `IGNORE` are no findings; a level that we do not know is one, of unknown severity.
fn checkpoint(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let item: Checkpoint = json.read()?;
    let severity = match item.level.as_str() {
        "FATAL" => Severity::High,
        "WARN" => Severity::Medium,
        "INFO" => Severity::Low,
        "SKIP" | "PASS" | "IGNORE" => return Ok(()),
        _ => Severity::Unknown,
    };
    let url = format!("https://github.com/goodwithtech/dockle/blob/master/CHECKPOINT.md#{}", item.code);
    let message = if item.code == CREDENTIALS { item.title.clone() } else { item.alerts.join("; ") };
    let rule = draft.rule(Rule {
        url: (!item.code.is_empty()).then(|| url.to_lowercase().into()),
        title: item.title.into(),
        ..Rule::named(&item.code)
    });
    let mut finding = Finding::new(Category::Misconfiguration, severity, rule);
    finding.native = Some(draft.text(&item.level));
    finding.message = draft.message(&message);
    finding.occurrences = u32::try_from(item.alerts.len()).unwrap_or(u32::MAX).max(1);
    draft.add(finding);
    Ok(())
}

/// The summary counts what the details tell, and what passed: one without the other is not whole.
fn check(summary: &Summary, draft: &mut Draft) {
    let Summary { fatal, warn, info, skip, pass } = *summary;
    let told = fatal.saturating_add(warn).saturating_add(info);
    let found = draft.report().counts.findings;
    if told.saturating_add(skip).saturating_add(pass) == 0 && found == 0 {
        draft.partial("No checkpoint was looked at.");
    } else if told > found {
        draft.partial(format!("Its summary counts {told} findings, and it tells {found}."));
    }
}

#[cfg(test)]
mod tests {
    use crate::report::State;
    use crate::report::trial::one;

    #[test]
    fn passwords_in_the_environment_are_not_quoted() {
        let report = one(
            r#"{"image":"app:1","summary":{"fatal":1,"warn":0,"info":0,"skip":0,"pass":15},"details":[
            {"code":"CIS-DI-0010","title":"Do not store credential in environment variables/files","level":"FATAL",
            "alerts":["Suspicious ENV key found : PASSWORD on /bin/sh -c #(nop)  ENV PASSWORD=hunter2"]}]}"#,
        );
        assert!(!format!("{report:?}").contains("hunter2"));
        assert_eq!((report.state, report.counts.findings), (State::Ok, 1));
    }

    #[test]
    fn what_looked_at_nothing_or_tells_less_than_it_counts_is_not_clean() {
        for text in [
            r#"{"summary":{"fatal":0,"warn":0,"info":0,"skip":0,"pass":0},"details":[]}"#,
            r#"{"summary":{"fatal":2,"warn":0,"info":0,"skip":0,"pass":9},"details":null}"#,
        ] {
            assert!(matches!(one(text).state, State::Partial { .. }), "{text}");
        }
    }
}
