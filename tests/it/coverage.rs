//! Nothing that the program can do or say goes without a story, or without a word in the documentation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use countersign::command::{self, Parsed, parse};
use countersign::effect::{DeploymentState, Effect};
use countersign::github::fake::acts::code::Push;
use countersign::ids::{DeploymentId, RunId};
use countersign::requirement::Code;

use crate::harness::acts::one_approval;
use crate::scenario;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of ours under a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

/// All stories, as text.
fn stories() -> String {
    let files = files("tests/it").into_iter().chain(files("tests/it/report"));
    let files = files.filter(|path| !path.ends_with("coverage.rs"));
    files.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn document(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}

scenario!(help_names_every_command, s => {
    s.comment("dave", "/help").await;
    for row in command::help() {
        assert!(s.reply().contains(&format!("/{}", row.word)), "/{}: {}", row.word, s.reply());
    }
});

#[test]
fn every_command_has_a_story_and_a_line_in_the_readme() {
    let (stories, readme) = (stories(), document("README.md").expect("README.md"));
    for row in command::help() {
        assert!(stories.contains(&format!("\"/{}", row.word)), "no story says /{}", row.word);
        let usage = row.usage().replace('|', "\\|");
        assert!(readme.contains(&format!("| `{usage}` | {} |", row.summary)), "README.md: {usage}");
        for example in row.examples {
            assert!(matches!(parse(example), Parsed::Commands(_)), "{example}");
        }
    }
}

/// Where it is said what a gate says of a commit's reports.
const GATE: &str = "src/report/stand/tests/judging.rs";

/// Codes that no story brings about, and where they are tested instead.
const ELSEWHERE: &[(Code, &str)] = &[
    (Code::Cancelled, "the word of a promotion that is stopped with nothing to point at"),
    (Code::CommandUnclear, "what cannot be understood is told by the parser's own codes"),
    (Code::FindingsCritical, GATE),
    (Code::FindingsHigh, GATE),
    (Code::FindingsMedium, GATE),
    (Code::FindingsLow, GATE),
    (Code::FindingsInfo, GATE),
    (Code::FindingsExploited, GATE),
    (Code::ReportMissing, GATE),
    (Code::ReportPending, GATE),
    (Code::ReportPartial, GATE),
    (Code::ReportFailed, GATE),
    (Code::ReportUnreadable, GATE),
    (Code::TestsFailed, GATE),
    (Code::TestsNone, GATE),
    (Code::CoverageLow, GATE),
    (Code::CoverageDropped, GATE),
    (Code::CoverageUnknown, GATE),
    (Code::PlatformMissing, GATE),
    (Code::SignatureMissing, GATE),
    (Code::SubjectMismatch, GATE),
    (Code::SignatureInvalid, GATE),
];

#[test]
fn every_code_is_documented_and_has_a_story() {
    let (stories, codes) = (stories(), document("docs/codes.md").expect("docs/codes.md"));
    // What a gate says of reports is told one by one, without a world around it.
    let judging = document("src/report/stand/tests/judging.rs").expect("how reports are judged");
    for code in Code::ALL {
        let word = code.as_str();
        assert!(codes.contains(&format!("`{word}`")), "docs/codes.md does not explain {word}");
        let elsewhere = ELSEWHERE.iter().any(|(known, _)| known == code);
        let told = stories.contains(&format!("\"{word}\""))
            || stories.contains(&format!(": {word}\""))
            || judging.contains(&format!("Code::{code:?}"));
        assert!(elsewhere || told, "no story leads to {word}");
    }
}

scenario!(every_effect_has_a_story, s => {
    s.comment("alice", "/promote staging").await;
    s.comment("alice", "/cancel").await;
    let trail = s.trail().await;
    for effect in effects() {
        let done = format!("p1 effect.result {} succeeded", effect.name());
        assert!(trail.contains(&done), "{done}: {trail:#?}");
    }
});

/// One of each; a new kind of effect does not compile until it is here.
fn effects() -> Vec<Effect> {
    let next = |effect: &Effect| match effect {
        Effect::CreateDeployment => Some(Effect::DispatchWorkflow { deployment: DeploymentId(1) }),
        Effect::DispatchWorkflow { .. } => Some(Effect::CancelRun { run: RunId(1) }),
        Effect::CancelRun { .. } => Some(Effect::SetDeploymentStatus {
            deployment: DeploymentId(1),
            state: DeploymentState::Queued,
            description: String::new(),
        }),
        Effect::SetDeploymentStatus { .. } => None,
    };
    std::iter::successors(Some(Effect::CreateDeployment), next).collect()
}

/// Each kind of rule, a story in which it lets through, and one in which it does not.
const RULES: [(&str, &str, &str); 12] = [
    (
        "source",
        "a_tag_is_promoted_as_it_points_when_it_was_asked",
        "what_the_policy_does_not_know_is_refused",
    ),
    ("requester", "production_takes_staging_and_two_approvals", "what_the_policy_does_not_know_is_refused"),
    ("ending", "production_takes_staging_and_two_approvals", "what_nobody_finishes_expires"),
    (
        "parameters",
        "parameters_are_those_that_the_policy_allows",
        "parameters_are_those_that_the_policy_allows",
    ),
    ("workflows", "red_ci_blocks_until_it_is_green", "red_ci_blocks_until_it_is_green"),
    ("checks", "a_check_of_another_app_does_not_count", "a_check_of_another_app_does_not_count"),
    (
        "scans",
        "a_finding_blocks_until_somebody_who_may_lets_it_through",
        "without_its_reports_a_commit_does_not_pass",
    ),
    ("after", "production_waits_until_staging_has_soaked", "a_soak_that_was_cut_short_does_not_count"),
    ("contributors", "production_takes_staging_and_two_approvals", "a_commit_of_nobody_known_blocks"),
    ("approvals", "production_takes_staging_and_two_approvals", "a_person_counts_once"),
    (
        "environment_busy",
        "one_environment_takes_one_deployment_at_a_time",
        "one_environment_takes_one_deployment_at_a_time",
    ),
    (
        "dispatch_ref",
        "on_an_issue_the_commit_is_named",
        "a_commit_that_no_branch_points_at_cannot_be_dispatched",
    ),
];

#[test]
fn every_rule_has_a_story_for_yes_and_one_for_no() {
    let stories = stories();
    let told: BTreeSet<String> = RULES.iter().map(|(rule, _, _)| (*rule).to_owned()).collect();
    let rules: BTreeSet<String> = files("src/policy/rule")
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "mod")
        .collect();
    assert_eq!(rules, told, "rules, and those that the table knows");
    for (rule, yes, no) in RULES {
        for story in [yes, no] {
            assert!(stories.contains(&format!("scenario!({story},")), "{rule}: no story {story}");
        }
    }
}

scenario!(every_kind_of_rule_stands_in_one_decision, s => {
    s.policy(&one_approval().replace("workflows: [ci.yml]\n", "workflows: [ci.yml]\n      checks: [build]\n")).await;
    s.push_green("alice", &Push::file("gift-cards", "Everything at once", "a.txt", "a")).await;
    s.asked_for_production("alice").await;
    let titles: Vec<String> = s.promotion(2).await.requirements.into_iter().map(|one| one.title).collect();
    for word in ["source", "ci.yml", "build", "after staging", "authors", "approval"] {
        assert!(titles.iter().any(|title| title.contains(word)), "{word}: {titles:?}");
    }
});
