//! What kind of problem a SARIF result is: the format does not say, so its tool and its rule do.

use crate::report::Category;
use crate::report::aim::{Aim, aim};
use crate::report::lint_code::is_security;

/// What a rule's tags and properties tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a tag of its own")]
pub(super) struct Tags {
    /// It has any.
    pub(super) any: bool,
    /// It is about security: `security`, or a `security-severity`.
    pub(super) security: bool,
    /// It is an instance of a weakness: a CWE, OWASP. `CodeQL` tags bad style with these too.
    pub(super) weakness: bool,
    pub(super) secret: bool,
    pub(super) misconfiguration: bool,
    pub(super) license: bool,
}

impl Tags {
    /// Takes one tag into account.
    pub(super) fn see(&mut self, tag: &str) {
        let tag = tag.to_ascii_lowercase();
        self.any = true;
        self.security |= tag == "security";
        self.weakness |= ["cwe", "owasp"].iter().any(|start| tag.starts_with(start));
        self.secret |= matches!(tag.as_str(), "secret" | "secrets");
        self.misconfiguration |= tag.contains("misconfiguration");
        self.license |= matches!(tag.as_str(), "license" | "licence");
    }
}

/// The kind of one result of this tool, by the name that a policy gives it, and of this rule.
///
/// What is unknown is taken for a weakness in the code: a gate must not miss it.
pub(super) fn category(tool: &str, rule: &str, tags: Tags) -> Category {
    let aim = aim(tool);
    if aim == Some(Aim::Secrets) || tool.contains("secret") || tags.secret || rule.contains("secrets.") {
        return Category::Secret;
    }
    match aim {
        Some(Aim::Style) => return if is_security(rule) { Category::Code } else { Category::Lint },
        // Psalm follows tainted values too, and tags what it finds by that.
        Some(Aim::Types) if tags.security || tags.weakness || rule.starts_with("Tainted") => {
            return Category::Code;
        }
        Some(Aim::Types) => return Category::Type,
        _ => {}
    }
    if aim == Some(Aim::Configurations) || tags.misconfiguration {
        return Category::Misconfiguration;
    }
    if tags.license {
        return Category::License;
    }
    match aim {
        Some(Aim::Dependencies) => Category::Vulnerability,
        // A rule of which nothing is told may be about anything.
        Some(Aim::WeaknessesAndStyle) if tags.any && !tags.security && !tags.weakness => Category::Lint,
        Some(Aim::WeaknessesAndStyle) => Category::Code,
        _ if super::advisory::names(rule).next().is_some() => Category::Vulnerability,
        _ => Category::Code,
    }
}

/// The name by which a policy knows a tool that calls itself so.
pub(super) fn tool_name(written: &str) -> &str {
    const KNOWN: &[(&str, &str)] = &[
        ("semgrep", "semgrep"),
        ("codeql", "codeql"),
        ("owasp zap", "zap"),
        ("zap by checkmarx", "zap"),
        ("trufflehog", "trufflehog"),
        ("owasp dependency-check", "dependency-check"),
        ("owasp dependency check", "dependency-check"),
        ("aqua security trivy", "trivy"),
    ];
    let lower = written.trim().to_ascii_lowercase();
    KNOWN.iter().find(|(start, _)| lower.starts_with(start)).map_or(written, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(all: &[&str]) -> Tags {
        let mut tags = Tags::default();
        for tag in all {
            tags.see(tag);
        }
        tags
    }

    #[test]
    fn tool_and_rule_tell_the_kind() {
        for (tool, rule, tagged, kind) in [
            ("gitleaks", "aws-access-key", &[][..], Category::Secret),
            ("ruff", "E501", &[], Category::Lint),
            ("ruff", "S105", &[], Category::Code),
            ("ruff", "SIM105", &[], Category::Lint),
            ("rubocop", "Security/Eval", &[], Category::Code),
            ("rubocop", "Style/Eval", &[], Category::Lint),
            ("black", "reformat", &[], Category::Lint),
            ("black-duck", "BDSA-2020-1001", &[], Category::Vulnerability),
            ("psalm", "246", &["security"], Category::Code),
            ("psalm", "TaintedHtml", &[], Category::Code),
            ("psalm", "22", &["maintainability"], Category::Type),
            ("trivy", "CVE-2019-1549", &["vulnerability", "security"], Category::Vulnerability),
            ("trivy", "s3-bucket-logging", &["misconfiguration", "security"], Category::Misconfiguration),
            ("trivy", "aws-access-key-id", &["secret", "security"], Category::Secret),
            ("checkov", "CKV_AWS_1", &[], Category::Misconfiguration),
            ("codeql", "py/code-injection", &["security", "external/cwe/cwe-094"], Category::Code),
            ("codeql", "py/unused-import", &["maintainability"], Category::Lint),
            ("codeql", "py/empty-except", &["reliability", "external/cwe/cwe-390"], Category::Lint),
            ("semgrep", "mine", &["CWE-79: XSS", "HIGH CONFIDENCE"], Category::Code),
            ("semgrep", "mine", &[], Category::Code),
            ("semgrep", "generic.secrets.security.x", &["security"], Category::Secret),
            ("somebody", "X1", &[], Category::Code),
            ("somebody", "BDSA-2020-1001 (CVE-2020-11022)", &["BDSA"], Category::Vulnerability),
            ("bandit", "B104", &["security"], Category::Code),
        ] {
            assert_eq!(category(tool, rule, tags(tagged)), kind, "{tool} {rule}");
        }
    }

    #[test]
    fn a_tool_has_one_name_whatever_it_calls_itself() {
        assert_eq!(tool_name("Semgrep OSS"), "semgrep");
        assert_eq!(tool_name("CodeQL command-line toolchain"), "codeql");
        assert_eq!(tool_name("Trivy"), "Trivy");
    }
}
