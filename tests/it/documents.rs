//! What the documents say is true of the code.

use std::collections::BTreeSet;
use std::path::Path;

use countersign::command;
use countersign::policy::Policy;
use countersign::requirement::Code;

fn document(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The fenced blocks of this language.
fn blocks<'d>(document: &'d str, language: &str) -> Vec<&'d str> {
    let fence = format!("```{language}\n");
    let after = document.split(fence.as_str()).skip(1);
    after.map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn every_policy_that_is_shown_is_sound() {
    for path in ["README.md", "docs/policy.md"] {
        let text = document(path);
        let shown: Vec<_> =
            blocks(&text, "yaml").into_iter().filter(|block| block.starts_with("version: 1")).collect();
        assert_eq!(shown.len(), 1, "{path}");
        for policy in shown {
            let problems = Policy::parse(path, policy).err().unwrap_or_default();
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            assert!(told.is_empty(), "{}", told.join("\n"));
        }
    }
}

#[test]
fn the_readme_lists_every_command_as_help_does() {
    let readme = document("README.md");
    for row in command::help() {
        let line = format!("| `{}` | {} |", row.usage().replace('|', "\\|"), row.summary);
        assert!(readme.contains(&line), "README.md lacks this line:\n{line}");
    }
}

#[test]
fn every_code_is_explained_once() {
    let text = document("docs/codes.md");
    let explained: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let codes: BTreeSet<_> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| *code != "holds").collect();
    assert_eq!(explained.len(), codes.len());
    assert_eq!(explained.into_iter().collect::<BTreeSet<_>>(), codes);
}

#[test]
fn the_workflow_that_is_shown_can_be_found_again() {
    let readme = document("README.md");
    let workflow =
        blocks(&readme, "yaml").into_iter().find(|block| block.contains("workflow_dispatch")).unwrap();
    assert!(workflow.contains("      countersign_id: {"));
    let name = workflow.lines().find(|line| line.starts_with("run-name:")).unwrap();
    assert!(name.contains("${{ inputs.countersign_id }}"));
}

#[test]
fn the_links_between_documents_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in [
        "README.md",
        "SECURITY.md",
        "docs/audit.md",
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "docs/codes.md",
        "docs/operations.md",
        "docs/policy.md",
        "docs/reports.md",
    ] {
        let folder = root.join(path).parent().unwrap().to_path_buf();
        let text = document(path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") {
                continue;
            }
            let target = if file.is_empty() { root.join(path) } else { folder.join(file) };
            assert!(target.exists(), "{path} links to {link}");
            if anchor.is_empty() {
                continue;
            }
            let told = std::fs::read_to_string(&target).unwrap();
            let found = told.lines().filter(|l| l.starts_with('#')).any(|l| slug(l) == anchor);
            assert!(found, "{path} links to {link}");
        }
    }
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
}
