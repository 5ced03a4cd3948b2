//! From a finished workflow run to stored reports: what is fetched, from where, and what is not believed.

use std::time::Duration;

use countersign::db::report;
use countersign::github::fake::faults::Fault;
use countersign::github::fake::repo::Repo;
use countersign::github::fake::seed;
use countersign::ids::RepoId;
use countersign::report::Way;
use serde_json::json;

use super::samples::{CLEAN, one_finding, zip};
use crate::harness::{SHOP, Scenario};
use crate::scenario;

async fn unread(s: &Scenario) -> u32 {
    let mut conn = s.app.db.read().await.unwrap();
    report::unread(&mut conn, RepoId(seed::SHOP), &s.head().parse().unwrap()).await.unwrap()
}

scenario!(reports_of_a_finished_run_are_stored_with_their_origin, s => {
    let artifact = zip(&[
        ("codeql/results.sarif", CLEAN.as_bytes()),
        ("whatever.txt", one_finding("Semgrep", "src/checkout.js").as_bytes()),
        ("notes.md", b"# Not a report"),
    ]);
    let run = s.ci_leaves(&[("scans", &artifact)]).await;
    assert_eq!(s.reports_in_short().await, ["codeql ok scans/codeql/results.sarif", "semgrep ok scans/whatever.txt"]);
    let origin = s.reports().await.remove(1).origin;
    assert_eq!((origin.way, origin.run.unwrap().0, origin.attempt), (Way::Artifact, run, 1));
    assert_eq!((origin.workflow.as_deref(), origin.fork), (Some("ci.yml"), false));
    assert_eq!((origin.commit.as_str(), origin.sha256.len()), (s.head().as_str(), 64));
    assert_eq!(unread(s).await, 0);
});

scenario!(our_token_is_for_github_alone, s => {
    s.ci_leaves(&[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).await;
    // Where artifacts lie, whoever shows a token is refused.
    assert_eq!(s.reports_in_short().await, ["codeql ok scans/a.sarif"]);
    let asked = s.fake.requests();
    assert!(asked.iter().any(|one| one.path.ends_with("/zip") && one.status == 302));
});

scenario!(a_run_that_cannot_be_read_now_is_not_one_without_reports, s => {
    let run = s.ci_goes_on();
    s.fake.fail_times("GET", "/artifact-storage/*", Fault::Status(503, json!({})), 2);
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).unwrap();
    s.settle().await;
    assert_eq!((s.reports().await.len(), unread(s).await), (0, 1));
    s.later(Duration::from_secs(10)).await;
    s.later(Duration::from_secs(10)).await;
    assert_eq!((s.reports_in_short().await, unread(s).await), (vec!["codeql ok scans/a.sarif".to_owned()], 0));
});

scenario!(what_github_never_gives_is_given_up_and_shown, s => {
    let run = s.ci_goes_on();
    s.fake.fail_times("GET", "/repos/acme/shop/actions/runs/*/artifacts", Fault::Status(403, json!({"message": "Resource not accessible by integration"})), 4);
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).unwrap();
    s.settle().await;
    for _ in 0..5 {
        s.later(Duration::from_mins(2)).await;
    }
    assert_eq!((s.reports_in_short().await, unread(s).await), (vec!["workflow-run unreadable -/".to_owned()], 0));
    assert!(s.reports().await[0].report.state.why().unwrap().contains("not accessible"));
});

scenario!(an_expired_artifact_is_unreadable, s => {
    let run = s.ci_goes_on();
    s.fake.upload_artifact(SHOP, run, "trivy results", &zip(&[("a.sarif", CLEAN.as_bytes())])).unwrap();
    s.fake.expire_artifacts(SHOP, "trivy results").unwrap();
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.settle().await;
    assert_eq!(s.reports_in_short().await, ["trivy-results unreadable trivy results/"]);
    assert!(s.reports().await[0].report.state.why().unwrap().contains("expired"));
});

