use super::*;
use crate::report::Reference;
use Severity::{Critical, High, Low, Medium, Unknown};

fn ids(world: &World) -> Vec<String> {
    world.open().into_iter().map(|(id, _)| id).collect()
}

#[test]
fn one_vulnerability_of_three_scanners_is_one_problem() {
    let trivy = vulnerable(
        &["CVE-2021-44228"],
        "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar",
        Critical,
    );
    let mut grype = vulnerable(
        &["GHSA-jfh8-c2jp-5v3q", "CVE-2021-44228"],
        "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        High,
    );
    grype.advisory.as_mut().unwrap().fixed.push("2.15.0".into());
    let sarif = vulnerable(&["ghsa-jfh8-c2jp-5v3q"], "org.apache.logging.log4j:log4j-core@2.14.1", Unknown);
    let world = World::of([
        report("trivy", "trivy", [trivy]),
        report("grype", "grype", [grype]),
        report("osv-scanner", "sarif", [sarif]),
    ]);
    let standing = world.stand();
    let [problem] = &*standing.open else { panic!("{:#?}", standing.open) };
    assert_eq!((&*problem.id, problem.severity), ("CVE-2021-44228", Critical));
    assert!(problem.aliases.iter().any(|name| name == "GHSA-jfh8-c2jp-5v3q"));
    let said: Vec<_> = problem.said.iter().map(|said| (&*said.tool, said.severity)).collect();
    assert_eq!(said, [("trivy", Critical), ("grype", High), ("osv-scanner", Unknown)]);
    assert_eq!(problem.finding.advisory.as_ref().unwrap().fixed, ["2.15.0".into()]);
    assert_eq!(standing.tally.worst[0].fixed_in.as_deref(), Some("2.15.0"));
    assert_eq!(standing.tally.open[&Critical].unknown, 1);
}

#[test]
fn who_has_no_rating_takes_that_of_another_scanner() {
    let unrated = || vulnerable(&["PYSEC-2021-1", "CVE-2021-1"], "pkg:pypi/Flask_Login@1.0", Unknown);
    let alone = World::of([report("pip-audit", "pip-audit", [unrated()])]);
    assert_eq!(alone.open(), [("CVE-2021-1".to_owned(), High)]);
    let rated = vulnerable(&["CVE-2021-1"], "flask-login@1.0", Medium);
    let both = World::of([report("pip-audit", "pip-audit", [unrated()]), report("trivy", "sarif", [rated])]);
    assert_eq!(both.open(), [("CVE-2021-1".to_owned(), Medium)]);
}

#[test]
fn two_cves_are_two_whatever_else_they_are_called() {
    let package = "pkg:npm/a@1";
    let world = World::of([
        report(
            "trivy",
            "trivy",
            [vulnerable(&["CVE-1-1"], package, High), vulnerable(&["CVE-1-2"], package, Critical)],
        ),
        report("npm-audit", "npm-audit-2", [vulnerable(&["GHSA-x", "CVE-1-1", "CVE-1-2"], "pkg:npm/a", Low)]),
    ]);
    assert_eq!(ids(&world), ["CVE-1-2", "CVE-1-1", "GHSA-x"]);
    // Waiving one lets neither the other one through nor what is said to be both.
    let world = world.waived([waiver("CVE-1-1", None, TODAY)]);
    assert_eq!(ids(&world), ["CVE-1-2", "GHSA-x"]);
}

#[test]
fn an_advisory_of_a_distribution_makes_nothing_one() {
    let world = World::of([report(
        "grype",
        "grype",
        [
            vulnerable(&["CVE-1-1", "RHSA-2021:1"], "openssl@1", High),
            vulnerable(&["CVE-1-2", "RHSA-2021:1"], "openssl@1", High),
            vulnerable(&["ELSA-2021-7"], "openssl@1", High),
        ],
    )]);
    assert_eq!(ids(&world), ["CVE-1-1", "CVE-1-2", "ELSA-2021-7"]);
}

#[test]
fn packages_and_versions_are_told_apart() {
    let world = World::of([report(
        "trivy",
        "trivy",
        [
            vulnerable(&["CVE-1-1"], "pkg:npm/a@1", High),
            vulnerable(&["CVE-1-1"], "pkg:npm/a@2", High),
            vulnerable(&["CVE-1-1"], "pkg:npm/%40x/a@2", High),
            vulnerable(&["CVE-1-1"], "pkg:npm/@x/a@2", High),
            vulnerable(&["CVE-1-1"], "pkg:npm/b@2", High),
        ],
    )]);
    let standing = world.stand();
    assert_eq!(standing.open.len(), 4);
    let mut fingerprints: Vec<_> = standing.open.iter().map(|problem| problem.fingerprint).collect();
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 4, "each has its own");
}

