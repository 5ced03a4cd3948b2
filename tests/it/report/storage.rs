//! What the database promises about reports, on both.

use countersign::authz::may_rescan;
use countersign::clock::Timestamp;
use countersign::db::Db;
use countersign::db::report::{self, Bundle, Packed};
use countersign::ids::{Actor, CommitSha, RunId, UserId};
use countersign::policy::RoleLevel;
use countersign::report::{
    Category, Finding, Image, Origin, Received, Report, Rule, Severity, State, Text, Tool, Way,
};

use crate::harness::database::{open, shop};
use crate::on_both;

const NOW: Timestamp = Timestamp(1_795_252_500_000);

fn commit(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

fn received(tool: &str, commit: &CommitSha, (run, attempt): (i64, i64)) -> Received {
    let mut report = Report::new("sarif", Tool { name: tool.into(), version: Some("1.2".into()) });
    report.findings =
        vec![Finding::new(Category::Vulnerability, Severity::High, Rule::named("CVE-1\0").into())];
    let origin = Origin {
        way: Way::Artifact,
        commit: commit.clone(),
        run: Some(RunId(run)),
        attempt,
        workflow: Some("ci.yml".to_owned()),
        artifact: Some("scans".to_owned()),
        entry: "a.sarif".to_owned(),
        sha256: "00".repeat(32),
        fork: false,
        url: None,
        at: NOW,
    };
    Received { report, origin }
}

async fn store(db: &Db, all: &[Received]) {
    let origin = all[0].origin.clone();
    let bundle = Bundle {
        way: origin.way,
        commit: origin.commit.clone(),
        run: origin.run.unwrap().0,
        attempt: origin.attempt,
        branch: Some("main".to_owned()),
        names: vec!["scans".to_owned()],
    };
    let packed: Vec<Packed> = all.iter().map(|one| Packed::new("scans", one).unwrap()).collect();
    db.write(move |tx| {
        Box::pin(async move { report::store(tx.conn().await?, shop().id, &bundle, &packed).await })
    })
    .await
    .unwrap();
}

async fn tools(db: &Db, commit: &CommitSha) -> Vec<String> {
    let mut conn = db.read().await.unwrap();
    let all = report::of_commit(&mut conn, shop().id, commit).await.unwrap();
    all.iter().map(|one| format!("{} {}", one.report.tool.name, one.origin.attempt)).collect()
}

async fn want(db: &Db, commit: &CommitSha, run: (i64, i64), again: bool) {
    let commit = commit.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let (conn, run) = (tx.conn().await?, (RunId(run.0), run.1));
            if !again {
                return report::want(conn, &shop(), &commit, run, NOW).await;
            }
            let alice = Actor { id: UserId(1), login: "alice".parse().unwrap(), bot: false };
            let right = may_rescan(shop().id, &alice, Some(RoleLevel::Write), None).unwrap();
            report::rescan(conn, &shop(), right, (&commit, &[run]), NOW).await
        })
    })
    .await
    .unwrap();
}

async fn unread(db: &Db, commit: &CommitSha) -> u32 {
    report::unread(&mut db.read().await.unwrap(), shop().id, commit).await.unwrap()
}

async fn read_all(db: &Db, now: Timestamp) -> usize {
    db.write(move |tx| {
        Box::pin(async move {
            let conn = tx.conn().await?;
            let claimed = report::claim(conn, now, std::time::Duration::from_mins(1), 9).await?;
            for run in &claimed {
                let commit = run.commit.clone();
                let finished =
                    report::Finished { commit, workflow: None, fork: false, passed_over: Vec::new() };
                report::finish(conn, run, &finished, None).await?;
            }
            Ok(claimed.len())
        })
    })
    .await
    .unwrap()
}

on_both!(what_is_stored_comes_back_and_is_replaced, url => {
    let (db, head) = (open(&url).await, commit('a'));
    let mut both = vec![received("trivy", &head, (1, 1)), received("grype", &head, (1, 1))];
    both[1].report.target = Some("alpine\0:3".into());
    store(&db, &both).await;
    let there = report::of_commit(&mut db.read().await.unwrap(), shop().id, &head).await.unwrap();
    assert_eq!(there, both);
    store(&db, &[received("codeql", &head, (1, 1))]).await;
    assert_eq!(tools(&db, &head).await, ["codeql 1"]);
    assert_eq!(tools(&db, &commit('b')).await, Vec::<String>::new());
});

on_both!(a_later_attempt_replaces_what_it_brings_again_once_it_was_read, url => {
    let (db, head) = (open(&url).await, commit('a'));
    store(&db, &[received("trivy", &head, (1, 1))]).await;
    store(&db, &[received("codeql", &head, (2, 1))]).await;
    store(&db, &[received("trivy", &head, (1, 2))]).await;
    // It may not have brought everything yet.
    assert_eq!(tools(&db, &head).await, ["trivy 1", "trivy 2", "codeql 1"]);
    want(&db, &head, (1, 2), false).await;
    want(&db, &head, (2, 2), false).await;
    assert_eq!((tools(&db, &head).await.len(), unread(&db, &head).await), (3, 2));
    read_all(&db, NOW).await;
    assert_eq!(tools(&db, &head).await, ["trivy 2", "codeql 1"]);
    let left = report::of_commit(&mut db.read().await.unwrap(), shop().id, &head).await.unwrap().pop().unwrap();
    assert_eq!(left.report.state.as_str(), "partial");
});

