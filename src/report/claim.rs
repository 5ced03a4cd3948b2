//! What a name says that something is: a report that turns out to be none must not pass as nothing.
//!
//! Whoever writes `scan > trivy.json 2>&1` has a log line in it and no report, and nobody may take that for a scan that
//! found nothing. Pictures and pages of a test run claim nothing, whatever they are called.

use super::tool_names::has_word;

/// What somebody can do about a file that is no report though its name says so.
pub(super) const WAY_OUT: &str = "Upload the tool's SARIF, JSON or XML by itself, or leave the artifact out with `scans: { ignore_artifacts: [NAME] }`.";

/// Scanners by the words of their files' names. Style checkers are not among them: what they find no gate looks at,
/// and `black` stands in many a name.
const SCANNERS: &[&str] = &[
    "bandit",
    "brakeman",
    "cargo-audit",
    "checkov",
    "clair",
    "codeql",
    "composer-audit",
    "dependency-check",
    "detect-secrets",
    "dockle",
    "gitleaks",
    "gosec",
    "govulncheck",
    "grype",
    "hadolint",
    "kics",
    "kube-linter",
    "kubelinter",
    "kubesec",
    "nikto",
    "npm-audit",
    "nuclei",
    "osv-scanner",
    "pip-audit",
    "pipaudit",
    "semgrep",
    "snyk",
    "syft",
    "terrascan",
    "tfsec",
    "trivy",
    "trufflehog",
    "yarn-audit",
    "zap",
];

/// Formats that files are named after.
const FORMATS: &[&str] = &["cobertura", "cyclonedx", "junit", "lcov", "sarif", "spdx"];

/// What tools write.
const TYPES: &[&str] = &["json", "jsonl", "ndjson", "sarif", "txt", "xml"];

/// The tool or format whose report a file claims to be by its own name and type, whatever its folders are called.
pub(super) fn of_file(path: &str) -> Option<&'static str> {
    let name = own_name(path);
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if name.strip_suffix(".sarif").is_some() {
        return word(name, SCANNERS).or(Some("sarif"));
    }
    is_of_a_reports_type(name).then(|| word(name, SCANNERS).or_else(|| word(name, FORMATS))).flatten()
}

/// The tool whose report an artifact claims to hold by its name. Formats are no claims: `coverage`, `test-results` and the
/// like hold pages and pictures as often.
pub(super) fn of_artifact(name: &str) -> Option<&'static str> {
    word(&own_name(name), SCANNERS)
}

/// Whether a file is of a type that tools write. One without any is.
pub(super) fn is_of_a_reports_type(path: &str) -> bool {
    let name = own_name(path);
    match name.rsplit_once('.') {
        None => true,
        Some((stem, kind)) => !stem.is_empty() && TYPES.contains(&kind),
    }
}

fn own_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.to_ascii_lowercase().replace(['_', ' '], "-")
}

fn word(name: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|word| has_word(name, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tools_and_formats_are_claims_where_the_type_is_one_that_they_write() {
        for (path, claim) in [
            ("trivy.json", Some("trivy")),
            ("out/Trivy_Image.JSON", Some("trivy")),
            ("trivy.json.gz", Some("trivy")),
            ("trivy", Some("trivy")),
            ("results.sarif", Some("sarif")),
            ("semgrep.sarif", Some("semgrep")),
            ("a.zip!/junit.xml", Some("junit")),
            ("npm_audit.txt", Some("npm-audit")),
            ("trivy.html", None),
            ("trivy.yaml", None),
            (".trivyignore", None),
            ("trivy/index.js", None),
            ("coverage-final.json", None),
            ("results.json", None),
            ("snykers.json", None),
            ("lcov-report/index.html", None),
        ] {
            assert_eq!(of_file(path), claim, "{path}");
        }
    }
}