#[test]
fn a_scan_in_two_formats_counts_once() {
    let named = || vulnerable(&["CVE-1-1"], "pkg:npm/a@1", High);
    let bare = || vulnerable(&["CVE-1-1"], "", High);
    let json = || {
        report("trivy", "trivy", [named(), code("DS002", "Dockerfile", 3), code("DS002", "Dockerfile", 3)])
    };
    let sarif =
        || report("trivy", "sarif", [bare(), code("DS002", "Dockerfile", 3), code("DS002", "Dockerfile", 3)]);
    let twice = World::of([json(), sarif()]);
    assert_eq!(twice.open().len(), World::of([json()]).open().len());
    assert_eq!(World::of([json(), json()]).open().len(), 3);
    assert_eq!(twice.stand().rows.iter().map(|row| row.new).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn tools_agree_about_code_where_file_line_and_weakness_do() {
    let bandit =
        || report("bandit", "bandit", [weakness("B602", 78, "a.py", 3), weakness("B607", 78, "a.py", 3)]);
    let world = |cwe, line| {
        let semgrep = weakness("python.lang.subprocess-shell", cwe, "a.py", line);
        World::of([bandit(), report("semgrep", "semgrep", [semgrep])]).open().len()
    };
    assert_eq!((world(78, 3), world(79, 3), world(78, 4)), (2, 3, 3));
    let plain = World::of([
        report("bandit", "bandit", [code("B602", "a.py", 3)]),
        report("semgrep", "semgrep", [code("x.shell", "a.py", 3)]),
    ]);
    assert_eq!(plain.open().len(), 2, "without a weakness nobody knows");
}

#[test]
fn secrets_are_told_apart_by_their_marks_and_else_by_their_lines() {
    let gitleaks = || {
        report(
            "gitleaks",
            "gitleaks",
            [
                secret("aws", "a.env", 1, Some("m1")),
                secret("generic", "a.env", 1, Some("m1")),
                secret("aws", "a.env", 7, Some("m1")),
                secret("aws", "a.env", 2, Some("m2")),
                secret("aws", "b.env", 1, Some("m1")),
            ],
        )
    };
    assert_eq!(World::of([gitleaks()]).open().len(), 3);
    let sarif = || report("gitleaks", "sarif", [secret("aws", "a.env", 2, None)]);
    let other = || report("trufflehog", "trufflehog", [secret("AWS", "a.env", 2, Some("other"))]);
    assert_eq!(World::of([gitleaks(), sarif(), other()]).open().len(), 3);
    let mut verified = secret("AWS", "a.env", 2, Some("m2"));
    verified.secret.as_mut().unwrap().verified = Some(true);
    let mut rated = secret("aws", "a.env", 2, Some("m2"));
    rated.severity = Low;
    let world =
        World::of([report("trivy", "trivy", [rated]), report("trufflehog", "trufflehog", [verified])]);
    assert_eq!(world.open()[0].1, Critical, "that it works outweighs a rating");
}

#[test]
fn what_only_one_tool_lets_through_is_open() {
    let let_through = |mut finding: Finding| {
        let kind = "inSource".into();
        finding.suppressed = Some(Box::new(crate::report::Suppression { kind, reason: "ok".into() }));
        finding
    };
    let finding = || vulnerable(&["CVE-1-1"], "pkg:npm/a@1", High);
    let trivy = || report("trivy", "trivy", [let_through(finding())]);
    let standing = World::of([trivy()]).stand();
    assert_eq!((standing.open.len(), standing.suppressed.len(), standing.tally.open.len()), (0, 1, 0));
    let standing = World::of([trivy(), report("grype", "grype", [finding()])]).stand();
    assert_eq!((standing.open.len(), standing.suppressed.len()), (1, 0));
}

#[test]
fn many_findings_are_merged_in_a_moment() {
    const MANY: u32 = 5_000;
    let same = |line| weakness("B105", 259, "a.py", line);
    let vulnerability =
        |number: u32| vulnerable(&["CVE-1-1", "GHSA-1"], &format!("pkg:npm/a@{number}"), High);
    let many = |tool: &str| {
        report(tool, tool, (0..MANY).flat_map(|number| [same(number), same(1), vulnerability(number)]))
    };
    let world = World::of([many("one"), many("two")]).before([many("one"), many("two")]);
    let standing = world.waived([waiver("B105", Some("b.py"), TODAY)]).stand();
    // Of the crowd at one line nobody can tell who means what.
    let crowd = 2 * (MANY + 1);
    assert_eq!(standing.open.len(), (MANY - 1 + crowd + MANY) as usize);
}

#[test]
fn where_to_read_more_is_never_what_a_forks_run_says() {
    let linked = |url: &str| {
        let mut finding = code("sqli", "a.py", 1);
        finding.rule = Arc::new(Rule { url: Some(url.into()), ..Rule::named("sqli") });
        report("semgrep", "sarif", [finding])
    };
    let (own, evil) = (linked("https://semgrep.dev/r/sqli"), linked("https://evil.example/"));
    for (first, second) in [(&own, &evil), (&evil, &own)] {
        let mut world = World { forks: true, ..World::of([first.clone(), second.clone()]) };
        for received in &mut world.now {
            received.origin.fork = received.report == evil;
        }
        let problem = world.stand().open.remove(0);
        assert!(!problem.fork);
        assert_ne!(problem.finding.rule.url.as_deref(), Some("https://evil.example/"));
    }
    let mut world = World::of([evil]);
    world.now[0].origin.fork = true;
    for forks in [true, false] {
        world.forks = forks;
        let standing = world.stand();
        let problem = standing.open.iter().chain(&standing.of_forks).next().unwrap();
        assert_eq!((problem.fork, problem.reference()), (true, None));
    }
    let problem = World::of([own]).stand().open.remove(0);
    assert!(matches!(problem.reference(), Some(Reference::Said { host, .. }) if host == "semgrep.dev"));
}
