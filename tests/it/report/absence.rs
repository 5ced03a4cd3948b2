//! Absence is never success: what was not recognised, not finished, deleted or kept from us is told apart from what
//! was looked at and is fine.

use std::time::Duration;

use countersign::report::Received;

use super::samples::{CLEAN, one_finding, zip};
use crate::harness::acts::POLICY;
use crate::harness::{SHOP, Scenario};
use crate::scenario;

/// Staging takes scans in which nothing high was found; the SRE team may let through.
fn policy(more: &str) -> String {
    let text =
        POLICY.replacen("require: { workflows: [ci.yml] }", "require: { workflows: [ci.yml], scans: {} }", 1);
    assert_ne!(text, POLICY);
    format!("{text}scans: {{ fail_on: high, waive: {{ by: [team:acme/sre] }}{more} }}\n")
}

impl Scenario {
    async fn asks_for_staging(&mut self) -> Vec<&'static str> {
        let number = self.promotions().await + 1;
        self.comment("alice", "/promote staging").await;
        self.missing(number).await
    }

    /// The check run of the commit's reports: how it ended, and its title.
    fn scans_ended(&self) -> (String, String) {
        let check = self.fake.check_named(SHOP, &self.head(), "countersign/scans").expect("it is there");
        (check.conclusion.unwrap_or(check.status), check.title.unwrap_or_default())
    }

    fn scans_summary(&self) -> String {
        let check = self.fake.check_named(SHOP, &self.head(), "countersign/scans").expect("it is there");
        [check.summary.unwrap_or_default(), check.text.unwrap_or_default()].concat()
    }

    /// A workflow of the repository begins on the head of pull request 1, on that event.
    fn begins(&self, file: &str, event: &str) -> i64 {
        let head = self.head();
        let run = self.fake.start_ci(SHOP, "alice", file, &head).unwrap();
        self.fake.change(|state| {
            let run = state.repo_mut(SHOP).unwrap().runs.get_mut(&run).unwrap();
            event.clone_into(&mut run.event);
        });
        self.fake.begin_run(SHOP, run).unwrap();
        run
    }

    async fn runs_again(&mut self, run: i64, artifacts: &[(&str, &[u8])]) {
        self.advance(Duration::from_mins(1));
        self.fake.change(|state| state.rerun(state.repo_id(SHOP)?, state.who("alice")?, run)).unwrap();
        self.fake.begin_run(SHOP, run).unwrap();
        self.fake.finish_run_with(SHOP, run, "success", artifacts).unwrap();
        self.settle().await;
    }

    fn set_status(&self, run: i64, status: &str) {
        self.fake.change(|state| {
            status.clone_into(&mut state.repo_mut(SHOP).unwrap().runs.get_mut(&run).unwrap().status);
        });
    }
}

/// Beside a clean scan, what is left of one that ran out of memory.
fn torn() -> Vec<u8> {
    zip(&[("ok.sarif", CLEAN.as_bytes()), ("trivy.json", b"Killed")])
}

scenario!(attack_2_what_is_no_report_though_its_name_says_so_blocks_and_is_named, s => {
    s.policy(&policy("")).await;
    s.ci_leaves(&[("scans", &torn())]).await;
    assert_eq!(s.asks_for_staging().await, ["report_unreadable"]);
    let (conclusion, title) = s.scans_ended();
    assert_eq!(conclusion, "failure", "{title}");
    assert!(title.starts_with("Blocked"), "{title}");
    assert!(s.scans_summary().contains("trivy.json"), "{}", s.scans_summary());
    // The way out that the policy has.
    s.policy(&policy(", ignore_artifacts: [scans]")).await;
    s.ci_leaves(&[("clean", &zip(&[("ok.sarif", CLEAN.as_bytes())]))]).await;
    assert_eq!(s.asks_for_staging().await, Vec::<&str>::new());
});