scenario!(an_artifact_that_is_gone_when_it_is_fetched_is_unreadable, s => {
    let run = s.ci_goes_on();
    let expired = Fault::Status(410, json!({"message": "Artifact has expired"}));
    s.fake.fail_next("GET", "/repos/acme/shop/actions/artifacts/*/zip", expired);
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).unwrap();
    s.settle().await;
    assert_eq!(s.reports_in_short().await, ["scans unreadable scans/"]);
});

scenario!(hostile_artifacts_are_unreadable_and_the_others_are_read, s => {
    let good = zip(&[("a.sarif", CLEAN.as_bytes())]);
    let named = |name: &str| {
        let bytes = zip(&[("b.sarif", CLEAN.as_bytes()), (&"n".repeat(name.len()), CLEAN.as_bytes())]);
        replaced(&bytes, &"n".repeat(name.len()), name)
    };
    let mut encrypted = good.clone();
    (encrypted[6], encrypted[replaced_at(&good, b"PK\x01\x02") + 8]) = (1, 1);
    let many: Vec<String> = (0..10_001).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    s.ci_leaves(&[
        ("absolute", &named("/etc/passwd")),
        ("cut-off", &good[..good.len() - 10]),
        ("empty", b""),
        ("encrypted", &encrypted),
        ("escapes", &named("../../x.sarif")),
        ("good", &good),
        ("many", &zip(&many)),
        ("nested", &zip(&[("inner.zip", &good)])),
        ("plain", CLEAN.as_bytes()),
        ("twice", &named("b.sarif")),
        ("windows", &named("C:\\x.sarif")),
    ])
    .await;
    assert_eq!(
        s.reports_in_short().await,
        [
            "codeql ok absolute/b.sarif",
            "absolute unreadable absolute//etc/passwd",
            "cut-off unreadable cut-off/",
            "empty unreadable empty/",
            "encrypted unreadable encrypted/a.sarif",
            "codeql ok escapes/b.sarif",
            "escapes unreadable escapes/../../x.sarif",
            "codeql ok good/a.sarif",
            "many unreadable many/",
            "codeql ok nested/inner.zip!/a.sarif",
            "codeql ok plain/plain",
            "twice unreadable twice/",
            "codeql ok windows/b.sarif",
            "windows unreadable windows/C:/x.sarif",
        ]
    );
});

scenario!(bytes_that_are_not_what_github_says_are_not_read, s => {
    let run = s.ci_goes_on();
    let id = s.fake.upload_artifact(SHOP, run, "scans", &zip(&[("a.sarif", CLEAN.as_bytes())])).unwrap();
    s.fake.change(|state| {
        let artifact = state.repo_mut(SHOP).unwrap().artifacts.get_mut(&id).unwrap();
        artifact.digest = Some(format!("sha256:{}", "0".repeat(64)));
    });
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.settle().await;
    for _ in 0..5 {
        s.later(Duration::from_mins(2)).await;
    }
    assert_eq!(s.reports_in_short().await, ["workflow-run unreadable -/"]);
});

scenario!(the_newest_attempt_counts_and_of_it_the_newest_artifact, s => {
    let run = s.ci_leaves(&[("scans", &zip(&[("a.sarif", one_finding("CodeQL", "a.js").as_bytes())]))]).await;
    assert_eq!(s.reports().await[0].report.counts.findings, 1);
    s.advance(Duration::from_mins(1));
    s.fake.change(|state| state.rerun(state.repo_id(SHOP)?, state.who("alice")?, run)).unwrap();
    s.fake.begin_run(SHOP, run).unwrap();
    s.fake.upload_artifact(SHOP, run, "scans", &zip(&[("b.sarif", one_finding("CodeQL", "b.js").as_bytes())])).unwrap();
    s.advance(Duration::from_mins(1));
    s.fake.upload_artifact(SHOP, run, "scans", &zip(&[("c.sarif", CLEAN.as_bytes())])).unwrap();
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.settle().await;
    assert_eq!(s.reports_in_short().await, ["codeql ok scans/c.sarif"]);
    assert_eq!(s.reports().await[0].origin.attempt, 2);
});