on_both!(a_run_is_read_once_and_again_when_somebody_asks, url => {
    let (db, head) = (open(&url).await, commit('a'));
    want(&db, &head, (1, 1), false).await;
    want(&db, &head, (1, 1), true).await;
    assert_eq!((unread(&db, &head).await, read_all(&db, NOW).await, unread(&db, &head).await), (1, 1, 0));
    want(&db, &head, (1, 1), false).await;
    assert_eq!(read_all(&db, NOW).await, 0);
    let runs = report::read_runs(&mut db.read().await.unwrap(), shop().id, &head).await.unwrap();
    assert_eq!(runs, [(RunId(1), 1)]);
    want(&db, &head, (1, 1), true).await;
    assert_eq!((unread(&db, &head).await, read_all(&db, NOW).await), (1, 1));
    // Nothing is left of an attempt once there is a later one.
    want(&db, &head, (1, 1), true).await;
    want(&db, &head, (1, 2), false).await;
    assert_eq!(unread(&db, &head).await, 1);
});

on_both!(a_lease_that_ran_out_is_worth_nothing, url => {
    let (db, head) = (open(&url).await, commit('a'));
    want(&db, &head, (1, 1), false).await;
    let lease = std::time::Duration::from_mins(1);
    let claim = |now: Timestamp| {
        db.write(move |tx| Box::pin(async move { report::claim(tx.conn().await?, now, lease, 9).await }))
    };
    let first = claim(NOW).await.unwrap().remove(0);
    assert!(claim(NOW).await.unwrap().is_empty());
    let later = NOW.plus(lease * 2);
    assert_eq!(claim(later).await.unwrap().len(), 1);
    let finished = report::Finished { commit: head.clone(), workflow: None, fork: false, passed_over: Vec::new() };
    let late = db.write(move |tx| {
        Box::pin(async move { report::finish(tx.conn().await?, &first, &finished, None).await })
    });
    assert!(late.await.is_err());
});

on_both!(what_was_put_off_is_read_at_once_when_somebody_asks, url => {
    let (db, head) = (open(&url).await, commit('a'));
    want(&db, &head, (1, 1), false).await;
    let far = NOW.plus(std::time::Duration::from_hours(1));
    db.write(move |tx| {
        Box::pin(async move {
            let conn = tx.conn().await?;
            let lease = std::time::Duration::from_mins(1);
            let run = report::claim(conn, NOW, lease, 9).await?.remove(0);
            report::try_again(conn, &run, far, "GitHub did not answer").await
        })
    })
    .await
    .unwrap();
    want(&db, &head, (1, 1), false).await;
    assert_eq!(read_all(&db, NOW).await, 0);
    want(&db, &head, (1, 1), true).await;
    assert_eq!(read_all(&db, NOW).await, 1);
});

on_both!(a_baseline_is_the_nearest_that_can_be_relied_on, url => {
    let db = open(&url).await;
    let [near, middle, far] = ['1', '2', '3'].map(commit);
    let mut failed = received("trivy", &near, (1, 1));
    failed.report.state = State::ScanFailed { why: "no".to_owned() };
    store(&db, &[failed, received("codeql", &near, (1, 1))]).await;
    let mut foreign = received("trivy", &middle, (2, 1));
    foreign.origin.fork = true;
    let mut image = received("trivy", &middle, (2, 1));
    image.report.target = Some("alpine:3.10".into());
    // The next build has another tag, and is about the same image.
    image.report.image = Some(Image::default());
    store(&db, &[foreign, image]).await;
    // A tool that wrote two files there said both.
    let mut second = received("trivy", &far, (3, 1));
    "second.json".clone_into(&mut second.origin.entry);
    store(&db, &[received("trivy", &far, (3, 1)), second]).await;
    let wanted: [(Text, &str); 4] = [("trivy".into(), ""), ("trivy".into(), "alpine"), ("codeql".into(), ""), ("grype".into(), "")];
    let wanted = wanted.map(|(tool, subject)| (tool, subject.to_owned())).into();
    let ancestors = [near.clone(), middle.clone(), far.clone()];
    let mut conn = db.read().await.unwrap();
    let found = report::baselines(&mut conn, shop().id, &ancestors, &wanted, "main", &|_| false).await.unwrap();
    let named: Vec<_> = found.iter().map(|one| (one.report.tool.name.to_string(), one.commit.clone())).collect();
    let [codeql, trivy] = ["codeql", "trivy"].map(str::to_owned);
    assert_eq!(named, [(codeql, near), (trivy.clone(), middle), (trivy.clone(), far.clone()), (trivy, far)]);
});
