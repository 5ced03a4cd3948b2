//! Trivy's JSON of today (`SchemaVersion` 2): images, folders, repositories, configurations, secrets, licences.
//!
//! Its shape is `pkg/types/report.go` of Trivy.

mod kubernetes;
mod legacy;
mod result;
mod vulnerability;

use serde::Deserialize;

use super::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{lenient, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Draft, Image};
use result::{Scope, results};

pub(super) use kubernetes::FORMAT as KUBERNETES;
pub(super) use legacy::FORMAT as LEGACY;

/// Trivy, schema 2.
pub(super) const FORMAT: Format = Format { name: "trivy", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| {
        json.has(&["SchemaVersion"])
            && !json.has(&["ClusterName"])
            && ["ArtifactName", "ArtifactType", "Results"].iter().any(|key| json.has(&[key]))
    })
}

/// What stands beside the results.
#[derive(Debug, Default)]
struct Head {
    name: String,
    kind: String,
    version: Option<String>,
    metadata: Metadata,
    /// How many there are; none where the document has no such list.
    results: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Metadata {
    #[serde(rename = "OS", deserialize_with = "lenient")]
    system: System,
    #[serde(rename = "ImageID", deserialize_with = "text")]
    image_id: String,
    #[serde(deserialize_with = "lenient")]
    repo_digests: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    image_config: Config,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct System {
    #[serde(rename = "Family", deserialize_with = "text")]
    family: String,
    #[serde(rename = "Name", deserialize_with = "text")]
    name: String,
    #[serde(rename = "EOSL", deserialize_with = "lenient")]
    ended: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    #[serde(deserialize_with = "text")]
    os: String,
    #[serde(deserialize_with = "text")]
    architecture: String,
    #[serde(deserialize_with = "text")]
    variant: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tool {
    #[serde(rename = "Version", deserialize_with = "text")]
    version: String,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("trivy");
    let mut json = input.json();
    let mut head = Head::default();
    json.object(|json, key| head.take(json, key, draft))?;
    json.end()?;
    head.tell(draft)
}

impl Head {
    fn take(&mut self, json: &mut Json<'_>, key: &str, draft: &mut Draft) -> Result<()> {
        match key {
            "ArtifactName" => self.name = json.text()?.unwrap_or_default(),
            "ArtifactType" => self.kind = json.text()?.unwrap_or_default(),
            "Trivy" => self.version = Some(json.read::<Tool>()?.version),
            "Metadata" => self.metadata = json.read::<Option<Metadata>>()?.unwrap_or_default(),
            "Results" => {
                let pseudo = !matches!(self.kind.as_str(), "filesystem" | "repository");
                self.results = Some(results(json, draft, Scope { pseudo })?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Each thing that Trivy looked at (an operating system's packages, a lock file, a Dockerfile) is a result,
    /// whether anything is wrong with it or not. Without any it looked at nothing, as of an image without a
    /// package manager; a document that does not even name what was scanned was not finished.
    fn tell(self, draft: &mut Draft) -> Result<()> {
        if self.name.is_empty() && self.results.is_none() {
            return Err(Fault::new(
                "It has no results and does not name what was scanned: Trivy did not finish it.",
            ));
        }
        if self.results.is_none_or(|results| results == 0) {
            draft.note(
                "Trivy names no package, file or configuration that it looked at: it found nothing that it can look at. \
                 Check its target and its scanners; where it looks for secrets alone, it does not say what it looked at.",
            );
            draft.report().looked_at_nothing = true;
        }
        draft.tool("trivy", self.version.as_deref().filter(|version| !version.is_empty()));
        let System { family, name, ended } = &self.metadata.system;
        if *ended {
            draft.end_of_life(&format!("{family} {name}"));
        }
        let target = (!self.name.is_empty()).then(|| draft.text(&self.name));
        let report = draft.report();
        report.target = target;
        report.image = (self.kind == "container_image").then(|| image(&self.name, &self.metadata));
        Ok(())
    }
}

fn image(name: &str, metadata: &Metadata) -> Image {
    let named = metadata.repo_digests.iter().filter_map(|digest| Some(digest.split_once('@')?.1));
    let mut digests: Vec<Box<str>> = named.map(Into::into).collect();
    if metadata.image_id.starts_with("sha256:") && !digests.contains(&metadata.image_id.as_str().into()) {
        digests.push(metadata.image_id.as_str().into());
    }
    let Config { os, architecture, variant } = &metadata.image_config;
    Image { name: name.into(), digests, platform: platform(os, architecture, variant) }
}

/// As registries write it: `linux/arm64/v8`.
pub(super) fn platform(os: &str, architecture: &str, variant: &str) -> Option<Box<str>> {
    if os.is_empty() || architecture.is_empty() {
        return None;
    }
    let all = [os, architecture, variant];
    Some(all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/").into())
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{all, one};
    use crate::report::{Category, Severity};

    #[test]
    fn a_scan_that_looked_at_nothing_says_so() {
        for kind in ["container_image", "filesystem", "repository"] {
            for results in ["", r#","Results":[]"#, r#","Results":null"#] {
                let text = format!(
                    r#"{{"SchemaVersion":2,"ArtifactName":"shop:1","ArtifactType":"{kind}"{results}}}"#
                );
                let report = one(&text);
                assert!(
                    report.looked_at_nothing && report.notes[0].contains("nothing that it can look at"),
                    "{text}"
                );
                assert_eq!(report.target.as_deref(), Some("shop:1"));
            }
            let looked = r#","Results":[{"Target":"go.mod","Class":"lang-pkgs","Type":"gomod"}]"#;
            let text =
                format!(r#"{{"SchemaVersion":2,"ArtifactName":"shop:1","ArtifactType":"{kind}"{looked}}}"#);
            let report = one(&text);
            assert_eq!((report.looked_at_nothing, report.counts.findings), (false, 0), "{text}");
        }
    }

    #[test]
    fn a_document_that_was_not_finished_is_not_clean() {
        for broken in [
            r#"{"SchemaVersion":2,"ArtifactType":"filesystem"}"#,
            r#"{"SchemaVersion":2,"ArtifactName":"x","Results":[{"Target":"y""#,
            r#"{"SchemaVersion":2,"ArtifactName":"x","Results":"none"}"#,
            r#"{"SchemaVersion":2,"ArtifactName":"x","Results":[{"Vulnerabilities":{}}]}"#,
            r#"{"SchemaVersion":2,"ArtifactName":"x"}{"SchemaVersion":2,"ArtifactName":"x"}"#,
        ] {
            assert!(all(broken).iter().all(|report| !report.state.is_ok()), "{broken}");
        }
    }

    #[test]
    fn an_image_is_told_with_its_digests_and_platform() {
        let report = one(
            r#"{"SchemaVersion":2,"ArtifactName":"app:1","ArtifactType":"container_image","Metadata":{
            "ImageID":"sha256:aa","RepoDigests":["app@sha256:bb"],"OS":{"Family":"alpine","Name":"3.9","EOSL":true},
            "ImageConfig":{"os":"linux","architecture":"arm64","variant":"v8"}},"Results":[{"Vulnerabilities":[
            {"VulnerabilityID":"CVE-1","VendorIDs":["DSA-1-1","GHSA-a"],"PkgName":"musl","InstalledVersion":"1",
            "FixedVersion":"1.2, 1.3","Severity":"HIGH","CVSS":{"nvd":{"V2Score":4,"V3Score":"7.5"}}}],
            "Target":"app:1 (alpine 3.9)","Class":"os-pkgs","Type":"alpine"}]}"#,
        );
        let image = report.image.unwrap();
        assert_eq!(image.digests, ["sha256:bb".into(), "sha256:aa".into()]);
        assert_eq!(image.platform.as_deref(), Some("linux/arm64/v8"));
        assert_eq!((report.notes.len(), report.end_of_life.as_deref()), (1, Some("alpine 3.9")));
        let finding = &report.findings[0];
        assert_eq!(finding.target.as_deref(), Some("app:1 (alpine 3.9)"));
        assert_eq!(finding.place, None);
        assert_eq!(finding.package.as_ref().unwrap().purl.as_deref(), Some("pkg:apk/alpine/musl@1"));
        let advisory = finding.advisory.as_ref().unwrap();
        assert_eq!(advisory.aliases, ["GHSA-a".into()]);
        assert_eq!(advisory.fixed, ["1.2".into(), "1.3".into()]);
        assert_eq!(advisory.score, Some(7.5));
    }

    #[test]
    fn a_secret_is_told_without_it() {
        let report = one(
            r#"{"SchemaVersion":2,"ArtifactName":".","ArtifactType":"repository","Results":[{"Target":"deploy.sh",
            "Class":"secret","Secrets":[{"RuleID":"aws","Severity":"CRITICAL","Title":"AWS key","StartLine":3,"EndLine":3,
            "Match":"key=hunter2","Code":{"Lines":[{"Content":"key=hunter2"}]}}],
            "ExperimentalModifiedFindings":[{"Type":"secret","Status":"ignored","Statement":"a test","Source":".trivyignore",
            "Finding":{"RuleID":"aws","Severity":"HIGH","Match":"hunter2"}}]}]}"#,
        );
        assert!(!format!("{report:?}").contains("hunter2"));
        assert_eq!((report.counts.findings, report.counts.suppressed), (2, 1));
        let finding = &report.findings[0];
        assert_eq!((finding.category, finding.severity), (Category::Secret, Severity::Critical));
        let place = finding.place.as_ref().unwrap();
        assert_eq!((&*place.file, place.line, place.pseudo), ("deploy.sh", Some(3), false));
        let why = report.findings[1].suppressed.as_ref().unwrap();
        assert_eq!((&*why.kind, &*why.reason), (".trivyignore ignored", "a test"));
    }

    #[test]
    fn what_passed_is_no_finding() {
        let report = one(
            r#"{"SchemaVersion":2,"ArtifactName":".","ArtifactType":"filesystem","Results":[{"Target":"Dockerfile","Class":"config",
            "Misconfigurations":[{"ID":"DS001","Status":"PASS","Severity":"HIGH"},{"ID":"DS002","Status":"EXCEPTION","Severity":"HIGH"},
            {"ID":"DS003","Status":"FAIL","Severity":"LOW","CauseMetadata":{"StartLine":2,"EndLine":4}}]}]}"#,
        );
        assert_eq!((report.counts.findings, report.counts.suppressed), (2, 1));
        assert_eq!(report.findings[1].place.as_ref().unwrap().end_line, Some(4));
    }
}
