use super::*;
use crate::report::{Condition, Coverage, CoverageFact, Image, State, Tally, TestTotals, Unkept};
use crate::requirement::{Code, Verdict};
use Severity::{Critical, High, Info, Medium};

fn told(gate: &Gate, tally: &Tally) -> Vec<(String, String, Code)> {
    gate.judge(tally).into_iter().map(|it| (it.title, it.actual, it.requirement.code)).collect()
}

fn codes(gate: &Gate, tally: &Tally) -> Vec<Code> {
    let failing = gate.judge(tally).into_iter().filter(|it| it.requirement.verdict != Verdict::Holds);
    failing.map(|it| it.requirement.code).collect()
}

fn only(gate: &Gate, tally: &Tally) -> Condition {
    let mut failing = gate.judge(tally);
    failing.retain(|it| it.requirement.verdict != Verdict::Holds);
    assert_eq!(failing.len(), 1, "{failing:#?}");
    failing.remove(0)
}

fn severe(least: Severity) -> Gate {
    Gate { fail_on: Some(least), ..Gate::default() }
}

fn broken(tool: &str, state: State) -> Report {
    Report { state, ..report(tool, tool, []) }
}

fn why() -> String {
    "the database is old.".to_owned()
}

#[test]
fn findings_are_judged_by_how_bad_and_how_new_they_are() {
    let before = vulnerable(&["CVE-1-1"], "pkg:npm/a@1", Critical);
    let mut exploited = vulnerable(&["CVE-1-2"], "pkg:npm/b@1", Medium);
    exploited.advisory.as_mut().unwrap().kev = true;
    let now = report("trivy", "trivy", [before.clone(), exploited, code("x", "a.py", 1)]);
    let tally = World::of([now]).before([report("trivy", "trivy", [before])]).stand().tally;
    let new = |gate: Gate| Gate { new_only: true, ..gate };
    for (gate, code) in [
        (severe(Critical), Some(Code::FindingsCritical)),
        (severe(Info), Some(Code::FindingsCritical)),
        (new(severe(Critical)), None),
        (new(severe(High)), Some(Code::FindingsHigh)),
        (new(severe(Info)), Some(Code::FindingsHigh)),
        (Gate { known_exploited: true, ..Gate::default() }, Some(Code::FindingsExploited)),
        (Gate::default(), None),
    ] {
        assert_eq!(codes(&gate, &tally), Vec::from_iter(code), "{gate:?}");
    }
    let condition = only(&new(severe(Medium)), &tally);
    assert_eq!(condition.title, "no new finding of MEDIUM or worse");
    assert_eq!(condition.actual, "1 HIGH, 1 MEDIUM");
    assert_eq!(&*condition.decided_by, &["trivy".into()]);
    let sentence = condition.requirement.sentence;
    assert!(sentence.contains("in a.py:1 (trivy), CVE-1-2 in b 1 (trivy)."), "{sentence}");
    assert!(sentence.contains("/waive"), "{sentence}");
}

#[test]
fn lint_is_not_a_vulnerability_however_loud() {
    let mut lint = code("E501", "a.py", 1);
    lint.category = Category::Lint;
    lint.severity = Critical;
    let standing = World::of([report("ruff", "ruff", [lint]), report("bandit", "bandit", [])]).stand();
    assert_eq!(standing.open.len(), 1);
    assert_eq!(codes(&severe(Info), &standing.tally), []);
}

#[test]
fn nothing_is_no_good_news_where_nobody_looked() {
    let pending = |gate: &Gate, tally: &Tally| {
        let all = gate.judge(tally);
        let verdicts = all.iter().map(|it| it.requirement.verdict).filter(|it| *it != Verdict::Holds);
        verdicts.collect::<Vec<_>>()
    };
    let empty = Tally::default();
    assert_eq!(codes(&Gate::default(), &empty), [Code::ReportMissing]);
    assert_eq!(pending(&severe(High), &empty), [Verdict::Pending; 2]);
    let mut tests = report("pytest", "junit", []);
    tests.tests = Some(TestTotals { cases: 1, passed: 1, ..TestTotals::default() });
    let only_tests = World::of([tests]).stand().tally;
    assert_eq!(codes(&severe(High), &only_tests), [Code::ReportMissing]);
    assert_eq!(codes(&Gate::default(), &only_tests), []);
    let reading = Tally { pending: 1, ..World::of([report("trivy", "trivy", [])]).stand().tally };
    assert_eq!(codes(&severe(High), &reading), [Code::ReportPending]);
}