scenario!(a_report_that_cannot_be_read_is_let_through_by_its_id, s => {
    s.policy(&policy("")).await;
    s.ci_leaves(&[("scans", &torn())]).await;
    assert_eq!(s.asks_for_staging().await, ["report_unreadable"]);
    let broken: Vec<Received> =
        s.reports().await.into_iter().filter(|one| !one.report.state.is_ok()).collect();
    let id = broken[0].id();
    assert!(s.scans_summary().contains(&id), "{id} in {}", s.scans_summary());
    let waive = format!("/waive {id} --until 2026-11-30 --reason \"the scanner writes its log there\"");
    s.comment("dave", &waive).await;
    assert_eq!(s.state(1).await, "blocked", "not everybody may");
    s.comment("bob", &waive).await;
    assert_eq!(s.state(1).await, "deploying");
    assert_eq!(s.scans_ended().0, "success");
    s.deployment_ends("success").await;
});

scenario!(files_that_are_no_reports_are_named_and_block_nothing, s => {
    s.policy(&policy("")).await;
    let artifact = zip(&[("ok.sarif", CLEAN.as_bytes()), ("results.trx", b"<TestRun/>"), ("notes.md", b"# Notes")]);
    s.ci_leaves(&[("scans", &artifact)]).await;
    assert_eq!(s.asks_for_staging().await, Vec::<&str>::new());
    let summary = s.scans_summary();
    assert!(summary.contains("Files that are no reports") && summary.contains("results.trx"), "{summary}");
    s.deployment_ends("success").await;
});

scenario!(attack_3_nothing_passes_while_a_workflow_of_the_commit_goes_on, s => {
    s.policy(&policy("")).await;
    let scan = s.begins("ci.yml", "push");
    s.ci_leaves(&[("lint", &zip(&[("ok.sarif", CLEAN.as_bytes())]))]).await;
    let (conclusion, title) = s.scans_ended();
    assert_eq!(conclusion, "in_progress", "{title}");
    assert_eq!(s.asks_for_staging().await, ["report_pending"]);
    let bad = one_finding("Trivy", "src/gift-card.js");
    s.fake.finish_run_with(SHOP, scan, "success", &[("image", &zip(&[("trivy.sarif", bad.as_bytes())]))]).unwrap();
    s.settle().await;
    assert_eq!(s.missing(1).await, ["findings_high"]);
    assert_eq!(s.scans_ended().0, "failure");
});

scenario!(what_may_wait_for_us_and_what_is_about_something_else_is_not_waited_for, s => {
    s.policy(&policy("")).await;
    s.ci_leaves(&[("lint", &zip(&[("ok.sarif", CLEAN.as_bytes())]))]).await;
    // Held by an environment, for somebody's approval, by the clock, on a comment, and our own kind of deployment.
    for (event, status) in [("push", "waiting"), ("pull_request", "action_required"), ("schedule", "in_progress"), ("issue_comment", "in_progress")] {
        let run = s.begins("ci.yml", event);
        s.set_status(run, status);
    }
    let deploys = s.begins("cd.yml", "push");
    s.set_status(deploys, "in_progress");
    // The newest run of the workflow that is required must have ended well.
    s.ci_leaves(&[("lint", &zip(&[("ok.sarif", CLEAN.as_bytes())]))]).await;
    assert_eq!(s.asks_for_staging().await, Vec::<&str>::new());
    s.expected.unfinished = true;
});

scenario!(a_run_without_a_runner_is_late_after_an_hour_and_can_be_left_out, s => {
    s.policy(&policy("")).await;
    let stuck = s.begins("cd.yml", "push");
    s.fake.change(|state| {
        // Another workflow, which deploys nothing.
        let repo = state.repo_mut(SHOP).unwrap();
        let mut other = repo.workflows.values().find(|workflow| workflow.path.ends_with("ci.yml")).unwrap().clone();
        other.id += 1_000_000;
        ".github/workflows/image-scan.yml".clone_into(&mut other.path);
        repo.runs.get_mut(&stuck).unwrap().workflow = other.id;
        repo.workflows.insert(other.id, other);
    });
    s.set_status(stuck, "queued");
    s.ci_leaves(&[("lint", &zip(&[("ok.sarif", CLEAN.as_bytes())]))]).await;
    assert_eq!(s.asks_for_staging().await, ["report_pending"]);
    s.later(Duration::from_mins(61)).await;
    assert_eq!(s.missing(1).await, ["report_late"], "it looks again by itself");
    s.comment("alice", "/why").await;
    assert!(s.reply().contains("image-scan.yml") && s.reply().contains("ignore_workflows"), "{}", s.reply());
    s.policy(&policy(", ignore_workflows: [image-*]")).await;
    assert_eq!(s.asks_for_staging().await, Vec::<&str>::new());
});

