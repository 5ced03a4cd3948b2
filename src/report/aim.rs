//! What tools look for, by the names that policies give them.

/// What a tool looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// Passwords, keys and tokens.
    Secrets,
    /// Vulnerabilities of dependencies.
    Dependencies,
    /// Weaknesses of configurations.
    Configurations,
    /// Bad style.
    Style,
    /// Type errors.
    Types,
    /// Weaknesses and bad style, with the same rules' language; each rule says which it is.
    WeaknessesAndStyle,
}

const SECRETS: &[&str] =
    &["gitleaks", "trufflehog", "detect-secrets", "ggshield", "gitguardian", "talisman", "whispers"];
const DEPENDENCIES: &[&str] = &[
    "trivy",
    "grype",
    "osv-scanner",
    "dependency-check",
    "snyk-open-source",
    "snyk-container",
    "docker-scout",
    "clair",
    "anchore",
    "govulncheck",
    "pip-audit",
    "npm-audit",
    "cargo-audit",
    "black-duck",
];
const CONFIGURATIONS: &[&str] = &[
    "checkov",
    "kics",
    "tfsec",
    "terrascan",
    "zizmor",
    "dockle",
    "kubesec",
    "kube-linter",
    "kubescape",
    "polaris",
    "snyk-iac",
    "snyk-infrastructure",
    "template-analyzer",
    "cfn-nag",
];
const LINTERS: &[&str] = &[
    "ruff",
    "flake8",
    "pycodestyle",
    "pylint",
    "eslint",
    "hadolint",
    "yamllint",
    "checkstyle",
    "shellcheck",
    "clippy",
    "markdownlint",
    "stylelint",
    "biome",
    "oxlint",
    "rubocop",
    "golangci-lint",
    "ktlint",
    "detekt",
    "swiftlint",
    "tflint",
    "actionlint",
    "ansible-lint",
    "helm-lint",
    "pmd",
    "phpcs",
    "cpplint",
    "vale",
];
const TYPES: &[&str] = &["mypy", "pyright", "basedpyright", "phpstan", "psalm"];
const BOTH: &[&str] = &["codeql", "semgrep", "opengrep", "lgtm.com"];

/// What a tool of this name looks for, or of this name with more words behind; none where that is not known.
pub(super) fn aim(tool: &str) -> Option<Aim> {
    // Black formats; Black Duck, which is no Black, looks at dependencies.
    if tool == "black" {
        return Some(Aim::Style);
    }
    let is =
        |name: &&str| tool.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let lists = [
        (SECRETS, Aim::Secrets),
        (DEPENDENCIES, Aim::Dependencies),
        (CONFIGURATIONS, Aim::Configurations),
        (LINTERS, Aim::Style),
        (TYPES, Aim::Types),
        (BOTH, Aim::WeaknessesAndStyle),
    ];
    lists.into_iter().find(|(names, _)| names.iter().any(is)).map(|(_, aim)| aim)
}

/// Whether a tool of this name looks for no weaknesses: what it finds nothing in may be full of them.
/// Hadolint does, in how images are built.
pub(super) fn is_no_scanner(tool: &str) -> bool {
    tool != "hadolint" && matches!(aim(tool), Some(Aim::Style | Aim::Types))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_tools_look_for() {
        for (tool, told) in [
            ("black", Some(Aim::Style)),
            ("black-duck", Some(Aim::Dependencies)),
            ("blackbox", None),
            ("trivy-image", Some(Aim::Dependencies)),
            ("psalm", Some(Aim::Types)),
            ("bandit", None),
        ] {
            assert_eq!(aim(tool), told, "{tool}");
        }
    }
}