#[test]
fn only_a_report_that_is_right_satisfies() {
    let must = |names: &[&str]| Gate {
        must_have: names.iter().map(ToString::to_string).collect(),
        ..Gate::default()
    };
    let good = || report("trivy", "trivy", []);
    for (state, code) in [
        (State::Ok, None),
        (State::Partial { why: why() }, Some(Code::ReportPartial)),
        (State::ScanFailed { why: why() }, Some(Code::ReportFailed)),
        (State::Unreadable { why: why() }, Some(Code::ReportUnreadable)),
        (State::Missing, Some(Code::ReportMissing)),
    ] {
        let one_of_two = World::of([good(), broken("trivy", state.clone())]).stand().tally;
        assert_eq!(codes(&must(&["trivy"]), &one_of_two), Vec::from_iter(code), "{state:?}");
        let not_named = World::of([good(), broken("grype", state.clone())]).stand().tally;
        assert_eq!(codes(&severe(High), &not_named), Vec::from_iter(code), "{state:?}");
        assert_eq!(codes(&must(&["trivy"]), &not_named), [], "its findings are not asked for");
        let both = Gate { fail_on: Some(High), ..must(&["Trivy", "sbom"]) };
        let missing = code.into_iter().chain([Code::ReportMissing]);
        let mut codes = codes(&both, &one_of_two);
        codes.sort_unstable();
        let mut wanted: Vec<_> = missing.collect();
        wanted.sort_unstable();
        assert_eq!(codes, wanted, "{state:?}");
    }
    let failed = World::of([broken("trivy", State::ScanFailed { why: why() })]).stand().tally;
    let sentence = only(&must(&["trivy"]), &failed).requirement.sentence;
    assert!(sentence.starts_with("trivy failed (the database is old). What it did not tell"), "{sentence}");
}

#[test]
fn a_forks_report_neither_opens_nor_closes_a_gate() {
    let mut evil = report("trivy", "trivy", [vulnerable(&["CVE-1-1"], "a@1", Critical)]);
    evil.tests = Some(TestTotals { cases: 3, passed: 2, failed: 1, ..TestTotals::default() });
    let gate = Gate { must_have: vec!["trivy".to_owned()], ..severe(High) };
    let with = |own: Option<Report>, theirs: &Report| {
        let mut world = World::of(own.into_iter().chain([theirs.clone()]));
        world.now.last_mut().unwrap().origin.fork = true;
        world
    };
    let clean = || report("trivy", "trivy", []);
    let alone = with(None, &evil).stand();
    assert_eq!(codes(&gate, &alone.tally), [Code::ReportMissing; 2]);
    assert_eq!(
        (alone.open.len(), alone.of_forks.len(), alone.rows.len(), alone.tally.tests),
        (0, 1, 1, None)
    );
    assert!(
        only(&Gate { must_have: vec!["trivy".to_owned()], ..Gate::default() }, &alone.tally)
            .requirement
            .sentence
            .contains("but from a fork's run")
    );
    let unreadable = broken("trivy", State::Unreadable { why: why() });
    for theirs in [&evil, &unreadable, &broken("grype", State::ScanFailed { why: why() })] {
        let beside = with(Some(clean()), theirs).stand();
        assert_eq!(codes(&gate, &beside.tally), [], "{theirs:?}");
        assert_eq!((beside.rows.len(), beside.tally.reports.len(), beside.tally.of_forks.len()), (2, 1, 1));
    }
    let mut believed = with(Some(clean()), &evil);
    believed.forks = true;
    let gate = Gate { forks: true, ..gate };
    assert_eq!(codes(&gate, &believed.stand().tally), [Code::FindingsCritical, Code::TestsFailed]);
}

