//! Tools by the names of files, for files whose content says too little.

/// What people name files after, and the tool that a policy calls so.
const TOOLS: &[(&str, &str)] = &[
    ("bandit", "bandit"),
    ("black", "black"),
    ("checkov", "checkov"),
    ("code-climate", "code-climate"),
    ("codeclimate", "code-climate"),
    ("code-quality", "code-climate"),
    ("codequality", "code-climate"),
    ("codeql", "codeql"),
    ("dependency-check", "dependency-check"),
    ("dockle", "dockle"),
    ("flake8", "flake8"),
    ("gitleaks", "gitleaks"),
    ("grype", "grype"),
    ("hadolint", "hadolint"),
    ("helm-lint", "helm-lint"),
    ("kubesec", "kubesec"),
    ("mypy", "mypy"),
    ("nikto", "nikto"),
    ("npm-audit", "npm-audit"),
    ("pip-audit", "pip-audit"),
    ("pipaudit", "pip-audit"),
    ("pylint", "pylint"),
    ("ruff", "ruff"),
    ("semgrep", "semgrep"),
    ("syft", "syft"),
    ("trivy", "trivy"),
    ("trufflehog", "trufflehog"),
    ("yamllint", "yamllint"),
    ("zap", "zap"),
];

/// The one tool that a file's own name tells, or else the names of its folders, the nearest first. A name that
/// tells two tells none: `trivy-and-gitleaks.json`.
pub(super) fn tool_of(path: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase().replace(['_', ' '], "-");
    path.rsplit(['/', '\\']).find_map(|name| {
        let mut told = TOOLS.iter().filter(|(word, _)| has_word(name, word)).map(|(_, tool)| *tool);
        let first = told.next()?;
        Some(told.all(|other| other == first).then_some(first))
    })?
}

/// Whether a word stands in a text, with no letter at either side: `ruff` is no word of `trufflehog`.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic)
    })
}

#[cfg(test)]
mod tests {
    use super::tool_of;

    #[test]
    fn names_tell_a_tool() {
        for (path, tool) in [
            ("reports/Pip_Audit.json", Some("pip-audit")),
            ("trivy/gitleaks.json", Some("gitleaks")),
            ("gitleaks/empty.json", Some("gitleaks")),
            ("gl-code-quality-report.json", Some("code-climate")),
            ("trufflehog-v3.json", Some("trufflehog")),
            ("zapped/black-box.json", Some("black")),
            ("ruff/trivy-and-gitleaks.json", None),
            ("out.json", None),
            ("", None),
        ] {
            assert_eq!(tool_of(path), tool, "{path}");
        }
    }
}
