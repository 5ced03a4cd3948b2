use crate::report::{Category, Limits, Marker, Report, Severity, State, read};

fn report(text: &str) -> Report {
    let mut all =
        read(&mut ("x.xml", text.as_bytes()), &Limits::default(), &Marker::new(&[7; 32])).unwrap().reports;
    assert_eq!(all.len(), 1, "{text}");
    all.pop().unwrap()
}

fn counted(text: &str) -> [u64; 5] {
    let totals = report(text).tests.unwrap();
    [totals.cases, totals.passed, totals.failed, totals.errored, totals.skipped]
}

#[test]
fn what_is_claimed_and_not_shown_is_no_success() {
    let none = report(r#"<testsuites><testsuite name="a" tests="6" failures="1"></testsuite></testsuites>"#);
    assert!(matches!(&none.state, State::ScanFailed { why } if why.contains("says 6 tests and lists none")));
    let some =
        r#"<testsuites><testsuite><testcase name="x"/></testsuite><testsuite tests="2"/></testsuites>"#;
    assert!(matches!(report(some).state, State::Partial { .. }));
    let failing = r#"<testsuite tests="2" failures="1"><testcase name="x"/><testcase name="y"/></testsuite>"#;
    assert!(matches!(report(failing).state, State::Partial { .. }));
    let more = report(r#"<testsuite tests="15"><testcase name="x"/></testsuite>"#);
    assert!(more.state.is_ok(), "suites are counted in many ways");
}

#[test]
fn what_broke_beside_the_cases_broke() {
    for (child, counts) in [("error", [2, 1, 0, 1, 0]), ("failure", [2, 1, 1, 0, 0])] {
        let text = format!(
            r#"<testsuites><testsuite name="Fixture" tests="1"><testcase name="x"/><{child} message="not stopped" type="E">trace</{child}></testsuite></testsuites>"#
        );
        assert_eq!(counted(&text), counts, "{child}");
        let report = report(&text);
        assert_eq!((&*report.findings[0].rule.id, &*report.findings[0].message), ("Fixture", "not stopped"));
    }
    let unnamed = report(r#"<testsuite><error message="no class"/></testsuite>"#);
    assert_eq!((&*unnamed.findings[0].rule.id, unnamed.tests.unwrap().errored), ("a suite", 1));
}

#[test]
fn no_tests_are_no_tests() {
    for text in ["<testsuites/>", r#"<testsuite tests="0" failures="0"/>"#] {
        let report = report(text);
        assert_eq!((report.tests.unwrap().cases, report.state), (0, State::Ok));
    }
}

#[test]
fn the_worst_outcome_of_a_case_counts() {
    let text = r#"<testsuites tests="9"><testsuite><testsuite>
        <testcase name="a"><skipped/><failure message="f"/><error message="e&#10;more"/></testcase>
        <testcase name="b"><skipped type="pytest.xfail"/></testcase>
        <testcase name="c" status="notrun"/><testcase name="d" status="disabled"/>
        <testcase name="e" status="run" result="completed"/></testsuite>
        <testcase name="f" status="failed"/><testcase/></testsuite></testsuites>"#;
    assert_eq!(counted(text), [7, 2, 1, 1, 3]);
    let report = report(text);
    assert_eq!(&*report.findings[0].message, "e");
    assert_eq!(report.counts.native["passed"], 2);
}

#[test]
fn a_test_is_named_with_its_place_and_without_its_output() {
    let text = r#"<testsuite name="pytest"><testcase classname="tests.a" name="test_x" file="tests/a.py" line="9">
        <failure message="assert 1&#10;hunter2" type="E">hunter2</failure><system-out>hunter2</system-out></testcase></testsuite>"#;
    let report = report(text);
    assert_eq!(&*report.tool.name, "pytest");
    let finding = &report.findings[0];
    assert_eq!((finding.category, &*finding.rule.id), (Category::Test, "tests.a.test_x"));
    assert_eq!((&*finding.message, finding.place.as_ref().unwrap().line), ("assert 1", Some(10)));
    assert!(!format!("{report:?}").contains("hunter2"));
}

#[test]
fn tests_that_passed_only_later_are_told() {
    let text = r#"<testsuite><testcase name="x"><flakyFailure message="m"/></testcase></testsuite>"#;
    assert_eq!(counted(text), [1, 1, 0, 0, 0]);
    assert_eq!(report(text).notes.len(), 1);
}

#[test]
fn scanners_find_problems_and_no_failing_tests() {
    let gitleaks = report(
        r#"<testsuites><testsuite name="gitleaks"><testcase classname="Test Rule" file="auth.py" name="n">
        <failure message="test-rule has detected a secret in file auth.py, line 3, at commit 0." type="Test Rule">
        {"Secret":"hunter2"}</failure></testcase></testsuite></testsuites>"#,
    );
    let finding = &gitleaks.findings[0];
    assert_eq!((finding.category, &*finding.rule.id, gitleaks.tests), (Category::Secret, "test-rule", None));
    assert_eq!(finding.place.as_ref().unwrap().line, Some(3));
    assert!(!format!("{gitleaks:?}").contains("hunter2"));
    let trivy = report(
        r#"<testsuites name="trivy"><testsuite name="alpine:3.10 (alpine 3.10.2)">
        <testcase classname="libcrypto1.1-1.1.1c-r0" name="[MEDIUM] CVE-2019-1549"><failure message="openssl"/></testcase>
        </testsuite></testsuites>"#,
    );
    let finding = &trivy.findings[0];
    let package = finding.package.as_ref().unwrap();
    assert_eq!((&*package.name, &*package.version), ("libcrypto1.1", "1.1.1c-r0"));
    assert_eq!((finding.severity, &*finding.rule.id), (Severity::Medium, "CVE-2019-1549"));
    let clean = report(
        r#"<testsuites name="ruff"><testsuite><testcase name="No errors found"/></testsuite></testsuites>"#,
    );
    assert_eq!((clean.counts.findings, clean.tests, &*clean.tool.name), (0, None, "ruff"));
    let semgrep = report(
        r#"<testsuites><testsuite name="semgrep results"><testcase name="r" classname="a.py" line="4">
        <failure type="ERROR" message="m">password</failure></testcase></testsuite></testsuites>"#,
    );
    assert_eq!(
        (semgrep.findings[0].category, semgrep.findings[0].severity),
        (Category::Code, Severity::High)
    );
}

#[test]
fn what_is_broken_is_unreadable() {
    for text in ["<testsuite><testcase name='x'>", "<testsuites><testsuite></testsuites>"] {
        assert!(matches!(report(text).state, State::Unreadable { .. }), "{text}");
    }
}
