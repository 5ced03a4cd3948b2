//! `CycloneDX` as JSON: bills of materials and vulnerability reports of Syft, Trivy, Grype, cdxgen and others,
//! and VEX (<https://cyclonedx.org/docs/1.7/json/>).

use serde_json::Value;

use super::{Bom, Component, Rating, Vulnerability};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::json::{Json, Kind};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;

/// `CycloneDX` as JSON.
pub(in crate::report::format) const FORMAT: Format = Format { name: "cyclonedx-json", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.first_line().is_some_and(|json| json.is_object() && json.text(&["bomFormat"]) == Some("CycloneDX"))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut json = input.json();
    document(&mut json, draft)?;
    json.end()
}

/// One bill of materials, which may also be what a signed statement states.
pub(in crate::report::format) fn document(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let mut bom = Bom::default();
    json.object(|json, key| match key {
        "specVersion" => {
            bom.version = json.text()?.unwrap_or_default();
            Ok(())
        }
        "metadata" => json.object(|json, key| {
            match key {
                "tools" => bom.tools = tools(&json.read()?),
                "component" => bom.about = about(&json.read()?),
                _ => {}
            }
            Ok(())
        }),
        "components" => components(json, &mut bom),
        "vulnerabilities" => json.list(|json| {
            if json.peek()? != Kind::Object {
                return Err(Fault::new(
                    "Something that is no vulnerability stands among the vulnerabilities.",
                ));
            }
            bom.vulnerability(draft, &vulnerability(&json.read()?));
            Ok(())
        }),
        _ => Ok(()),
    })?;
    bom.finish(draft);
    Ok(())
}

/// Components may hold components.
fn components(json: &mut Json<'_>, bom: &mut Bom) -> Result<()> {
    json.list(|json| {
        let mut component = Component::default();
        json.object(|json, key| {
            let field = match key {
                "bom-ref" => &mut component.reference,
                "group" => &mut component.group,
                "name" => &mut component.name,
                "version" => &mut component.version,
                "purl" => &mut component.purl,
                "components" => return components(json, bom),
                _ => return Ok(()),
            };
            *field = json.text()?.unwrap_or_default();
            Ok(())
        })?;
        bom.component(&component);
        Ok(())
    })
}

/// A list of tools, or since version 1.5 an object with components and services.
fn tools(written: &Value) -> Vec<(String, Option<String>)> {
    let list = written.as_array().or_else(|| written["components"].as_array());
    let tool = |tool: &Value| Some((some_text(&tool["name"])?, some_text(&tool["version"])));
    list.into_iter().flatten().filter_map(tool).collect()
}

fn about(written: &Value) -> Component {
    let pairs = |list: &str, name: &str, value: &str| -> Vec<_> {
        items(&written[list]).map(|item| (text(&item[name]), text(&item[value]))).collect()
    };
    Component {
        kind: text(&written["type"]),
        reference: text(&written["bom-ref"]),
        group: text(&written["group"]),
        name: text(&written["name"]),
        version: text(&written["version"]),
        purl: text(&written["purl"]),
        hashes: pairs("hashes", "alg", "content"),
        properties: pairs("properties", "name", "value"),
    }
}

fn vulnerability(written: &Value) -> Vulnerability {
    let analysis = &written["analysis"];
    let reasons = [text(&analysis["justification"]), text(&analysis["detail"])];
    let id = some_text(&written["id"]).or_else(|| some_text(&written["bom-ref"]));
    let id = id.unwrap_or_else(|| "vulnerability-without-id".to_owned());
    let references = items(&written["references"]).filter_map(|item| some_text(&item["id"]));
    let cwes = items(&written["cwes"]).filter_map(|cwe| u32::try_from(cwe.as_u64()?).ok());
    Vulnerability {
        references: references.filter(|other| *other != id).collect(),
        id,
        ratings: items(&written["ratings"]).map(rating).collect(),
        cwes: cwes.collect(),
        description: some_text(&written["description"]).unwrap_or_else(|| text(&written["detail"])),
        recommendation: text(&written["recommendation"]),
        url: written.pointer("/source/url").and_then(some_text),
        state: some_text(&analysis["state"]),
        justification: reasons.into_iter().filter(|reason| !reason.is_empty()).collect::<Vec<_>>().join(": "),
        affects: items(&written["affects"]).map(affected).collect(),
    }
}

