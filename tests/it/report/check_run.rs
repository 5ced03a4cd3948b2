//! From a finished workflow run to the check run that sums its reports up, and to the page behind it.

use std::time::Duration;

use countersign::github::fake::acts::code::Push;
use countersign::github::fake::checks::CheckRun;
use countersign::github::fake::seed;
use countersign::ids::{RepoId, UserId};

use super::samples::{CLEAN, one_finding, zip};
use crate::harness::acts::POLICY;
use crate::harness::database::{by_hand, every_value, told};
use crate::harness::{SHOP, Scenario};
use crate::scenario;

const NAME: &str = "countersign/scans";

impl Scenario {
    /// Every check run of the head's reports, oldest first.
    fn scans(&self) -> Vec<CheckRun> {
        let head = self.head();
        self.fake.with_state(|state| {
            let runs = state.repo(SHOP).unwrap().checks.values();
            runs.filter(|run| run.name == NAME && run.head_sha == head).cloned().collect()
        })
    }

    /// The file `src/pay.py` of the change has something at line 3.
    async fn found(&mut self) {
        self.policy(&format!("{POLICY}scans: {{ fail_on: high, waive: {{ by: [team:acme/sre] }} }}\n")).await;
        self.push("alice", &Push::file("gift-cards", "Pay", "src/pay.py", "a\nb\nc\nd\n")).await;
        let semgrep = one_finding("Semgrep", "src/pay.py");
        self.ci_leaves(&[("semgrep", &zip(&[("semgrep.sarif", semgrep.as_bytes())]))]).await;
        self.advance(Duration::from_secs(2));
    }

