use crate::report::{Category, Finding, Limits, Marker, Report, Severity, State, read};

fn reports(text: &str) -> Vec<Report> {
    read(&mut ("x.sarif", text.as_bytes()), &Limits::default(), &Marker::new(&[7; 32])).unwrap().reports
}

fn of_run(run: &str) -> Report {
    let mut all = reports(&format!(r#"{{"version":"2.1.0","runs":[{run}]}}"#));
    assert_eq!(all.len(), 1, "{run}");
    all.pop().unwrap()
}

/// The finding of a run with this driver and this one result.
fn finding(driver: &str, result: &str) -> Finding {
    let report = of_run(&format!(r#"{{"tool":{{"driver":{driver}}},"results":[{result}]}}"#));
    assert_eq!(report.state, State::Ok, "{result}");
    report.findings.into_iter().next().unwrap()
}

fn why(run: &str) -> String {
    of_run(run).state.why().unwrap().to_owned()
}

const X: &str = r#""tool":{"driver":{"name":"x"}}"#;

#[test]
fn no_run_is_no_result() {
    for runs in ["[]", "null"] {
        let report = reports(&format!(r#"{{"version":"2.1.0","runs":{runs}}}"#)).pop().unwrap();
        assert!(matches!(report.state, State::ScanFailed { .. }), "{runs}");
    }
    assert!(why(&format!("{{{X}}}")).contains("nothing was scanned"));
    assert!(why(&format!(r#"{{{X},"results":null}}"#)).contains("nothing was scanned"));
    assert!(of_run(&format!(r#"{{{X},"results":[]}}"#)).state.is_ok());
}

#[test]
fn a_tool_that_failed_says_so() {
    let failed =
        |invocation: &str| of_run(&format!(r#"{{{X},"invocations":[{invocation}],"results":[]}}"#)).state;
    assert!(failed(r#"{"executionSuccessful":true}"#).is_ok());
    for invocation in [
        r#"{"executionSuccessful":false}"#,
        r#"{"executionSuccessful":"false","exitCodeDescription":"no memory"}"#,
    ] {
        assert!(matches!(failed(invocation), State::ScanFailed { .. }), "{invocation}");
    }
    for kind in ["toolExecutionNotifications", "toolConfigurationNotifications"] {
        let invocation = format!(
            r#"{{"{kind}":[{{"level":"note"}},{{"level":"error","message":{{"text":"bad rule"}}}}]}}"#
        );
        let state = failed(&invocation);
        assert!(matches!(&state, State::Partial { why } if why.ends_with("bad rule")), "{state:?}");
    }
    let order = format!(r#"{{"invocations":[{{"executionSuccessful":false}}],"results":[],{X}}}"#);
    assert!(why(&order).contains("failed"));
}

#[test]
fn what_is_broken_is_unreadable() {
    for text in [
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":42}]}"#,
        r#"{"version":"2.1.0","runs":{"tool":{}}}"#,
        r#"{"version":"2.1.0","runs":[{"results":[{"ruleId":"a"},"#,
        r#"{"version":"2.1.0","runs":[{"results":["a"]}]}"#,
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"rules":42}},"results":[]}]}"#,
        r#"{"version":"2.0.0","runs":[{"results":[]}]}"#,
    ] {
        let report = reports(text).pop().unwrap();
        assert!(matches!(report.state, State::Unreadable { .. }), "{text}: {:?}", report.state);
    }
}

#[test]
fn each_run_is_a_report() {
    let all = reports(
        r#"{"runs":[{"tool":{"driver":{"name":"Semgrep OSS","semanticVersion":"1.2.3"}},"results":[]},
            {"tool":{"driver":{"name":null}},"results":[{"message":{"text":"x"}}]}],"version":"2.1.0"}"#,
    );
    assert_eq!(all.iter().map(|report| &*report.tool.name).collect::<Vec<_>>(), ["semgrep", "sarif"]);
    assert_eq!(all[0].tool.version.as_deref(), Some("1.2.3"));
    assert_eq!(all.iter().map(|report| report.counts.findings).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn levels_come_from_wherever_they_stand() {
    let driver = r#"{"name":"x","rules":[{"id":"A","defaultConfiguration":{"level":"error"}},
        {"id":"B","properties":{"security-severity":"9.8"}},
        {"id":"C","properties":{"security-severity":"undefined"}},
        {"id":"D","properties":{"security-severity":"3.1","security-severity":"CRITICAL"}}]}"#;
    for (result, severity, native) in [
        (r#"{"ruleId":"A"}"#, Severity::High, "error"),
        (r#"{"ruleIndex":0,"level":"note"}"#, Severity::Low, "note"),
        (r#"{"ruleId":"A/1"}"#, Severity::High, "error"),
        (r#"{"ruleId":"A","ruleIndex":"0"}"#, Severity::High, "error"),
        (r#"{"ruleId":"A","ruleIndex":-1}"#, Severity::High, "error"),
        (r#"{"ruleId":"A","ruleIndex":1}"#, Severity::High, "error"),
        (r#"{"rule":{"index":1}}"#, Severity::Critical, "warning"),
        (r#"{"ruleId":"C"}"#, Severity::Medium, "warning"),
        (r#"{"ruleId":"D"}"#, Severity::Critical, "warning"),
        (r#"{"ruleId":"D","properties":{"security-severity":5}}"#, Severity::Medium, "warning"),
        (r#"{"ruleId":"?","level":"none"}"#, Severity::Info, "none"),
        (r#"{"ruleId":"?","level":null}"#, Severity::Medium, "warning"),
    ] {
        let finding = finding(driver, result);
        assert_eq!((finding.severity, finding.native.as_deref()), (severity, Some(native)), "{result}");
    }
    let bandit =
        finding(r#"{"name":"Bandit"}"#, r#"{"level":"error","properties":{"issue_severity":"LOW"}}"#);
    let zizmor = finding(r#"{"name":"zizmor"}"#, r#"{"properties":{"zizmor/severity":"High"}}"#);
    assert_eq!((bandit.severity, zizmor.severity), (Severity::Low, Severity::High));
    assert_eq!(zizmor.category, Category::Misconfiguration);
}

#[test]
fn keys_may_come_in_any_order() {
    let extension = r#"{"name":"q","rules":[{"id":"e","shortDescription":{"text":"E"},"defaultConfiguration":{"level":"note"}}]}"#;
    let report = of_run(&format!(
        r#"{{"results":[{{"rule":{{"id":"e","index":0,"toolComponent":{{"index":0}}}},
             "locations":[{{"physicalLocation":{{"artifactLocation":{{"index":0}},"region":{{"startLine":3}}}}}}]}}],
             "artifacts":[{{"location":{{"uri":"a%20b.c","uriBaseId":"SRC"}}}}],
             "originalUriBaseIds":{{"SRC":{{"uri":"src/"}}}},
             "tool":{{"driver":{{"name":"CodeQL"}},"extensions":[{extension}]}}}}"#
    ));
    let finding = &report.findings[0];
    assert_eq!((&*report.tool.name, &*finding.rule.title), ("codeql", "E"));
    assert_eq!(finding.severity, Severity::Low);
    let place = finding.place.as_ref().unwrap();
    assert_eq!((&*place.file, place.line), ("src/a b.c", Some(3)));
}

#[test]
fn what_waits_for_its_rule_and_is_not_kept_is_counted() {
    let results = [r#"{"ruleId":"CVE-2024-1"}"#; 5].join(",");
    let rules = r#"[{"id":"CVE-2024-1","properties":{"security-severity":"9.1"}}]"#;
    let text = format!(
        r#"{{"version":"2.1.0","runs":[{{"results":[{results}],"tool":{{"driver":{{"name":"x","rules":{rules}}}}}}}]}}"#
    );
    let limits = Limits { findings: 2, ..Limits::default() };
    let file = read(&mut ("x", text.as_bytes()), &limits, &Marker::new(&[7; 32])).unwrap();
    let report = &file.reports[0];
    assert_eq!((report.counts.severity[&Severity::Critical], report.findings.len()), (5, 2));
    assert_eq!(report.unkept[0].findings, 3);
}

#[test]
fn only_what_fails_now_is_a_finding() {
    let results = r#"{"kind":"pass"},{"kind":"FAIL"},{"kind":"notApplicable"},{"kind":"review"},
        {"baselineState":"absent"},{"baselineState":"unchanged"},{}"#;
    let report = of_run(&format!(r#"{{{X},"results":[{results}]}}"#));
    assert_eq!(report.counts.findings, 3);
    assert_eq!(report.notes.len(), 3);
    assert!(report.notes[1].starts_with("2 of its results are marked as passed"), "{:?}", report.notes);
    assert!(report.state.why().unwrap().starts_with("1 of its results are left for somebody"));
    for (kind, state) in [("open", "partial"), ("review", "partial"), ("pass", "ok"), ("informational", "ok")]
    {
        let result = format!(r#"{{"kind":"{kind}","level":"error"}}"#);
        let report = of_run(&format!(r#"{{{X},"results":[{result}]}}"#));
        assert_eq!((report.state.as_str(), report.notes.len()), (state, 1), "{kind}");
    }
}

#[test]
fn only_what_everybody_agreed_on_is_let_through() {
    for (suppressions, let_through) in [
        ("[]", false),
        ("null", false),
        (r#"[{"kind":"inSource"}]"#, true),
        (r#"[{"kind":"external","status":"accepted","justification":"not used"}]"#, true),
        (r#"[{"kind":"external","status":"underReview"}]"#, false),
        (r#"[{"kind":"external","state":"rejected"}]"#, false),
        (r#"[{"kind":"inSource"},{"kind":"external","status":"rejected"}]"#, false),
    ] {
        let finding = finding(r#"{"name":"x"}"#, &format!(r#"{{"suppressions":{suppressions}}}"#));
        assert_eq!(finding.suppressed.is_some(), let_through, "{suppressions}");
    }
}

#[test]
fn messages_are_looked_up_and_several_places_are_one_finding() {
    let driver = r#"{"name":"x","globalMessageStrings":{"g":{"text":"global"}},
        "rules":[{"id":"A","messageStrings":{"default":{"text":"\"{0}\" is [bad](1)"}}}]}"#;
    let message =
        |message: &str| finding(driver, &format!(r#"{{"ruleId":"A","message":{message}}}"#)).message;
    assert_eq!(&*message(r#"{"id":"default","arguments":["ptr"]}"#), "\"ptr\" is bad");
    assert_eq!(&*message(r#"{"id":"g"}"#), "global");
    assert_eq!(&*message(r#"{"markdown":"**m**"}"#), "**m**");
    assert_eq!(&*message("null"), "");
    let places = r#"{"physicalLocation":{"artifactLocation":{"uri":"file:///home/runner/work/a/a/x.c"}}}"#;
    let twice = finding(driver, &format!(r#"{{"locations":[{places},{places}]}}"#));
    assert_eq!((twice.occurrences, &*twice.place.unwrap().file), (2, "x.c"));
}

#[test]
fn no_secret_gets_out() {
    let secret = "AKIAIOSFODNN7EXAMPLE";
    let result = format!(
        r#"{{"ruleId":"r","message":{{"text":"found {secret}"}},"properties":{{"offender":"{secret}"}},
            "locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"a.py"}},
            "region":{{"startLine":1,"snippet":{{"text":"{secret}"}}}}}},"message":{{"text":"{secret}"}}}}],
            "partialFingerprints":{{"secret":"{secret}"}}}}"#
    );
    for tool in ["gitleaks", "TruffleHog", "detect-secrets"] {
        let found = finding(&format!(r#"{{"name":"{tool}"}}"#), &result);
        assert_eq!(found.category, Category::Secret);
        assert!(found.secret.is_some() && !format!("{found:?}").contains(secret), "{found:?}");
    }
    let bandit =
        format!(r#"{{"ruleId":"B105","message":{{"text":"Possible hardcoded password: '{secret}'"}}}}"#);
    let found = finding(r#"{"name":"Bandit"}"#, &bandit);
    assert_eq!(&*found.message, "Possible hardcoded password");
}

#[test]
fn an_image_is_no_file_of_the_repository() {
    let report = of_run(
        r#"{"tool":{"driver":{"name":"Trivy","rules":[{"id":"CVE-2019-1549","shortDescription":{"text":"openssl"},
            "properties":{"tags":["vulnerability"],"cvssv3_baseScore":5.3,"security-severity":"5.3"}}]}},
            "results":[{"ruleId":"CVE-2019-1549","ruleIndex":0,"level":"warning",
              "message":{"text":"Package: libcrypto1.1\nInstalled Version: 1.1.1c-r0\nFixed Version: 1.1.1d-r0"},
              "locations":[{"physicalLocation":{"artifactLocation":{"uri":"library/alpine","uriBaseId":"ROOTPATH"}}}]}],
            "properties":{"imageName":"alpine:3.10","repoDigests":["alpine@sha256:ab"]}}"#,
    );
    let finding = &report.findings[0];
    assert_eq!(report.target.as_deref(), Some("alpine:3.10"));
    assert_eq!(&*report.image.unwrap().digests[0], "sha256:ab");
    assert!(finding.place.as_ref().unwrap().pseudo);
    let (package, advisory) = (finding.package.as_ref().unwrap(), finding.advisory.as_ref().unwrap());
    assert_eq!((&*package.name, &*package.version), ("libcrypto1.1", "1.1.1c-r0"));
    assert_eq!((&*advisory.fixed[0], advisory.score), ("1.1.1d-r0", Some(5.3)));
}