fn rating(written: &Value) -> Rating {
    let score = &written["score"];
    Rating {
        severity: some_text(&written["severity"]),
        score: score.as_f64().or_else(|| score.as_str()?.trim().parse().ok()),
        method: text(&written["method"]),
        vector: text(&written["vector"]),
    }
}

fn affected(written: &Value) -> (String, Vec<String>) {
    let without = items(&written["versions"]).filter(|version| version["status"] == "unaffected");
    (text(&written["ref"]), without.filter_map(|version| some_text(&version["version"])).collect())
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn some_text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};
    use crate::report::{Severity, State};

    const HEAD: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","#;

    #[test]
    fn a_bill_without_anything_is_not_ok() {
        for rest in [r#""components":[]}"#, r#""metadata":{}}"#, r#""components":null,"vulnerabilities":[]}"#]
        {
            assert_eq!(state(&format!("{HEAD}{rest}")), "partial", "{rest}");
        }
        assert_eq!(state(&format!(r#"{HEAD}"components":[{{"name":"a"}}]}}"#)), "ok");
    }

    #[test]
    fn what_is_cut_off_or_of_another_type_is_unreadable() {
        for rest in [
            r#""components":[{"name":"a"}"#,
            r#""components":[{"name":"a"}]} {}"#,
            r#""vulnerabilities":{},"components":[]}"#,
            r#""vulnerabilities":["CVE-1"]}"#,
            r#""components":{"a":1}}"#,
            r#""components":["a"]}"#,
        ] {
            assert_eq!(state(&format!("{HEAD}{rest}")), "unreadable", "{rest}");
        }
    }

    #[test]
    fn a_vulnerability_of_several_components_counts_once_and_is_found_in_each() {
        let report = one(&format!(
            r#"{HEAD}"vulnerabilities":[{{"id":"CVE-1","ratings":[{{"severity":"low"}},{{"severity":"High"}}],
            "affects":[{{"ref":"a"}},{{"ref":"pkg:npm/b@2"}}]}}],
            "components":[{{"bom-ref":"x","name":"x","components":[{{"bom-ref":"a","name":"a","version":"1","purl":"pkg:npm/a@1"}}]}}]}}"#
        ));
        assert_eq!(report.counts.findings, 1);
        assert_eq!(report.inventory.unwrap().components, 2);
        let packages: Vec<_> = report
            .findings
            .iter()
            .map(|finding| finding.package.as_ref().unwrap().purl.as_deref().unwrap())
            .collect();
        assert_eq!(packages, ["pkg:npm/a@1", "pkg:npm/b@2"]);
        assert!(report.findings.iter().all(|finding| finding.severity == Severity::High));
    }

    #[test]
    fn only_decided_states_suppress() {
        for (decided, suppressed) in [
            ("not_affected", 1),
            ("false_positive", 1),
            ("resolved", 1),
            ("in_triage", 0),
            ("exploitable", 0),
        ] {
            let report = one(&format!(
                r#"{HEAD}"vulnerabilities":[{{"id":"CVE-1","analysis":{{"state":"{decided}"}},"affects":[{{"ref":"a"}}]}}]}}"#
            ));
            assert_eq!((report.counts.findings, report.counts.suppressed), (1, suppressed), "{decided}");
        }
    }

    #[test]
    fn an_image_is_known_by_its_digests() {
        let (manifest, config) = ("a".repeat(64), "b".repeat(64));
        let report = one(&format!(
            r#"{HEAD}"components":[{{"name":"a"}}],"metadata":{{"tools":{{"components":[{{"name":"trivy","version":"0.60"}}]}},
            "component":{{"type":"container","name":"alpine:3","purl":"pkg:oci/alpine@sha256%3A{manifest}?arch=amd64",
            "properties":[{{"name":"aquasecurity:trivy:ImageID","value":"sha256:{config}"}},
            {{"name":"aquasecurity:trivy:RepoDigest","value":"alpine@sha256:{manifest}"}},
            {{"name":"aquasecurity:trivy:DiffID","value":"sha256:{0}"}}]}}}}}}"#,
            "c".repeat(64)
        ));
        let digests = [format!("sha256:{manifest}"), format!("sha256:{config}")];
        assert_eq!(report.image.unwrap().digests, digests.clone().map(Box::from));
        assert_eq!(report.inventory.unwrap().subjects, digests.map(Box::from));
        assert_eq!((&*report.tool.name, report.state), ("trivy", State::Ok));
    }
}