scenario!(attack_12_what_could_not_be_read_stays_when_it_is_deleted_or_left_out, s => {
    s.policy(&policy("")).await;
    let found = one_finding("Trivy", "src/gift-card.js");
    let broken = zip(&[("trivy.sarif", &found.as_bytes()[..200])]);
    let ok = zip(&[("ok.sarif", CLEAN.as_bytes())]);
    let run = s.ci_leaves(&[("broken", &broken), ("ok", &ok)]).await;
    assert_eq!(s.asks_for_staging().await, ["report_unreadable"]);
    // Any writer can delete an artifact.
    s.fake.change(|state| state.repo_mut(SHOP).unwrap().artifacts.retain(|_, artifact| artifact.name != "broken"));
    s.comment("alice", "/scan").await;
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("blocked", vec!["report_unreadable"]));
    // Or run it again, so that it is not uploaded.
    s.runs_again(run, &[("ok", &ok)]).await;
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("blocked", vec!["report_unreadable"]));
    // One that can be read mends it.
    s.runs_again(run, &[("ok", &ok), ("broken", &zip(&[("trivy.sarif", CLEAN.as_bytes())]))]).await;
    assert_eq!(s.state(1).await, "deploying", "{:?}", s.missing(1).await);
    s.deployment_ends("success").await;
});

scenario!(a_run_that_is_deleted_before_it_was_read_is_no_clean_one, s => {
    s.policy(&policy("")).await;
    s.ci_leaves(&[("ok", &zip(&[("ok.sarif", CLEAN.as_bytes())]))]).await;
    let run = s.ci_goes_on();
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &torn())]).unwrap();
    let deliveries = s.fake.take_deliveries();
    s.fake.change(|state| state.repo_mut(SHOP).unwrap().runs.remove(&run));
    for delivery in deliveries {
        s.deliver(&delivery).await;
    }
    s.settle().await;
    assert_eq!(s.asks_for_staging().await, ["report_unreadable"]);
});

scenario!(attack_16_a_tag_that_is_called_like_the_branch_makes_no_baseline, s => {
    s.policy(&policy(", new_only: true")).await;
    let old = one_finding("Trivy", "src/gift-card.js");
    let base = s.tip("main");
    let run = s.fake.start_ci(SHOP, "alice", "ci.yml", &base).unwrap();
    s.fake.begin_run(SHOP, run).unwrap();
    s.fake.change(|state| {
        let (repo, alice) = (state.repo_id(SHOP)?, state.who("alice")?);
        state.move_tag(repo, alice, "main", &base)
    }).unwrap();
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("trivy.sarif", old.as_bytes())]))]).unwrap();
    s.settle().await;
    s.ci_leaves(&[("scans", &zip(&[("trivy.sarif", old.as_bytes())]))]).await;
    assert_eq!(s.asks_for_staging().await, ["findings_high"], "nothing says that it is an old one");
    // Taken away again, it was there all the same.
    s.fake.change(|state| state.repo_mut(SHOP).unwrap().tags.remove("main"));
    s.comment("alice", "/why").await;
    assert_eq!(s.missing(1).await, ["findings_high"]);
});

scenario!(attack_10_a_red_check_is_not_hidden_by_a_green_one_of_another_suite, s => {
    let pinned = POLICY.replacen(
        "require: { workflows: [ci.yml] }",
        "require: { checks: [{ name: build, app: github-actions }] }",
        1,
    );
    assert_ne!(pinned, POLICY);
    s.policy(&pinned).await;
    let red = s.begins("ci.yml", "push");
    s.fake.finish_run(SHOP, red, "failure").unwrap();
    s.settle().await;
    assert_eq!(s.asks_for_staging().await, ["check_failed"]);
    let green = s.begins("ci.yml", "workflow_dispatch");
    s.fake.finish_run(SHOP, green, "success").unwrap();
    s.settle().await;
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("blocked", vec!["check_failed"]));
    // The same workflow on the same event again does.
    s.advance(Duration::from_mins(1));
    let again = s.begins("ci.yml", "push");
    s.fake.finish_run(SHOP, again, "success").unwrap();
    s.settle().await;
    assert_eq!(s.state(1).await, "deploying", "{:?}", s.missing(1).await);
    s.deployment_ends("success").await;
});