/// What a fork's run says of the same thing makes it neither worse nor one with another.
#[test]
fn what_is_ours_is_judged_as_if_there_were_no_forks() {
    let own = || {
        report(
            "trivy",
            "trivy",
            [vulnerable(&["CVE-1-1"], "a@1", Medium), vulnerable(&["GHSA-1"], "a@1", Medium)],
        )
    };
    let worse = report("trivy", "trivy", [vulnerable(&["CVE-1-1", "GHSA-1"], "a@1", Critical)]);
    let mut world = World::of([own(), worse]);
    world.now[1].origin.fork = true;
    let (with, without) = (world.stand(), World::of([own()]).stand());
    assert_eq!((with.open, with.tally.open), (without.open, without.tally.open));
}

#[test]
fn what_says_less_than_its_silence_is_a_condition_of_its_own() {
    let ended = || Report { end_of_life: Some("debian 9".into()), ..report("trivy", "trivy", []) };
    let nothing = || Report { looked_at_nothing: true, ..report("trivy", "trivy", []) };
    let judged = |gate: &Gate, report: Report| codes(gate, &World::of([report]).stand().tally);
    let named = Gate { must_have: vec!["trivy".to_owned()], ..Gate::default() };
    for gate in [severe(High), named, Gate { known_exploited: true, ..Gate::default() }] {
        assert_eq!(judged(&gate, ended()), [Code::EndOfLife]);
        assert_eq!(judged(&gate, nothing()), [Code::NothingToLookAt]);
        let shown = Gate { end_of_life_passes: true, nothing_to_look_at_passes: true, ..gate };
        assert_eq!((judged(&shown, ended()), judged(&shown, nothing())), (vec![], vec![]));
    }
    assert_eq!(judged(&Gate::default(), ended()), [], "nobody asks what scanners found");
    let condition = only(&severe(High), &World::of([ended()]).stand().tally);
    assert_eq!(
        condition.requirement.sentence,
        "No longer supported: debian 9 (trivy). New vulnerabilities of its packages are not listed, so that none were found says nothing. Build on a supported release, or write `end_of_life: show` under the policy's `scans`."
    );
}

#[test]
fn who_looks_for_no_weaknesses_is_no_scanner() {
    let tally = |tool: &str, format: &str, findings: Vec<Finding>| {
        World::of([report(tool, format, findings)]).stand().tally
    };
    for (tool, format) in [
        ("yamllint", "yamllint"),
        ("ruff", "ruff"),
        ("helm-lint", "helm-lint"),
        ("mypy", "mypy"),
        ("eslint", "checkstyle"),
        ("oci-index", "oci-index"),
    ] {
        assert_eq!(codes(&severe(High), &tally(tool, format, vec![])), [Code::ReportMissing], "{tool}");
    }
    for tool in ["hadolint", "kubesec", "dockle", "bandit", "somebody"] {
        assert_eq!(codes(&severe(High), &tally(tool, tool, vec![])), [], "{tool}");
    }
    let found = tally("ruff", "ruff", vec![code("S602", "a.py", 1)]);
    assert_eq!(codes(&severe(High), &found), [Code::FindingsHigh]);
}

#[test]
fn what_is_exploited_and_not_kept_is_told() {
    let unkept = Unkept { category: Category::Vulnerability, weight: Medium, findings: 2, kev: true };
    let cut = Report { unkept: vec![unkept], ..report("trivy", "trivy", []) };
    let gate = Gate { known_exploited: true, ..Gate::default() };
    let condition = only(&gate, &World::of([cut]).stand().tally);
    assert_eq!((condition.requirement.code, &*condition.actual), (Code::FindingsExploited, "2"));
}

#[test]
fn what_is_not_kept_counts_as_new() {
    let unkept = Unkept { category: Category::Code, weight: High, findings: 7, kev: false };
    let lint = Unkept { category: Category::Lint, weight: Critical, findings: 9, kev: false };
    let cut = Report { unkept: vec![unkept, lint], ..report("semgrep", "semgrep", []) };
    let world = World::of([cut.clone()]).before([cut]);
    let standing = world.stand();
    assert_eq!(standing.rows[0].new, 16);
    let condition = only(&Gate { new_only: true, ..severe(High) }, &standing.tally);
    assert_eq!(condition.actual, "7 HIGH");
    let sentence = condition.requirement.sentence;
    assert!(sentence.starts_with("7 HIGH: 7 that are not named here."), "{sentence}");
}

