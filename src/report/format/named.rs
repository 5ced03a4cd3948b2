//! Tools by the names of files, for files whose content says too little.

/// Tools that people name files after, as a policy calls them.
const TOOLS: &[&str] = &[
    "bandit",
    "black",
    "checkov",
    "codeql",
    "dependency-check",
    "dockle",
    "flake8",
    "gitleaks",
    "grype",
    "hadolint",
    "helm-lint",
    "kubesec",
    "mypy",
    "nikto",
    "npm-audit",
    "pip-audit",
    "pylint",
    "ruff",
    "semgrep",
    "syft",
    "trivy",
    "trufflehog",
    "yamllint",
    "zap",
];

/// The tool that a file's path names, if it names one; the last in it, which is nearest to the file.
pub(super) fn tool_of(path: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase().replace(['_', ' '], "-");
    TOOLS.iter().filter_map(|tool| Some((last_word(&path, tool)?, *tool))).max().map(|(_, tool)| tool)
}

/// Where a word stands last in a text, with no letter at either side: `ruff` is no word of `trufflehog`.
fn last_word(text: &str, word: &str) -> Option<usize> {
    let free = |(at, _): &(usize, &str)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic)
    };
    text.rmatch_indices(word).find(free).map(|(at, _)| at)
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
            ("trufflehog-v3.json", Some("trufflehog")),
            ("out.json", None),
            ("zapped/black-box.json", Some("black")),
        ] {
            assert_eq!(tool_of(path), tool);
        }
    }
}
