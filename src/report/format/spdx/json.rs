//! SPDX 2.2 and 2.3 as JSON: bills of materials of Syft, Trivy, GitHub and others
//! (<https://spdx.github.io/spdx-spec/v2.3/>).

use serde::Deserialize;

use super::{Document, Listed};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::json::Json;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;

/// SPDX 2 as JSON.
pub(in crate::report::format) const FORMAT: Format = Format { name: "spdx-json", recognises, read };

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: Option<String>,
    name: Option<String>,
    version_info: Option<String>,
    primary_package_purpose: Option<String>,
    checksums: Option<Vec<Checksum>>,
    external_refs: Option<Vec<Reference>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Checksum {
    algorithm: Option<String>,
    checksum_value: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference {
    #[serde(rename = "referenceCategory")]
    category: Option<String>,
    #[serde(rename = "referenceType")]
    kind: Option<String>,
    #[serde(rename = "referenceLocator")]
    locator: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Relation {
    spdx_element_id: Option<String>,
    related_spdx_element: Option<String>,
    relationship_type: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Creation {
    creators: Option<Vec<String>>,
}

fn recognises(sketch: &Sketch) -> bool {
    let Some(json) = sketch.first_line().filter(|json| json.is_object()) else { return false };
    // GitHub's own export stands in an object of one key.
    let version = json.text(&["spdxVersion"]).or_else(|| json.text(&["sbom", "spdxVersion"]));
    version.is_some_and(|version| version.starts_with("SPDX-2"))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut json = input.json();
    document(&mut json, draft)?;
    json.end()
}

/// One document, which may also be what a signed statement states.
pub(in crate::report::format) fn document(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let mut document = Document::default();
    fill(json, &mut document, draft)?;
    document.finish(draft);
    Ok(())
}

fn fill(json: &mut Json<'_>, document: &mut Document, draft: &mut Draft) -> Result<()> {
    json.object(|json, key| match key {
        "sbom" => fill(json, document, draft),
        "spdxVersion" => json.text().map(|text| document.version = text.unwrap_or_default()),
        "name" => json.text().map(|text| document.name = text.unwrap_or_default()),
        "creationInfo" => json
            .read::<Option<Creation>>()
            .map(|it| document.creators = it.unwrap_or_default().creators.unwrap_or_default()),
        "documentDescribes" => json.list(|json| {
            document.describes.extend(json.text()?);
            Ok(())
        }),
        "packages" => json.list(|json| {
            document.package(draft, json.read::<Package>()?.into());
            Ok(())
        }),
        "relationships" => json.list(|json| {
            let relation: Relation = json.read()?;
            let [element, other] = [&relation.spdx_element_id, &relation.related_spdx_element];
            let named = |name: &Option<String>| name.clone().unwrap_or_default();
            document.related(&named(element), &named(&relation.relationship_type), &named(other));
            Ok(())
        }),
        _ => Ok(()),
    })
}

impl From<Package> for Listed {
    fn from(package: Package) -> Self {
        let text = Option::unwrap_or_default;
        let checksums = package.checksums.unwrap_or_default().into_iter();
        let references = package.external_refs.unwrap_or_default().into_iter();
        Self {
            id: text(package.id),
            name: text(package.name),
            version: text(package.version_info),
            purpose: text(package.primary_package_purpose),
            checksums: checksums.map(|sum| (text(sum.algorithm), text(sum.checksum_value))).collect(),
            references: references.map(|it| (text(it.category), text(it.kind), text(it.locator))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Severity;
    use crate::report::trial::{one, state};

    const HEAD: &str = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"app","#;

    #[test]
    fn a_document_without_packages_is_not_ok() {
        assert_eq!(state(&format!(r#"{HEAD}"packages":[]}}"#)), "partial");
        assert_eq!(state(&format!(r#"{HEAD}"files":[]}}"#)), "partial");
        assert_eq!(state(&format!(r#"{HEAD}"packages":[{{"name":"a"}}]}}"#)), "ok");
        assert_eq!(state(&format!(r#"{{"sbom":{HEAD}"packages":[{{"name":"a"}}]}}}}"#)), "ok");
    }

    #[test]
    fn what_is_cut_off_or_of_another_type_is_unreadable() {
        for rest in [
            r#""packages":[{"name":"a"}"#,
            r#""packages":{}}"#,
            r#""packages":["a"]}"#,
            r#""packages":[{"name":"a"}]}x"#,
        ] {
            assert_eq!(state(&format!("{HEAD}{rest}")), "unreadable", "{rest}");
        }
    }

    #[test]
    fn advisories_are_findings_and_products_are_not() {
        let report = one(&format!(
            r#"{HEAD}"packages":[{{"name":"a","versionInfo":"1","externalRefs":[
            {{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/a@1"}},
            {{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:a:a:1"}},
            {{"referenceCategory":"SECURITY","referenceType":"cpe22Type","referenceLocator":"cpe:/a:a"}},
            {{"referenceCategory":"SECURITY","referenceType":"advisory","referenceLocator":"https://e.example/CVE-2024-1"}},
            {{"referenceCategory":"SECURITY","referenceType":"url","referenceLocator":"https://e.example/security"}}]}}]}}"#
        ));
        let said: Vec<_> =
            report.findings.iter().map(|finding| (&*finding.rule.id, finding.weight())).collect();
        assert_eq!(said, [("CVE-2024-1", Severity::High), ("https://e.example/security", Severity::Info)]);
        assert_eq!(report.findings[0].package.as_ref().unwrap().purl.as_deref(), Some("pkg:npm/a@1"));
    }

    #[test]
    fn an_image_is_known_by_its_digests() {
        let [manifest, other] = ["a".repeat(64), "c".repeat(64)];
        let report = one(&format!(
            r#"{HEAD}"creationInfo":{{"creators":["Organization: A","Tool: syft-1.18.1"]}},"packages":[
            {{"SPDXID":"SPDXRef-a","name":"a","checksums":[{{"algorithm":"SHA256","checksumValue":"{other}"}}]}},
            {{"SPDXID":"SPDXRef-i","name":"alpine","versionInfo":"sha256:{manifest}","primaryPackagePurpose":"CONTAINER",
            "checksums":[{{"algorithm":"SHA256","checksumValue":"{manifest}"}}]}}],
            "relationships":[{{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-i"}}]}}"#
        ));
        assert_eq!(report.inventory.unwrap().subjects, [format!("sha256:{manifest}").into()]);
        assert_eq!(&*report.image.unwrap().name, "alpine");
        assert_eq!((&*report.tool.name, report.tool.version.as_deref()), ("syft", Some("1.18.1")));
    }
}