#[test]
fn tests_have_to_run_and_to_pass() {
    let tests = |passed, failed, errored, skipped| {
        let cases = passed + failed + errored + skipped;
        let totals = TestTotals { cases, passed, failed, errored, skipped };
        Report { tests: Some(totals), ..report("pytest", "junit", []) }
    };
    let judged = |reports: Vec<Report>| codes(&Gate::default(), &World::of(reports).stand().tally);
    assert_eq!(judged(vec![tests(3, 0, 0, 1)]), []);
    assert_eq!(judged(vec![tests(3, 0, 0, 0), tests(3, 0, 1, 0)]), [Code::TestsFailed]);
    assert_eq!(judged(vec![tests(0, 0, 0, 9)]), [Code::TestsNone]);
    assert_eq!(judged(vec![tests(0, 0, 0, 0)]), [Code::TestsNone]);
    let gate = Gate { ignore_tests: true, ..Gate::default() };
    assert_eq!(codes(&gate, &World::of([tests(0, 1, 0, 0)]).stand().tally), []);
    let half = Report { state: State::Partial { why: why() }, ..tests(3, 0, 0, 0) };
    assert_eq!(judged(vec![half]), [Code::ReportPartial]);
}

#[test]
fn coverage_is_enough_and_does_not_drop() {
    let covered = |lines_covered, lines_valid| Coverage { lines_covered, lines_valid, ..Coverage::default() };
    let report = |lines, valid| Report { coverage: Some(covered(lines, valid)), ..report("cov", "lcov", []) };
    let asked =
        |minimum, drop| Gate { coverage_minimum: minimum, coverage_max_drop: drop, ..Gate::default() };
    for (gate, now, before, code) in [
        (asked(Some(80.0), None), Some((80, 100)), None, None),
        (asked(Some(80.0), None), Some((79_999, 100_000)), None, Some(Code::CoverageLow)),
        (asked(Some(80.0), None), Some((0, 0)), None, Some(Code::CoverageUnknown)),
        (asked(Some(80.0), None), None, None, Some(Code::CoverageUnknown)),
        (asked(Some(f64::NAN), None), Some((100, 100)), None, Some(Code::CoverageLow)),
        (asked(None, Some(1.0)), Some((79, 100)), Some((80, 100)), None),
        (asked(None, Some(1.0)), Some((789, 1000)), Some((80, 100)), Some(Code::CoverageDropped)),
        (asked(None, Some(0.0)), Some((81, 100)), Some((80, 100)), None),
        (asked(None, Some(1.0)), Some((100, 100)), None, Some(Code::CoverageUnknown)),
    ] {
        let now = now.map(|(lines, valid)| report(lines, valid));
        let before = before.map(|(lines, valid)| report(lines, valid));
        let scan = super::report("trivy", "trivy", []);
        let tally = World::of(now.into_iter().chain([scan])).before(before).stand().tally;
        assert_eq!(codes(&gate, &tally), Vec::from_iter(code), "{gate:?}");
    }
    let shown = only(&asked(Some(80.0), None), &World::of([report(79_999, 100_000)]).stand().tally).actual;
    assert_eq!(shown, "79.99 %", "never as much as is asked for");
    let both = World::of([report(9, 9), report(50, 100)]).stand().tally.coverage;
    assert_eq!(both, Some(CoverageFact { now: covered(50, 100), before: None }));
}

