//! `TruffleHog` 3's JSON lines (`trufflehog --json`): secrets, some of them tried.
//! <https://github.com/trufflesecurity/trufflehog/blob/main/pkg/output/json.go>

mod v2;

use serde::Deserialize;

use super::Format;
use crate::report::input::loose::{Named, One, Truth, Whole, Word};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::{Sketch, Value};
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

pub(super) use v2::FORMAT as V2;

/// `TruffleHog` 3's JSON lines.
pub(super) const FORMAT: Format = Format { name: "trufflehog", recognises, read };

/// Sources whose files are files of the repository.
const REPOSITORIES: &[&str] = &["Git", "Github", "Gitlab", "Bitbucket", "Filesystem"];

/// A line: a secret, or what `TruffleHog` logs when both outputs go into one file. `RawV2`, `Redacted`, which
/// holds a part of the secret, and `ExtraData` are not even read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Line<'a> {
    #[serde(rename = "SourceMetadata", borrow)]
    source: Option<One<Metadata<'a>>>,
    #[serde(rename = "DetectorName")]
    detector: Word<'a>,
    #[serde(rename = "DetectorDescription")]
    description: Word<'a>,
    #[serde(rename = "Verified")]
    verified: Truth,
    #[serde(rename = "VerificationError")]
    error: Word<'a>,
    #[serde(rename = "Raw")]
    raw: Word<'a>,
    level: Word<'a>,
    msg: Word<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    data: Named<'a, One<Location<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    file: Word<'a>,
    line: Whole,
    commit: Word<'a>,
}

/// What the log says about the scan.
#[derive(Default)]
struct Log {
    secrets: u64,
    any: bool,
    finished: bool,
    errors: u64,
    untried: u64,
}

fn recognises(sketch: &Sketch) -> bool {
    let values: Vec<&Value> = match sketch {
        Sketch::Json(value) => vec![value],
        Sketch::JsonLines(values) => values.iter().collect(),
        lines => return lines.lines().iter().any(|line| is_ours(line)),
    };
    let logged = |value: &Value| {
        value.text(&["logger"]).is_some_and(|logger| logger.starts_with("trufflehog")) && value.has(&["msg"])
    };
    values
        .iter()
        .any(|value| value.is_object() && (value.has(&["SourceMetadata", "DetectorName"]) || logged(value)))
}

/// A line among lines of other text.
fn is_ours(line: &str) -> bool {
    line.starts_with("{\"SourceMetadata\":")
        || (line.starts_with("{\"level\":") && line.contains("\"logger\":\"trufflehog\""))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("trufflehog");
    let mut log = Log::default();
    let mut lines = input.lines();
    while let Some(line) = lines.next_line()? {
        let line = line.trim();
        if !line.starts_with('{') {
            continue;
        }
        let line: Line<'_> = serde_json::from_str(line)
            .map_err(|error| Fault(format!("A line is not as it should be, or was cut off: {error}.")))?;
        take(draft, &mut log, line);
    }
    judge(draft, &log);
    Ok(())
}

fn take(draft: &mut Draft, log: &mut Log, line: Line<'_>) {
    if line.source.is_some() || line.detector.some().is_some() {
        log.secrets += 1;
        log.untried += u64::from(line.error.some().is_some());
        return add(draft, line);
    }
    log.any = true;
    log.errors += u64::from(matches!(&*line.level.0, "error" | "fatal"));
    log.finished |= line.msg.0.contains("finished scanning");
}

fn judge(draft: &mut Draft, log: &Log) {
    if log.errors > 0 {
        draft.partial(format!(
            "TruffleHog logged {} errors: it may not have looked at everything.",
            log.errors
        ));
    } else if log.any && !log.finished {
        draft.partial("TruffleHog's log does not say that it finished.");
    } else if !log.any && log.secrets == 0 {
        draft.partial("There is neither a secret nor a word of TruffleHog's in this file.");
    }
    if log.untried > 0 {
        draft.note(format!("TruffleHog could not tell of {} secrets whether they work.", log.untried));
    }
}

fn add(draft: &mut Draft, line: Line<'_>) {
    let rule = draft.rule(Rule {
        id: (&*line.detector.0).into(),
        title: (&*line.description.0).into(),
        ..Rule::default()
    });
    let verified = line.verified.0 == Some(true);
    let mut finding = Finding::new(Category::Secret, Severity::Unknown, rule);
    finding.native = Some(draft.text(if verified { "verified" } else { "unverified" }));
    let tried = verified || line.error.some().is_none();
    finding.secret = Some(draft.secret(Some(&line.raw.0), tried.then_some(verified)));
    let data = line.source.unwrap_or_default().0.data.0;
    if let Some((source, location)) = data.into_iter().next() {
        let location = location.0;
        finding.place = place(draft, &location.file.0, location.line.natural());
        if let Some(place) = &mut finding.place {
            place.pseudo = !REPOSITORIES.contains(&&*source.0);
        }
        finding.message = draft.message(&message(verified, &location.commit.0));
    }
    draft.add(finding);
}

fn message(verified: bool, commit: &str) -> String {
    let short: String = commit.chars().take(12).collect();
    match (verified, short.is_empty()) {
        (true, true) => "The secret was tried, and it works.".to_owned(),
        (true, false) => {
            format!("The secret was tried, and it works. It was committed with {short}.")
        }
        (false, true) => String::new(),
        (false, false) => format!("It was committed with {short}."),
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Severity;
    use crate::report::trial::{one, state};

    const ONE: &str = r#"{"SourceMetadata":{"Data":{"Git":{"commit":"fbc1","file":"keys","email":"j@x.org","line":4}}},"DetectorName":"AWS","Verified":true,"Raw":"hunter22","RawV2":"hunter22:x","Redacted":"hunter2","ExtraData":{"account":"5959"}}"#;
    const DONE: &str = r#"{"level":"info-0","logger":"trufflehog","msg":"finished scanning","chunks":9}"#;
    const BEGUN: &str = r#"{"level":"info-0","logger":"trufflehog","msg":"running source"}"#;
    const WRONG: &str = r#"{"level":"error","logger":"trufflehog","msg":"cannot clone"}"#;

    #[test]
    fn a_verified_secret_is_critical_and_not_told() {
        let report = one(ONE);
        let finding = &report.findings[0];
        assert_eq!((finding.severity, finding.weight()), (Severity::Unknown, Severity::Critical));
        let place = finding.place.as_ref().unwrap();
        assert_eq!((&*place.file, place.line, place.pseudo), ("keys", Some(4), false));
        let told = serde_json::to_string(&report).unwrap();
        assert!(["hunter2", "j@x.org", "5959"].iter().all(|never| !told.contains(never)), "{told}");
    }

    #[test]
    fn an_error_of_the_trial_leaves_it_open() {
        let text = ONE.replace("\"Verified\":true", "\"Verified\":false,\"VerificationError\":\"timeout\"");
        let report = one(&text);
        assert_eq!(report.findings[0].secret.as_ref().unwrap().verified, None);
        assert_eq!(report.notes.len(), 1);
    }

    #[test]
    fn log_lines_tell_how_it_went() {
        for (lines, expected) in [
            (vec![DONE], "ok"),
            (vec![BEGUN], "partial"),
            (vec![BEGUN, ONE, DONE], "ok"),
            (vec!["\u{1f437} TruffleHog. Unearth your secrets.", ONE], "ok"),
            (vec![BEGUN, WRONG, DONE], "partial"),
            (vec![ONE, &ONE[..90]], "unreadable"),
        ] {
            assert_eq!(state(&lines.join("\n")), expected, "{lines:?}");
        }
    }
}
