//! What holds for every format.

use super::ALL;
use crate::report::trial::{all, named};

/// The smallest document of each format, or one that says little: whatever is recognised is a report.
const LEAST: &[(&str, &str)] = &[
    ("sarif", r#"{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[]}"#),
    ("junit", "<testsuites/>"),
    ("cobertura", r#"<coverage line-rate="0"/>"#),
    ("coverage-py", r#"{"meta":{"format":3,"version":"7"},"files":{}}"#),
    ("lcov", "TN:\nSF:a.c\nend_of_record\n"),
    ("checkstyle", "<checkstyle/>"),
    ("trivy-kubernetes", r#"{"ClusterName":"c","Resources":[]}"#),
    ("trivy", r#"{"SchemaVersion":2,"Results":[]}"#),
    ("trivy-legacy", r#"[{"Target":"a"}]"#),
    ("grype", r#"{"matches":[],"descriptor":{"name":"grype"}}"#),
    ("dependency-check", r#"{"reportSchema":"1.1","scanInfo":{}}"#),
    ("dependency-check-xml", "<analysis><scanInfo/></analysis>"),
    ("gitlab-security", r#"{"version":"15.0.7","vulnerabilities":[],"scan":{"type":"sast"}}"#),
    ("dockle", r#"{"summary":{"fatal":0},"details":[]}"#),
    ("kubesec", r#"[{"object":"a","valid":false,"score":0}]"#),
    ("hadolint", r#"[{"code":"DL1","level":"info","line":1,"column":1,"file":"a","message":"b"}]"#),
    ("hadolint-text", "Dockerfile:11 DL3008 warning: Pin versions\n"),
    ("code-climate", r#"[{"description":"a","severity":"info","location":{"path":"b"}}]"#),
    ("detect-secrets", r#"{"plugins_used":[],"results":{}}"#),
    ("osv-scanner", r#"{"results":[],"experimental_config":{}}"#),
    ("npm-audit", r#"{"auditReportVersion":2}"#),
    ("npm-audit-v1", r#"{"actions":[],"advisories":{},"metadata":{}}"#),
    ("pip-audit", r#"{"dependencies":[],"fixes":[]}"#),
    ("bandit", r#"{"errors":[],"generated_at":"x","metrics":{},"results":[]}"#),
    ("semgrep", r#"{"results":[],"errors":[]}"#),
    ("gitleaks", r#"[{"RuleID":"a","File":"b","Secret":"c"}]"#),
    ("trufflehog", r#"{"level":"info-0","logger":"trufflehog","msg":"running source"}"#),
    ("trufflehog-2", r#"{"path":"a","reason":"b","stringsFound":[]}"#),
    ("zap-json", r#"{"@programName":"ZAP","@version":"2.16","site":[]}"#),
    ("zap-xml", "<OWASPZAPReport/>"),
    ("nikto-json", r#"{"host":"a","port":"1","vulnerabilities":[]}"#),
    ("nikto-xml", "<niktoscan/>"),
    ("pylint", r#"{"messages":[],"statistics":{"messageTypeCount":{}}}"#),
    ("ruff", r#"[{"code":"E1","filename":"a.py","message":"b","location":{"row":1}}]"#),
    (
        "ruff-lines",
        "{\"code\":\"E1\",\"filename\":\"a.py\",\"message\":\"b\",\"location\":{\"row\":1}}\n\
         {\"code\":\"E1\",\"filename\":\"a.py\",\"message\":\"b\",\"location\":{\"row\":2}}\n",
    ),
    (
        "mypy-json",
        r#"{"file":"a.py","line":1,"column":0,"message":"a","hint":null,"code":"x","severity":"note"}"#,
    ),
    ("mypy", "Success: no issues found in 1 source file\n"),
    ("ruff-text", "Found 2 errors.\n"),
    ("flake8", "a.py:1:1: E1 x\n"),
    ("yamllint", "./a.yml:4:5: [error] too long (line-length)\n"),
    ("black", "All done!\n1 file would be left unchanged.\n"),
    ("helm-lint", "==> Linting x\n"),
    ("sigstore-bundle", r#"{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.2"}"#),
    ("dsse", r#"{"payloadType":"a","payload":"","signatures":[]}"#),
    ("in-toto", r#"{"_type":"https://in-toto.io/Statement/v1"}"#),
    ("oci-index", r#"{"mediaType":"application/vnd.oci.image.index.v1+json"}"#),
    ("cyclonedx-json", r#"{"bomFormat":"CycloneDX"}"#),
    ("cyclonedx-xml", r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>"#),
    ("spdx3-json", r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}"#),
    ("spdx-json", r#"{"spdxVersion":"SPDX-2.3"}"#),
    ("spdx-tag-value", "SPDXVersion: SPDX-2.3\n"),
    ("syft-json", r#"{"artifacts":[],"descriptor":{"name":"syft"}}"#),
];

#[test]
fn whatever_is_recognised_is_a_report() {
    for (format, text) in LEAST {
        let read: Vec<_> = all(text).iter().map(|report| report.format.to_string()).collect();
        assert_eq!(read, [*format], "{text}");
    }
}

#[test]
fn every_format_is_tried_here() {
    let by_name = ["empty-list", "empty-file"];
    for format in ALL.iter().filter(|format| !by_name.contains(&format.name)) {
        assert!(LEAST.iter().any(|(name, _)| *name == format.name), "{}", format.name);
    }
    assert_eq!((named("ruff.json", "[]").len(), named("ruff.json", "").len()), (1, 1));
}
