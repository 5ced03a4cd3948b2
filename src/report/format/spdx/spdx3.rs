//! SPDX 3 as JSON-LD: only how much it lists and what it is about
//! (<https://spdx.github.io/spdx-spec/v3.0.1/>).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::report::digest;
use crate::report::format::Format;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Draft, Inventory};

/// SPDX 3 as JSON-LD.
pub(in crate::report::format) const FORMAT: Format = Format { name: "spdx3-json", recognises, read };

/// Packages with digests beyond these are counted only.
const KNOWN: usize = 100_000;

fn recognises(sketch: &Sketch) -> bool {
    let Some(json) = sketch.first_line().filter(|json| json.is_object()) else { return false };
    let version = json.text(&["spdxVersion"]).is_some_and(|version| version.starts_with("SPDX-3"));
    let context = json.text(&["@context"]).is_some_and(|context| context.contains("spdx.org/"));
    version || (context && json.has(&["@graph"]))
}

#[derive(Default)]
struct Graph {
    version: String,
    packages: u64,
    vulnerabilities: u64,
    roots: HashSet<String>,
    digests: HashMap<String, Vec<Box<str>>>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut json = input.json();
    let mut graph = Graph::default();
    json.object(|json, key| match key {
        "@graph" => json.list(|json| {
            graph.element(&json.read()?);
            Ok(())
        }),
        "spdxVersion" => {
            let version = json.text()?.unwrap_or_default();
            version.trim_start_matches("SPDX-").clone_into(&mut graph.version);
            Ok(())
        }
        _ => Ok(()),
    })?;
    json.end()?;
    graph.finish(draft);
    Ok(())
}

impl Graph {
    fn element(&mut self, element: &Value) {
        let text = |key: &str| element[key].as_str().unwrap_or_default().to_owned();
        let kind = element["type"].as_str().or_else(|| element["@type"].as_str()).unwrap_or_default();
        match kind.rsplit(['_', '/']).next().unwrap_or_default() {
            "CreationInfo" => self.version = text("specVersion"),
            "SpdxDocument" | "Sbom" => {
                let roots = element["rootElement"].as_array().into_iter().flatten();
                self.roots.extend(roots.filter_map(Value::as_str).map(ToOwned::to_owned));
            }
            "Package" => self.package(text("spdxId"), element),
            "Vulnerability" => self.vulnerabilities += 1,
            _ => {}
        }
    }

    fn package(&mut self, id: String, element: &Value) {
        self.packages += 1;
        let hashes = element["verifiedUsing"].as_array().into_iter().flatten();
        let mut digests: Vec<Box<str>> = hashes
            .filter_map(|hash| digest::of(hash["algorithm"].as_str()?, hash["hashValue"].as_str()?))
            .map(Into::into)
            .collect();
        let named = ["software_packageUrl", "software_packageVersion"];
        digests.extend(named.iter().filter_map(|key| digest::within(element[key].as_str()?)).map(Into::into));
        if !digests.is_empty() && self.digests.len() < KNOWN {
            self.digests.insert(id, digests);
        }
    }

    fn finish(self, draft: &mut Draft) {
        let mut subjects: Vec<_> =
            self.roots.iter().filter_map(|root| self.digests.get(root)).flatten().cloned().collect();
        subjects.sort_unstable();
        subjects.dedup();
        draft.report().inventory = Some(Inventory {
            specification: format!("SPDX-{}", self.version).into(),
            components: self.packages,
            subjects,
        });
        draft.note("Of SPDX 3 only the packages are counted; vulnerabilities in it are not read.");
        if self.vulnerabilities > 0 {
            draft.partial(format!(
                "It names {} vulnerabilities, which are not read from SPDX 3: have the tool write SPDX 2.3 or CycloneDX.",
                self.vulnerabilities
            ));
        } else if self.packages == 0 {
            draft.partial(
                "It lists no package: the tool found nothing it knows, or looked in the wrong place.",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const HEAD: &str = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":["#;

    #[test]
    fn packages_are_counted_and_nothing_is_hidden() {
        let package = r#"{"type":"software_Package","spdxId":"p","name":"a"}"#;
        let report = one(&format!("{HEAD}{package}]}}"));
        assert_eq!((report.state.as_str(), report.inventory.unwrap().components), ("ok", 1));
        assert!(!report.notes.is_empty());
        assert_eq!(state(&format!("{HEAD}]}}")), "partial");
        assert_eq!(state(&format!(r#"{HEAD}{package},{{"type":"security_Vulnerability"}}]}}"#)), "partial");
        assert_eq!(state(&format!("{HEAD}{package}]")), "unreadable");
        assert_eq!(state(r#"{"@context":"https://spdx.org/rdf/3.0.1/","@graph":{}}"#), "unreadable");
    }

    #[test]
    fn its_root_is_its_subject() {
        let hex = "ab".repeat(32);
        let report = one(&format!(
            r#"{HEAD}{{"type":"software_Package","spdxId":"p","verifiedUsing":[{{"type":"Hash","algorithm":"sha256","hashValue":"{hex}"}}]}},
            {{"type":"software_Package","spdxId":"q","verifiedUsing":[{{"algorithm":"sha1","hashValue":"{hex}"}}]}},
            {{"type":"software_Sbom","rootElement":["p"]}}]}}"#
        ));
        assert_eq!(report.inventory.unwrap().subjects, [format!("sha256:{hex}").into()]);
    }
}