    async fn page(&self, key: &str) -> (u16, String) {
        let path = format!("/reports/{}/{}?key={key}", seed::SHOP, self.head());
        let answer = self.read(&path).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

scenario!(a_finding_on_a_changed_line_is_judged_and_annotated, s => {
    s.found().await;
    let checks = s.scans();
    let [check] = checks.as_slice() else { panic!("{checks:?}") };
    assert_eq!(check.conclusion.as_deref(), Some("failure"));
    assert_eq!(check.title.as_deref(), Some("Blocked: 1 HIGH (semgrep)"));
    let [annotation] = check.annotations.as_slice() else { panic!("{:?}", check.annotations) };
    assert_eq!((annotation["path"].as_str(), annotation["start_line"].as_i64()), (Some("src/pay.py"), Some(3)));
    assert_eq!(annotation["annotation_level"], "failure");
    assert!(check.summary.as_deref().unwrap().contains("| ❌ | no finding of HIGH or worse |"));
});

scenario!(scanning_again_changes_the_check_run_in_place, s => {
    s.found().await;
    let before = s.scans().remove(0);
    let asked = s.fake.requests().len();
    s.fake.press_button(SHOP, "alice", before.id, "scan").unwrap();
    s.settle().await;
    let fetched = s.fake.requests().into_iter().skip(asked).filter(|one| one.path.ends_with("/zip")).count();
    let checks = s.scans();
    assert_eq!((fetched, checks.len()), (1, 1), "the artifact is fetched again");
    assert_eq!((checks[0].id, checks[0].annotations.len()), (before.id, 1), "and nothing is annotated twice");
    assert_eq!(checks[0].conclusion.as_deref(), Some("failure"));
    s.fake.rerequest_check(SHOP, "alice", before.id).unwrap();
    s.settle().await;
    assert_eq!(s.scans()[0].annotations.len(), 1);
});

scenario!(what_is_no_longer_true_beside_a_line_does_not_stay, s => {
    s.found().await;
    s.comment("bob", "/waive sql-injection --until 2026-12-01 --reason \"not reached\"").await;
    let checks = s.scans();
    let newest = checks.last().unwrap();
    assert_eq!((checks.len(), newest.annotations.len()), (2, 0), "another check run takes its place");
    assert_eq!(newest.conclusion.as_deref(), Some("success"), "{:?}", newest.title);
});

scenario!(a_repository_without_reports_has_no_such_check, s => {
    s.ci("success").await;
    assert!(s.scans().is_empty());
});

scenario!(reports_of_which_nothing_is_asked_are_neutral, s => {
    s.ci_leaves(&[("codeql", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).await;
    assert_eq!(s.scans()[0].conclusion.as_deref(), Some("neutral"));
});

// Row 5b: whoever has the address opens it as often as they like.
scenario!(opening_the_page_asks_nobody_and_writes_nothing, s => {
    s.found().await;
    let key = s.app.page_key.of(RepoId(seed::SHOP), &s.head().parse().unwrap());
    let (asked, rows) = (s.fake.requests().len(), every_value(&s.database).await);
    s.advance(Duration::from_mins(3));
    let (_, first) = s.page(&key).await;
    assert!(first.contains("3 minutes ago"), "{first}");
    for _ in 0..50 {
        assert_eq!(s.page(&key).await, (200, first.clone()));
    }
    assert_eq!(s.fake.requests().len(), asked);
    assert!(every_value(&s.database).await == rows);
});

scenario!(the_page_is_as_of_when_the_check_run_was_written, s => {
    s.found().await;
    let key = s.app.page_key.of(RepoId(seed::SHOP), &s.head().parse().unwrap());
    s.comment("bob", "/waive sql-injection --until 2026-12-01 --reason \"not reached\"").await;
    let (_, waived) = s.page(&key).await;
    assert!(waived.contains("Passed: 1 report") && waived.contains("less than a minute ago"), "{waived}");
    by_hand(&s.database, "UPDATE judgement SET version = version + 1").await.unwrap();
    let (status, later) = s.page(&key).await;
    assert_eq!(status, 200);
    assert!(later.contains("Nothing is kept yet") && later.contains("Scan again"), "{later}");
    by_hand(&s.database, "UPDATE judgement SET version = version - 1").await.unwrap();
    by_hand(&s.database, "UPDATE judgement SET document = origin.document FROM (SELECT document FROM report) AS origin").await.unwrap();
    assert!(s.page(&key).await.1.contains("Nothing is kept yet"), "what cannot be read is as if there were none");
    s.comment("alice", "/scan").await;
    assert!(s.page(&key).await.1.contains("Passed: 1 report"), "and is made anew");
    by_hand(&s.database, "DELETE FROM judgement").await.unwrap();
    assert!(s.page(&key).await.1.contains("Nothing is kept yet"));
});

scenario!(a_person_is_erased_from_what_a_commit_was_judged_by, s => {
    s.found().await;
    s.comment("bob", "/waive sql-injection --until 2026-12-01 --reason \"bob knows\"").await;
    let key = s.app.page_key.of(RepoId(seed::SHOP), &s.head().parse().unwrap());
    assert!(s.page(&key).await.1.contains("bob knows"));
    s.app.db.redact(UserId(2), "they asked for it".to_owned(), s.clock.now()).await.unwrap();
    assert!(s.page(&key).await.1.contains("Nothing is kept yet"));
    s.comment("alice", "/scan").await;
    let (_, page) = s.page(&key).await;
    assert!(page.contains("sql-injection") && !page.contains("bob"), "{page}");
});

/// The numbers that were kept last.
const POINT: &str = "SELECT COALESCE(branch, '-') || ' ' || high_open || ' ' || high_new || ' ' || COALESCE(high_fixed, -1) \
    || ' ' || low_open || ' ' || COALESCE(coverage, -1) FROM scan_point ORDER BY at DESC";

scenario!(each_judgement_leaves_its_numbers_for_what_changes_over_time, s => {
    s.found().await;
    assert_eq!(told(&s.database, POINT).await[0], "gift-cards 1 0 0 0 -1", "open, and nothing to compare with");
    s.comment("bob", "/waive sql-injection --until 2026-12-01 --reason \"not reached\"").await;
    assert_eq!(told(&s.database, POINT).await[0], "gift-cards 0 0 0 0 -1", "one row for each commit, as it was judged last");
});

scenario!(the_page_is_for_whoever_has_its_address, s => {
    s.found().await;
    let key = s.app.page_key.of(RepoId(seed::SHOP), &s.head().parse().unwrap());
    let (status, text) = s.page(&key).await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("Blocked: 1 HIGH (semgrep)") && text.contains("src/pay.py:3"), "{text}");
    for wrong in ["", "0", &key.to_uppercase(), &format!("{key}0")] {
        assert_eq!(s.page(wrong).await.0, 404, "{wrong}");
    }
    assert_eq!(s.read("/reports/page.css").send().await.unwrap().status().as_u16(), 200);
});
