//! What `trivy k8s` writes about a cluster: one entry for each resource, each with results of its own.
//!
//! Its shape is `pkg/k8s/report/report.go` of Trivy: `Resources` of a full report, `Findings` of a summary,
//! and two lists, `Vulnerabilities` and `Misconfigurations`, before 0.39.

use super::result::{Scope, result};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::json::Json;
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;

/// Trivy about a Kubernetes cluster.
pub(in crate::report::format) const FORMAT: Format = Format { name: "trivy-kubernetes", recognises, read };

const LISTS: [&str; 4] = ["Resources", "Findings", "Vulnerabilities", "Misconfigurations"];

fn recognises(sketch: &Sketch) -> bool {
    let json = sketch.json();
    json.is_some_and(|json| json.has(&["ClusterName"]) && LISTS.iter().any(|list| json.has(&[list])))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("trivy");
    let mut json = input.json();
    let (mut cluster, mut resources) = (String::new(), 0_u64);
    json.object(|json, key| match key {
        "ClusterName" => {
            cluster = json.text()?.unwrap_or_default();
            Ok(())
        }
        list if LISTS.contains(&list) => json.list(|json| {
            resources += 1;
            resource(json, draft)
        }),
        _ => Ok(()),
    })?;
    json.end()?;
    if resources == 0 {
        draft.partial("It lists no resource of the cluster: nothing was scanned. Check the namespace and what Trivy may read.");
    }
    draft.report().target = Some(cluster.into());
    Ok(())
}

fn resource(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let (mut namespace, mut kind, mut name, mut failed) =
        (String::new(), String::new(), String::new(), String::new());
    let first = draft.report().findings.len();
    json.object(|json, key| {
        let text = match key {
            "Namespace" => &mut namespace,
            "Kind" => &mut kind,
            "Name" => &mut name,
            "Error" => &mut failed,
            "Results" => {
                return json.list(|json| result(json, draft, Scope { pseudo: true }));
            }
            _ => return Ok(()),
        };
        *text = json.text()?.unwrap_or_default();
        Ok(())
    })?;
    let path: Vec<&str> =
        [&namespace, &kind, &name].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if path.is_empty() {
        return Err(Fault::new("A resource of the cluster has no name."));
    }
    let path = path.join("/");
    if !failed.is_empty() {
        draft.partial(format!("Trivy could not scan {path}: {failed}"));
    }
    within(draft, first, &path);
    Ok(())
}

/// Names the resource before the target of each of its findings.
fn within(draft: &mut Draft, first: usize, resource: &str) {
    let targets: Vec<String> = draft
        .report()
        .findings
        .iter()
        .skip(first)
        .map(|finding| match finding.target.as_deref() {
            Some(target) if !resource.ends_with(target) => format!("{resource}: {target}"),
            _ => resource.to_owned(),
        })
        .collect();
    let targets: Vec<_> = targets.iter().map(|target| draft.text(target)).collect();
    let findings = draft.report().findings.iter_mut().skip(first);
    for (finding, target) in findings.zip(targets) {
        finding.target = Some(target);
    }
}

#[cfg(test)]
mod tests {
    use crate::report::State;
    use crate::report::trial::one;

    #[test]
    fn a_resource_that_could_not_be_scanned_is_told() {
        let report = one(
            r#"{"ClusterName":"c","Resources":[{"Namespace":"a","Kind":"Pod","Name":"p","Error":"no such image"},
            {"Namespace":"a","Kind":"Pod","Name":"q","Results":[{"Target":"Pod/q","Misconfigurations":
            [{"ID":"KSV001","Status":"FAIL","Severity":"LOW"}]}]}]}"#,
        );
        assert!(matches!(&report.state, State::Partial { why } if why.contains("a/Pod/p")));
        assert_eq!(report.findings[0].target.as_deref(), Some("a/Pod/q"));
    }

    #[test]
    fn a_cluster_without_resources_was_not_scanned() {
        let report = one(r#"{"ClusterName":"c","Resources":null}"#);
        assert!(matches!(report.state, State::Partial { .. }));
    }
}