scenario!(what_a_later_attempt_does_not_bring_again_satisfies_nothing_and_is_not_forgotten, s => {
    let run = s.ci_leaves(&[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).await;
    s.advance(Duration::from_mins(1));
    s.fake.change(|state| state.rerun(state.repo_id(SHOP)?, state.who("alice")?, run)).unwrap();
    s.fake.begin_run(SHOP, run).unwrap();
    s.fake.finish_run(SHOP, run, "failure").unwrap();
    s.settle().await;
    assert_eq!(s.reports_in_short().await, ["codeql partial scans/a.sarif"]);
});

scenario!(when_only_failed_jobs_run_again_the_reports_of_the_others_stay, s => {
    let run = s.ci_goes_on();
    let scans = zip(&[("a.sarif", CLEAN.as_bytes())]);
    s.advance(Duration::from_mins(1));
    s.fake.finish_run_with(SHOP, run, "failure", &[("scans", &scans), ("tests", &zip(&[("b.sarif", one_finding("Semgrep", "a.js").as_bytes())]))]).unwrap();
    s.settle().await;
    s.advance(Duration::from_mins(1));
    s.fake.change(|state| state.rerun_failed(state.repo_id(SHOP)?, state.who("alice")?, run)).unwrap();
    s.advance(Duration::from_mins(1));
    s.fake.begin_run(SHOP, run).unwrap();
    s.fake.upload_artifact(SHOP, run, "tests", &zip(&[("c.sarif", CLEAN.replace("CodeQL", "Semgrep").as_bytes())])).unwrap();
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.settle().await;
    assert_eq!(s.reports_in_short().await, ["codeql ok scans/a.sarif", "semgrep ok tests/c.sarif"]);
});

scenario!(a_forks_run_is_known_as_one, s => {
    let run = s.ci_goes_on();
    s.fake.change(|state| {
        let mut fork = Repo::new(777, 4, "shop", state.now());
        fork.fork_of = Some(seed::SHOP);
        state.repos.insert(fork.id, fork);
        state.repo_mut(SHOP).unwrap().runs.get_mut(&run).unwrap().head_repo = 777;
    });
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).unwrap();
    s.settle().await;
    assert!(s.reports().await[0].origin.fork);
});

scenario!(a_deployments_own_run_is_not_read, s => {
    s.staged().await;
    let asked = s.fake.requests();
    let deployments: Vec<i64> = s.dispatched();
    for run in deployments {
        let path = format!("/repos/acme/shop/actions/runs/{run}/artifacts");
        assert!(asked.iter().all(|one| one.path != path));
    }
});

scenario!(a_redelivered_event_reads_nothing_twice, s => {
    let run = s.ci_goes_on();
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).unwrap();
    let deliveries = s.fake.take_deliveries();
    for delivery in deliveries.iter().chain(&deliveries) {
        s.deliver(delivery).await;
    }
    s.settle().await;
    let path = format!("/repos/acme/shop/actions/runs/{run}/artifacts");
    let asked = s.fake.requests().iter().filter(|one| one.path == path).count();
    assert_eq!((asked, s.reports().await.len()), (1, 1));
});

scenario!(a_program_that_dies_while_it_reads_goes_on_later, s => {
    let run = s.ci_goes_on();
    s.fake.fail_next("GET", "/artifact-storage/*", Fault::DropBefore);
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).unwrap();
    s.settle().await;
    s.restart().await;
    s.later(Duration::from_mins(20)).await;
    assert_eq!(s.reports_in_short().await, ["codeql ok scans/a.sarif"]);
});

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (mut patched, mut at) = (bytes.to_vec(), 0);
    while let Some(found) = patched[at..].windows(from.len()).position(|part| part == from.as_bytes()) {
        patched[at + found..][..to.len()].copy_from_slice(to.as_bytes());
        at += found + to.len();
    }
    patched
}

fn replaced_at(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}
