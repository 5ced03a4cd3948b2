use super::*;
use crate::report::{Novelty, State};
use Severity::High;

fn novelties(world: &World) -> Vec<(String, Novelty)> {
    let open = world.stand().open;
    open.into_iter()
        .map(|problem| (problem.finding.place.map_or(problem.id, |it| it.file.to_string()), problem.novelty))
        .collect()
}

fn message(text: &str, mut finding: Finding) -> Finding {
    finding.message = text.into();
    finding
}

#[test]
fn code_that_moved_is_not_new() {
    let before = report("bandit", "bandit", [message("Call on line 3", code("B602", "a.py", 3))]);
    let moved = report("bandit", "sarif", [message("Call on line 40", code("rules.B602", "a.py", 40))]);
    let world = World::of([moved]).before([before.clone()]);
    assert_eq!(novelties(&world), [("a.py".to_owned(), Novelty::Existing)]);
    let standing = world.stand();
    assert!(standing.fixed.is_empty());
    let ids = |standing: Standing| standing.open.into_iter().map(|problem| problem.id).collect::<Vec<_>>();
    assert_eq!(ids(standing), ids(World::of([before]).stand()), "a waiver of it goes on");
}

#[test]
fn of_equals_as_many_are_old_as_there_were() {
    let at = |lines: &[u32]| report("bandit", "bandit", lines.iter().map(|line| code("B602", "a.py", *line)));
    let world = World::of([at(&[10, 20, 30])]).before([at(&[20, 99])]);
    let standing = world.stand();
    let told: Vec<_> = standing
        .open
        .iter()
        .map(|it| (it.finding.place.as_ref().unwrap().line.unwrap(), it.novelty))
        .collect();
    assert_eq!(told, [(30, Novelty::New), (10, Novelty::Existing), (20, Novelty::Existing)]);
    assert!(standing.fixed.is_empty());
    assert_eq!(World::of([at(&[20])]).before([at(&[20, 99])]).stand().fixed.len(), 1);
}

#[test]
fn an_upgrade_that_does_not_help_is_not_new_and_one_that_helps_is_told() {
    let trivy = |version: &str| {
        let mut report =
            report("trivy", "trivy", [vulnerable(&["CVE-1-1"], &format!("pkg:npm/a@{version}"), High)]);
        report.target = Some(format!("ghcr.io/acme/shop:{version}").into());
        report.image = Some(crate::report::Image { name: "shop".into(), ..Default::default() });
        report
    };
    let old = World::of([trivy("2")]).before([trivy("1")]).stand();
    assert_eq!((old.open[0].novelty, old.fixed.len()), (Novelty::Existing, 0));
    assert_eq!(old.rows[0].baseline.as_ref().unwrap().at, Timestamp(5));
    let mut clean = trivy("2");
    clean.findings.clear();
    let fixed = World::of([clean.clone()]).before([trivy("1")]).stand();
    assert_eq!((fixed.open.len(), fixed.fixed.len(), fixed.rows[0].fixed), (0, 1, 1));
    for broken in [
        Report { state: State::Partial { why: "half".to_owned() }, ..clean.clone() },
        Report { tool: Tool { name: "grype".into(), version: None }, ..clean.clone() },
        Report { target: Some("ghcr.io/acme/other:1".into()), ..clean },
    ] {
        assert!(World::of([broken]).before([trivy("1")]).stand().fixed.is_empty(), "nobody looked");
    }
}

#[test]
fn without_a_baseline_nobody_knows_what_is_new() {
    let bandit = || report("bandit", "bandit", [code("B602", "a.py", 3)]);
    let semgrep = || report("semgrep", "semgrep", [code("shell", "b.py", 3)]);
    let world = World::of([bandit(), semgrep()]).before([bandit()]);
    let known = [("b.py".to_owned(), Novelty::Unknown), ("a.py".to_owned(), Novelty::Existing)];
    assert_eq!(novelties(&world), known);
    assert!(!passes(&Gate { fail_on: Some(High), new_only: true, ..Gate::default() }, &world));
    assert!(passes(
        &Gate { fail_on: Some(High), new_only: true, ..Gate::default() },
        &World::of([bandit()]).before([bandit()])
    ));
}

#[test]
fn a_tools_own_fingerprint_counts_where_it_is_unique() {
    let told = |text: &str, fingerprint: &str, line| {
        let mut finding = message(text, code("sql", "a.java", line));
        finding.tool_fingerprint = Some(fingerprint.into());
        finding
    };
    let before = report("codeql", "sarif", [told("Query of `a`", "f1", 3)]);
    let reworded = report("codeql", "sarif", [told("Query built of `b`", "f1", 9)]);
    assert_eq!(World::of([reworded]).before([before.clone()]).stand().open[0].novelty, Novelty::Existing);
    let other = report("codeql", "sarif", [told("Query of `a`", "f2", 3)]);
    assert_eq!(World::of([other]).before([before]).stand().open[0].novelty, Novelty::New);
    let placeholders = |words: &[&str]| {
        report("semgrep", "semgrep", words.iter().map(|word| told(word, "requires login", 3)))
    };
    let world = World::of([placeholders(&["a", "c"])]).before([placeholders(&["a", "b"])]);
    assert_eq!(world.stand().open.iter().filter(|it| it.novelty == Novelty::New).count(), 1);
}

#[test]
fn what_a_tool_stopped_letting_through_is_new() {
    let mut before = report("bandit", "bandit", [code("B602", "a.py", 3)]);
    before.findings[0].suppressed =
        Some(Box::new(crate::report::Suppression { kind: "nosec".into(), reason: "".into() }));
    let now = report("bandit", "bandit", [code("B602", "a.py", 3)]);
    assert_eq!(World::of([now]).before([before]).stand().open[0].novelty, Novelty::New);
}

#[test]
fn an_old_finding_of_one_tool_makes_anothers_no_older() {
    let told = |tool: &str, severity, rule: &str| {
        report(tool, tool, [Finding { severity, ..weakness(rule, 89, "a.py", 3) }])
    };
    let (harmless, bad) = (|| told("bandit", Severity::Low, "B608"), || told("semgrep", High, "sql"));
    let now = || World::of([harmless(), bad()]);
    let novelty = |world: World| {
        let open = world.stand().open;
        assert_eq!(open.len(), 1, "they meet");
        open[0].novelty
    };
    let nothing = report("semgrep", "semgrep", []);
    assert_eq!(novelty(now().before([harmless(), nothing.clone()])), Novelty::New);
    assert_eq!(novelty(now().before([harmless(), bad()])), Novelty::Existing);
    assert_eq!(novelty(now().before([harmless()])), Novelty::Existing, "nobody can compare the other one");
    let known = |tool: &str| report(tool, tool, [vulnerable(&["CVE-1-1"], "pkg:npm/a@1", High)]);
    let both = World::of([known("trivy"), known("grype")]);
    let before = [known("trivy"), report("grype", "grype", [])];
    assert_eq!(novelty(both.before(before)), Novelty::Existing);
}
