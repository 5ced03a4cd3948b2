//! What a hostile reading got through with, and the tests that keep each way closed.
//!
//! The numbers are those of that reading: 28 holes in four kinds. A row that is not in this table is still open, and
//! SECURITY.md says what that means.

use std::collections::BTreeSet;
use std::path::Path;

/// By row, or by the name of a case from the field: the tests that show it closed.
const CLOSED: &[(&str, &[&str])] = &[
    ("1: tag", &["an_approvers_own_tag"]),
    (
        "1: opener, fork, rebase merge",
        &[
            "attack_1_who_opened_the_pull_request_over_somebody_elses_commits",
            "attack_1_an_approvers_own_fork",
            "attack_1_an_approvers_own_commit_that_somebody_else_rebased",
        ],
    ),
    ("1: lost event", &["a_push_that_nobody_told_of"]),
    (
        "1: e-mail",
        &["row_1_an_e_mail_is_no_login_and_a_login_no_e_mail", "a_trusted_bots_name_where_an_e_mail_stands"],
    ),
    (
        "2",
        &[
            "attack_2_what_is_meant_to_be_a_report_and_is_none_is_unreadable",
            "attack_2_what_is_compressed_by_itself_is_read",
            "attack_2_what_is_no_report_though_its_name_says_so_blocks_and_is_named",
            "what_people_upload_beside_reports_claims_nothing",
        ],
    ),
    (
        "3",
        &[
            "attack_3_nothing_passes_while_a_workflow_of_the_commit_goes_on",
            "what_may_wait_for_us_and_what_is_about_something_else_is_not_waited_for",
            "a_run_without_a_runner_is_late_after_an_hour_and_can_be_left_out",
        ],
    ),
    ("5b", &["opening_the_page_asks_nobody_and_writes_nothing"]),
    ("8", &["one_bit_beside_the_newest_note_is_named_and_nothing_grows_on_it"]),
    (
        "10",
        &[
            "attack_10_a_green_check_of_another_workflow_hides_no_red_one",
            "attack_10_a_red_check_is_not_hidden_by_a_green_one_of_another_suite",
        ],
    ),
    (
        "11",
        &[
            "half_a_head_and_silence_are_ended_after_the_time_for_a_head",
            "idle_connections_cost_little_and_keep_nobody_out",
        ],
    ),
    (
        "12",
        &[
            "attack_12_what_could_not_be_read_is_healed_by_what_can_and_by_nothing_else",
            "attack_12_what_could_not_be_read_stays_when_it_is_deleted_or_left_out",
            "a_run_that_is_deleted_before_it_was_read_is_no_clean_one",
        ],
    ),
    ("13", &["copilot_is_nobodys_hand"]),
    ("14", &["attack_14_a_tag_that_moved_while_the_command_waited"]),
    ("15", &["a_scan_that_looked_at_nothing_says_so"]),
    ("16", &["attack_16_a_tag_that_is_called_like_the_branch_makes_no_baseline"]),
    ("17", &["a_forks_report_neither_opens_nor_closes_a_gate", "what_a_fork_ran_neither_opens_nor_closes"]),
    ("19", &["a_buried_command_is_not_obeyed_when_somebody_has_it_delivered_again_late"]),
    ("21", &["somebody_elses_run_under_our_mark", "two_runs_with_one_mark_are_unclear"]),
    ("24", &["an_address_of_a_report_is_ours_for_public_names_or_says_its_host_and_is_none_of_a_forks"]),
    ("25", &["what_the_answer_says_was_asked", "what_was_done_of_a_buried_comment_is_not_said_to_be_undone"]),
    ("26", &["attack_26_who_may_waive_does_so_wherever_they_like"]),
    ("27", &["a_token_with_an_outdated_name_locks_nobody_out"]),
    ("unrecognised-in-zip", &["files_that_are_no_reports_are_named_and_block_nothing"]),
    ("grype-eol", &["packages_that_nothing_is_listed_for_are_told"]),
    ("trivy-eosl", &["what_says_less_than_its_silence_is_a_condition_of_its_own"]),
    ("junit-suite-error", &["what_broke_beside_the_cases_broke"]),
    ("grype-no-descriptor", &["without_a_descriptor_a_match_tells_whose_it_is"]),
    ("passed-but-failed", &["nothing_is_called_passed_that_was_not_asked_or_does_not_hold"]),
    ("alerts-off", &["alerts_that_are_not_to_be_had_are_kept_from_us_and_block_only_where_they_are_named"]),
];

fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("attacks.rs") {
            *text += &std::fs::read_to_string(&path).unwrap();
        }
    }
}

#[test]
fn every_row_that_is_closed_has_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests", "crates"] {
        sources(&root.join(folder), &mut text);
    }
    let words: BTreeSet<&str> =
        text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).collect();
    for (row, tests) in CLOSED {
        assert!(!tests.is_empty(), "{row}");
        for test in *tests {
            assert!(words.contains(test), "row {row}: there is no test called {test}");
        }
    }
    let rows: BTreeSet<&str> = CLOSED.iter().map(|(row, _)| *row).collect();
    assert_eq!(rows.len(), CLOSED.len(), "each row stands once");
}
