use super::*;
use Severity::High;

fn shop() -> World {
    World::of([
        report(
            "trivy",
            "trivy",
            [
                vulnerable(&["CVE-1-1", "GHSA-aaaa"], "pkg:npm/a@1", High),
                vulnerable(&["CVE-1-1"], "pkg:npm/b@1", High),
            ],
        ),
        report("bandit", "bandit", [code("B602", "src/app/a.py", 3), code("B602", "tests/a.py", 3)]),
    ])
}

#[test]
fn a_waiver_lets_through_what_it_means_and_nothing_else() {
    for (id, only, waived) in [
        ("CVE-1-1", None, 2),
        ("cve-1-1", None, 2),
        ("GHSA-AAAA", None, 1),
        ("CVE-1-1", Some("pkg:npm/a"), 1),
        ("CVE-1-1", Some("pkg:npm/a@1"), 1),
        ("CVE-1-1", Some("pkg:npm/a@2"), 0),
        ("CVE-1-1", Some("pkg:pypi/a"), 0),
        ("CVE-1-1", Some("src"), 0),
        ("CVE-1-2", None, 0),
        ("", None, 0),
        ("B602", None, 2),
        ("B602", Some("tests"), 1),
        ("B602", Some("./tests/"), 1),
        ("B602", Some("test"), 0),
        ("B602", Some("src/app/a.py"), 1),
        ("B602", Some("**/a.py"), 2),
        ("B602", Some("*/a.py"), 1),
        ("B602", Some("src/**"), 1),
        ("B602", Some(""), 0),
        ("B602", Some("pkg:npm/a"), 0),
    ] {
        let standing = shop().waived([waiver(id, only, TODAY)]).stand();
        assert_eq!((standing.waived.len(), standing.open.len()), (waived, 4 - waived), "{id} {only:?}");
        assert_eq!(standing.waivers.unmatched.len(), usize::from(waived == 0), "{id} {only:?}");
        assert_eq!(standing.rows.iter().map(|row| row.waived).sum::<u64>(), waived as u64);
    }
}

#[test]
fn every_problem_is_let_through_by_the_id_that_is_shown() {
    for problem in shop().stand().open.into_iter().skip(2) {
        assert!(problem.id.starts_with("B602-"), "{}", problem.id);
        let standing = shop().waived([waiver(&problem.id, None, TODAY)]).stand();
        assert_eq!(standing.waived.len(), 1);
        assert_eq!(standing.waived[0].fingerprint, problem.fingerprint);
    }
}

#[test]
fn a_waiver_ends_after_its_last_day() {
    for (until, open, expired, expiring) in [
        (date(2026, 3, 9), 4, 1, 0),
        (TODAY, 2, 0, 1),
        (date(2026, 3, 24), 2, 0, 1),
        (date(2026, 3, 25), 2, 0, 0),
        (date(9999, 12, 31), 2, 0, 0),
    ] {
        let standing = shop().waived([waiver("B602", None, until)]).stand();
        let news = &standing.waivers;
        let told = (standing.open.len(), news.expired.len(), news.expiring.len(), news.unmatched.len());
        assert_eq!(told, (open, expired, expiring, 0), "{until}");
        assert_eq!(standing.tally.expired_waivers.len(), expired);
    }
    let renewed =
        shop().waived([waiver("B602", None, date(2026, 3, 9)), waiver("B602", None, TODAY)]).stand();
    assert_eq!((renewed.open.len(), renewed.waivers.expired.len()), (2, 0));
    assert_eq!(renewed.waived[0].waiver.as_ref().unwrap().until, TODAY);
    let gone = shop().waived([waiver("B999", None, date(2026, 3, 9))]).stand();
    assert_eq!((gone.waivers.expired.len(), gone.waivers.unmatched.len()), (0, 1));
}

#[test]
fn who_waives_one_tools_rule_has_not_seen_what_another_one_says() {
    let world = World::of([
        report("bandit", "bandit", [weakness("B602", 78, "a.py", 3)]),
        report("semgrep", "semgrep", [weakness("x.shell", 78, "a.py", 3)]),
    ]);
    let open =
        |ids: &[&str]| world.clone().waived(ids.iter().map(|id| waiver(id, None, TODAY))).stand().open.len();
    assert_eq!((open(&[]), open(&["B602"]), open(&["shell"]), open(&["B602", "x.shell"])), (1, 1, 1, 0));
}

#[test]
fn what_names_no_package_goes_the_way_of_what_does() {
    let bare = || vulnerable(&["CVE-1-1"], "", High);
    let named = |name: &str| vulnerable(&["CVE-1-1"], name, High);
    let only = || waiver("CVE-1-1", Some("pkg:npm/a"), TODAY);
    let open = |findings: Vec<Finding>| {
        let reports = findings.into_iter().enumerate().map(|(n, it)| report(&format!("t{n}"), "sarif", [it]));
        World::of(reports).waived([only()]).stand().open.len()
    };
    assert_eq!(open(vec![bare()]), 1, "it may be in anything");
    assert_eq!(open(vec![bare(), named("pkg:npm/a@1")]), 0);
    assert_eq!(open(vec![bare(), named("a@1")]), 0);
    assert_eq!(open(vec![bare(), named("pkg:npm/b@1")]), 1);
}