#[test]
fn every_platform_is_scanned_and_what_is_signed_is_verified() {
    let scan = |platform: &str| {
        let image = Image { platform: Some(platform.into()), ..Image::default() };
        Report { image: Some(image), ..report("trivy", "trivy", []) }
    };
    let mut tally = World::of([scan("linux/amd64"), scan("linux/arm64/v8")]).stand().tally;
    let platforms =
        |all: &[&str]| Gate { platforms: all.iter().map(ToString::to_string).collect(), ..Gate::default() };
    assert_eq!(codes(&platforms(&["linux/amd64", "linux/arm64"]), &tally), []);
    assert_eq!(codes(&platforms(&["linux/amd64", "linux/arm/v7"]), &tally), [Code::PlatformMissing]);
    let broken = Report { state: State::Partial { why: why() }, ..scan("linux/arm64") };
    let partly = World::of([scan("linux/amd64"), broken]).stand().tally;
    assert_eq!(codes(&platforms(&["linux/arm64"]), &partly), [Code::PlatformMissing]);
    // An image index tells what a scanner did not.
    let image = Image { digests: vec!["sha256:b".into()], ..Image::default() };
    let scanned = Report { image: Some(image), ..report("trivy", "trivy", []) };
    let listed =
        vec![("linux/arm64/v8".into(), "sha256:b".into()), ("linux/s390x".into(), "sha256:c".into())];
    let index = Report { platforms: listed, ..report("oci-index", "oci-index", []) };
    let indexed = World::of([scanned, index]).stand().tally;
    assert_eq!(codes(&platforms(&["linux/arm64"]), &indexed), []);
    assert_eq!(codes(&platforms(&["linux/s390x"]), &indexed), [Code::PlatformMissing]);
    tally.reports[1].state = State::Partial { why: why() };
    let signed = Gate { signed: vec!["trivy".to_owned()], ..Gate::default() };
    let verified = || SignatureFact::Verified { by: "key k".to_owned(), subjects: Vec::new() };
    for (signatures, code) in [
        ([SignatureFact::None, SignatureFact::None], Some(Code::SignatureMissing)),
        ([SignatureFact::None, SignatureFact::Unverified], Some(Code::SignatureMissing)),
        ([verified(), SignatureFact::None], None),
        ([verified(), SignatureFact::Failed { why: why() }], Some(Code::SignatureInvalid)),
    ] {
        for (fact, signature) in tally.reports.iter_mut().zip(signatures) {
            fact.signature = signature;
        }
        assert_eq!(codes(&signed, &tally), Vec::from_iter(code));
    }
    let missing = Gate { signed: vec!["provenance".to_owned()], ..Gate::default() };
    assert_eq!(codes(&missing, &tally), [Code::SignatureMissing]);
}

#[test]
fn a_statement_about_another_image_proves_nothing() {
    let verified = |digest: &str| SignatureFact::Verified {
        by: "key k".to_owned(),
        subjects: vec!["sha256:0".to_owned(), format!("sha256:{digest}")],
    };
    let image = Image { digests: vec!["sha256:1".into(), "sha256:2".into()], ..Image::default() };
    let scan = Report { image: Some(image), ..report("trivy", "trivy", []) };
    let gate = Gate { signed: vec!["cosign".to_owned()], ..Gate::default() };
    for (digest, code) in [("2", None), ("3", Some(Code::SignatureInvalid))] {
        let mut world = World::of([report("cosign", "sigstore", []), scan.clone()]);
        world.signatures = vec![verified(digest)];
        assert_eq!(codes(&gate, &world.stand().tally), Vec::from_iter(code));
        assert_eq!(world.stand().rows[0].signature, world.stand().tally.reports[0].signature);
        world.now.pop();
        assert_eq!(codes(&gate, &world.stand().tally), [], "nothing to compare it with");
    }
}

#[test]
fn exactly_what_is_asked_for_is_told_in_one_order() {
    let gate = Gate {
        fail_on: Some(High),
        must_have: vec!["trivy".to_owned(), "tests".to_owned()],
        known_exploited: true,
        coverage_minimum: Some(80.0),
        coverage_max_drop: Some(1.0),
        platforms: vec!["linux/amd64".to_owned()],
        signed: vec!["sbom".to_owned()],
        ..Gate::default()
    };
    let world = World::of([report("trivy", "trivy", []), report("mypy", "mypy", [])]);
    let told = told(&gate, &world.stand().tally);
    let told: Vec<_> =
        told.iter().map(|(title, actual, code)| format!("{title}: {actual} ({})", code.as_str())).collect();
    assert_eq!(
        told,
        [
            "report: trivy: ok (holds)",
            "report: tests: missing (report_missing)",
            "every other report can be relied on: all (holds)",
            "no finding of HIGH or worse: none (holds)",
            "nothing that is known to be exploited: none (holds)",
            "coverage of at least 80 %: unknown (coverage_unknown)",
            "coverage drops by at most 1 points: unknown (coverage_unknown)",
            "image scanned: linux/amd64: no (platform_missing)",
            "signed: sbom: missing (signature_missing)",
        ]
    );
}

#[test]
fn a_gate_is_written_and_read() {
    let gate = Gate { coverage_max_drop: Some(0.5), ..severe(High) };
    let written = serde_json::to_string(&gate).unwrap();
    assert_eq!(serde_json::from_str::<Gate>(&written).unwrap(), gate);
}
