//! Grype's JSON: one match for each vulnerability of each package.
//!
//! Its shape is `grype/presenter/models/document.go` of Grype.

mod source;

use serde::Deserialize;

use super::Format;
use crate::report::dependency::{Vulnerable, aliases, is_single, rated};
use crate::report::format::left_out::says_that_something_was_left_out;
use crate::report::input::json::Json;
use crate::report::input::loose::{lenient, number, text};
use crate::report::input::{Input, Result};
use crate::report::sketch::{Sketch, Value};
use crate::report::{Advisory, Draft, Finding, Package, Suppression, place};
use source::{Scanned, source};

/// Grype.
pub(super) const FORMAT: Format = Format { name: "grype", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| {
        json.has(&["matches"])
            && (json.text(&["descriptor", "name"]) == Some("grype")
                || json.list(&["matches"]).and_then(<[Value]>::first).is_some_and(|first| {
                    first.has(&["vulnerability"]) && first.text(&["artifact", "name"]).is_some()
                }))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Match {
    vulnerability: Vulnerability,
    #[serde(deserialize_with = "lenient")]
    related_vulnerabilities: Vec<Vulnerability>,
    artifact: Artifact,
    #[serde(deserialize_with = "lenient")]
    applied_ignore_rules: Vec<Ignored>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Vulnerability {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    data_source: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    description: String,
    #[serde(deserialize_with = "lenient")]
    fix: Fix,
    #[serde(deserialize_with = "lenient")]
    cvss: Vec<Cvss>,
    #[serde(deserialize_with = "lenient")]
    epss: Vec<Epss>,
    #[serde(deserialize_with = "lenient")]
    known_exploited: Vec<serde::de::IgnoredAny>,
    #[serde(deserialize_with = "lenient")]
    cwes: Vec<Weakness>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix {
    #[serde(deserialize_with = "lenient")]
    versions: Vec<String>,
    #[serde(deserialize_with = "text")]
    state: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cvss {
    #[serde(deserialize_with = "text")]
    version: String,
    #[serde(deserialize_with = "lenient")]
    metrics: Metrics,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metrics {
    #[serde(rename = "baseScore", deserialize_with = "number")]
    score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Epss {
    #[serde(deserialize_with = "number")]
    epss: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Weakness {
    #[serde(deserialize_with = "text")]
    cwe: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Artifact {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    version: String,
    #[serde(deserialize_with = "text")]
    purl: String,
    #[serde(deserialize_with = "lenient")]
    locations: Vec<Location>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    #[serde(deserialize_with = "text")]
    path: String,
}

/// A rule of `.grype.yaml` or a VEX document that lets a match through.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Ignored {
    #[serde(deserialize_with = "text")]
    reason: String,
    #[serde(deserialize_with = "text")]
    fix_state: String,
    #[serde(deserialize_with = "text")]
    vex_status: String,
    #[serde(deserialize_with = "text")]
    vex_justification: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Descriptor {
    #[serde(deserialize_with = "text")]
    version: String,
    #[serde(deserialize_with = "lenient")]
    db: Database,
}

/// The list of vulnerabilities: what stands here depends on the version of its schema.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Database {
    #[serde(deserialize_with = "text")]
    error: String,
    #[serde(deserialize_with = "lenient")]
    status: DatabaseStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DatabaseStatus {
    #[serde(deserialize_with = "text")]
    error: String,
    #[serde(deserialize_with = "lenient")]
    valid: Option<bool>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("grype");
    let mut json = input.json();
    let (mut scanned, mut descriptor) = (Scanned::default(), Descriptor::default());
    json.object(|json, key| match key {
        "matches" | "ignoredMatches" => {
            let ignored = key == "ignoredMatches";
            json.list(|json| one(json, draft, ignored))
        }
        "source" => json.read::<Option<Scanned>>().map(|read| scanned = read.unwrap_or_default()),
        "descriptor" => json.read::<Option<Descriptor>>().map(|read| descriptor = read.unwrap_or_default()),
        "alertsByPackage" => json.list(|json| alerts(json, draft)),
        _ => Ok(()),
    })?;
    json.end()?;
    draft.tool("grype", Some(descriptor.version.as_str()).filter(|version| !version.is_empty()));
    database(&descriptor.db, draft);
    source(scanned, draft);
    Ok(())
}

fn one(json: &mut Json<'_>, draft: &mut Draft, ignored: bool) -> Result<()> {
    let item: Match = json.read()?;
    let why = ignored.then(|| item.why(draft));
    let mut finding = item.finding(draft);
    finding.suppressed = why.map(Box::new);
    draft.add(finding);
    Ok(())
}

impl Match {
    fn why(&self, draft: &mut Draft) -> Suppression {
        let rule = self.applied_ignore_rules.first();
        let vex = rule.map(|rule| rule.vex_status.as_str()).unwrap_or_default();
        let kind = if vex.is_empty() { "grype ignore".to_owned() } else { format!("VEX {vex}") };
        let reason = rule.map_or("", |rule| match (&*rule.reason, &*rule.vex_justification) {
            ("", "") => &*rule.fix_state,
            ("", justification) => justification,
            (reason, _) => reason,
        });
        Suppression { kind: draft.text(&kind), reason: draft.message(reason) }
    }

    fn finding(self, draft: &mut Draft) -> Finding {
        let Self { vulnerability, related_vulnerabilities: related, artifact, .. } = self;
        let scores = [&vulnerability.cvss].into_iter().chain(related.iter().map(|other| &other.cvss));
        let epss = vulnerability.epss.iter().chain(related.iter().flat_map(|other| &other.epss));
        let advisory = Advisory {
            aliases: names(&vulnerability.id, &related),
            fixed: vulnerability.fix.versions.iter().map(|version| version.as_str().into()).collect(),
            fix_state: Some(vulnerability.fix.state.as_str())
                .filter(|state| !state.is_empty())
                .map(|state| draft.text(state)),
            score: scores.into_iter().find_map(|cvss| score(cvss)),
            epss: epss.filter_map(|one| one.epss).reduce(f64::max),
            kev: [&vulnerability].into_iter().chain(&related).any(|one| !one.known_exploited.is_empty()),
        };
        let about = [&vulnerability].into_iter().chain(&related).map(|one| &one.description);
        let title = about.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default();
        let cwe = [&vulnerability].into_iter().chain(&related).flat_map(|one| &one.cwes);
        let cwe = cwe.map(|weakness| weakness.cwe.clone()).collect();
        // Where nobody rated it, Grype leaves the word out or writes this one.
        let word = match vulnerability.severity.as_str() {
            "" => "Unknown".to_owned(),
            word => word.to_owned(),
        };
        let vulnerable = Vulnerable {
            package: Package {
                purl: Some(artifact.purl).filter(|purl| purl.starts_with("pkg:")).map(Into::into),
                name: artifact.name.into(),
                version: artifact.version.into(),
            },
            title,
            url: vulnerability.data_source,
            cwe,
            severity: rated(&word),
            word,
            advisory,
            id: vulnerability.id,
        };
        let mut finding = vulnerable.finding(draft);
        finding.place = artifact.locations.first().and_then(|first| place(draft, &first.path, None));
        finding
    }
}

/// The other names of a match. What a distribution's advisory about several vulnerabilities is related to
/// are no names of it: each of them is another one.
fn names(id: &str, related: &[Vulnerability]) -> Vec<Box<str>> {
    let all = aliases(id, related.iter().map(|one| one.id.as_str()));
    if is_single(id) || all.len() <= 1 { all } else { Vec::new() }
}

/// The score by the newest version of CVSS.
fn score(cvss: &[Cvss]) -> Option<f64> {
    let by = |start: &str| {
        let scores = cvss.iter().filter(|one| one.version.starts_with(start));
        scores.filter_map(|one| one.metrics.score).reduce(f64::max)
    };
    ["4", "3", "2", ""].into_iter().find_map(by)
}

fn database(database: &Database, draft: &mut Draft) {
    let error = [&database.error, &database.status.error].into_iter().find(|error| !error.is_empty());
    if let Some(error) = error {
        draft.partial(format!("Grype's list of vulnerabilities could not be used: {error}"));
    } else if database.status.valid == Some(false) {
        draft.partial("Grype's list of vulnerabilities is not valid.");
    }
}

/// The end of a distribution's support, and distributions that Grype does not know: for their packages,
/// nothing is ever found.
fn alerts(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Alerts {
        #[serde(deserialize_with = "lenient")]
        alerts: Vec<Alert>,
    }
    for alert in json.read::<Alerts>()?.alerts {
        alert.tell(draft);
    }
    Ok(())
}

/// What Grype says of one package, and where it is about the whole distribution, of each of its packages
/// (`grype/presenter/models/alert.go`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "text")]
    message: String,
    #[serde(deserialize_with = "lenient")]
    metadata: Distribution,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Distribution {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    version: String,
}

impl Alert {
    fn tell(self, draft: &mut Draft) {
        let Self { kind, message, metadata } = self;
        match kind.as_str() {
            "distro-eol" if draft.report().end_of_life.is_none() => {
                let named = format!("{} {}", metadata.name, metadata.version);
                let after = message.rsplit(": ").next().unwrap_or("its distribution");
                draft.end_of_life(if named.trim().is_empty() { after } else { named.trim() });
            }
            "distro-eol" => {}
            "distro-unknown" | "distro-disabled" => {
                draft.partial(format!("For some packages Grype has no list of vulnerabilities: {message}"));
            }
            _ if says_that_something_was_left_out(&message) => draft.partial(message),
            _ => draft.note(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::State;
    use crate::report::trial::one;

    #[test]
    fn a_match_is_told_with_all_that_is_known() {
        let report = one(
            r#"{"matches":[{"vulnerability":{"id":"GHSA-a","severity":"High","fix":{"versions":["2"],"state":"fixed"},
            "cvss":[{"version":"2.0","metrics":{"baseScore":9}},{"version":"3.1","metrics":{"baseScore":7.5}}],
            "knownExploited":[{"cve":"CVE-1"}]},"relatedVulnerabilities":[{"id":"CVE-1","epss":[{"epss":0.5}]},{"id":"CVE-1"}],
            "artifact":{"name":"x","version":"1","purl":"pkg:npm/x@1","locations":[{"path":"/app/package-lock.json"}]}}],
            "ignoredMatches":[{"vulnerability":{"id":"CVE-2","severity":"Low"},"artifact":{"name":"y","version":"1"},
            "appliedIgnoreRules":[{"vex-status":"not_affected","vex-justification":"code_not_present"}]}],
            "source":{"type":"image","target":{"userInput":"app:1","manifestDigest":"sha256:a","repoDigests":["app@sha256:b"],
            "architecture":"amd64","os":"linux"}},"descriptor":{"name":"grype","version":"0.9"}}"#,
        );
        assert_eq!(report.state, State::Ok);
        assert_eq!((report.counts.findings, report.counts.suppressed), (2, 1));
        let advisory = report.findings[0].advisory.as_ref().unwrap();
        assert_eq!(advisory.aliases, ["CVE-1".into()]);
        assert_eq!((advisory.score, advisory.epss, advisory.kev), (Some(7.5), Some(0.5), true));
        assert!(report.findings[0].place.as_ref().unwrap().pseudo);
        let why = report.findings[1].suppressed.as_ref().unwrap();
        assert_eq!((&*why.kind, &*why.reason), ("VEX not_affected", "code_not_present"));
        let image = report.image.unwrap();
        assert_eq!(image.digests, ["sha256:b".into(), "sha256:a".into()]);
        assert_eq!(image.platform.as_deref(), Some("linux/amd64"));
    }

    #[test]
    fn an_advisory_about_several_is_no_name_of_each() {
        let report = one(
            r#"{"matches":[{"vulnerability":{"id":"ALAS-2021-1","severity":"High"},"artifact":{"name":"x"},
            "relatedVulnerabilities":[{"id":"CVE-1"},{"id":"CVE-2"}]}],"descriptor":{"name":"grype"}}"#,
        );
        assert_eq!(report.findings[0].advisory, None);
    }

    #[test]
    fn without_a_descriptor_a_match_tells_whose_it_is() {
        let report = one(
            r#"{"matches":[{"vulnerability":{"id":"GHSA-a","severity":"High"},"artifact":{"name":"x"}}]}"#,
        );
        assert_eq!((&*report.format, report.counts.findings), ("grype", 1));
    }

    #[test]
    fn packages_that_nothing_is_listed_for_are_told() {
        let with = |alerts: &str| {
            one(&format!(
                r#"{{"matches":[],"descriptor":{{"name":"grype"}},"alertsByPackage":[{{"package":{{"name":"a"}},"alerts":[{alerts}]}},{{"package":{{"name":"b"}},"alerts":[{alerts}]}}]}}"#
            ))
        };
        let ended = with(
            r#"{"type":"distro-eol","message":"Package is from end-of-life distro: debian 9","metadata":{"name":"debian","version":"9"}}"#,
        );
        assert_eq!((ended.end_of_life.as_deref(), ended.notes.len()), (Some("debian 9"), 1));
        let bare = with(r#"{"type":"distro-eol","message":"Package is from end-of-life distro: debian 9"}"#);
        assert_eq!(bare.end_of_life.as_deref(), Some("debian 9"));
        for kind in ["distro-unknown", "distro-disabled"] {
            let report = with(&format!(r#"{{"type":"{kind}","message":"no data for exotic 1"}}"#));
            assert!(matches!(&report.state, State::Partial { why } if why.contains("exotic 1")), "{kind}");
        }
        let other = with(r#"{"type":"news","message":"something new"}"#);
        assert_eq!((other.state.is_ok(), &*other.notes[0]), (true, "something new"));
    }

    #[test]
    fn a_list_that_could_not_be_used_is_no_clean_scan() {
        for db in
            [r#"{"error":"too old"}"#, r#"{"status":{"valid":false}}"#, r#"{"status":{"error":"gone"}}"#]
        {
            let text = format!(r#"{{"matches":[],"descriptor":{{"name":"grype","db":{db}}}}}"#);
            assert!(matches!(one(&text).state, State::Partial { .. }), "{db}");
        }
        let broken = one(r#"{"matches":{},"descriptor":{"name":"grype"}}"#);
        assert!(matches!(broken.state, State::Unreadable { .. }));
    }
}
