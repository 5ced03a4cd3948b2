//! What must be true whatever scanners say.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::report::{Tally, Unkept};

fn severity() -> impl Strategy<Value = Severity> {
    select(&Severity::ALL)
}

fn vulnerability() -> impl Strategy<Value = Finding> {
    let names = select(vec![
        vec!["CVE-1-1"],
        vec!["CVE-1-2", "GHSA-2"],
        vec!["GHSA-1", "CVE-1-1"],
        vec!["GHSA-2"],
        vec!["PYSEC-1", "GHSA-1", "CVE-1-3"],
    ]);
    let package = select(vec!["pkg:npm/a@1", "pkg:npm/a@2", "pkg:npm/a", "a@1", "a", "", "pkg:npm/b@1"]);
    (names, package, severity()).prop_map(|(names, package, severity)| vulnerable(&names, package, severity))
}

fn other() -> impl Strategy<Value = Finding> {
    let file = || select(vec!["a.py", "b.py"]);
    let weak = (select(vec!["B602", "x.shell"]), 78_u32..80, file(), 1_u32..4, severity()).prop_map(
        |(rule, cwe, file, line, severity)| Finding { severity, ..weakness(rule, cwe, file, line) },
    );
    let mark = select(vec![None, Some("m1"), Some("m2")]);
    let hidden = (select(vec!["aws", "key"]), file(), 1_u32..4, mark)
        .prop_map(|(rule, file, line, mark)| secret(rule, file, line, mark));
    prop_oneof![weak, hidden]
}

fn finding() -> impl Strategy<Value = Finding> {
    prop_oneof![vulnerability(), other()]
}

fn a_report() -> impl Strategy<Value = Report> {
    let tool = select(vec![("trivy", "trivy"), ("trivy", "sarif"), ("grype", "grype"), ("bandit", "sarif")]);
    (tool, prop::collection::vec(finding(), 0..6))
        .prop_map(|((tool, format), findings)| report(tool, format, findings))
}

fn a_waiver() -> impl Strategy<Value = Waiver> {
    let id = select(vec!["CVE-1-1", "GHSA-2", "B602", "shell", "aws"]);
    let only = select(vec![None, Some("pkg:npm/a"), Some("a.py"), Some("*.py")]);
    let until = select(vec![TODAY, date(2026, 3, 9), date(2026, 12, 1)]);
    (id, only, until).prop_map(|(id, only, until)| waiver(id, only, until))
}

fn world() -> impl Strategy<Value = World> {
    let reports = |least| prop::collection::vec(a_report(), least..4);
    (reports(1), reports(0), prop::collection::vec(a_waiver(), 0..3))
        .prop_map(|(now, before, waivers)| World::of(now).before(before).waived(waivers))
}

fn gate() -> impl Strategy<Value = Gate> {
    (severity(), any::<bool>(), any::<bool>()).prop_map(|(least, new_only, known_exploited)| Gate {
        fail_on: Some(least),
        new_only,
        known_exploited,
        ..Gate::default()
    })
}

/// Everything that is judged, but for what only tells of waivers.
fn judged(world: &World) -> Tally {
    Tally { expired_waivers: Vec::new(), ..world.stand().tally }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_order_of_reports_does_not_matter(world in world(), gate in gate()) {
        let mut turned = world.clone();
        turned.now.reverse();
        turned.before.reverse();
        turned.waivers.reverse();
        let (one, other) = (world.stand(), turned.stand());
        prop_assert_eq!(gate.judge(&one.tally), gate.judge(&other.tally));
        prop_assert_eq!(&one.tally.open, &other.tally.open);
        prop_assert_eq!(&one.tally.worst, &other.tally.worst);
        let ids = |standing: &Standing| {
            let told = standing.open.iter().map(|it| (it.id.clone(), it.fingerprint, it.severity, it.novelty));
            told.collect::<Vec<_>>()
        };
        prop_assert_eq!(ids(&one), ids(&other));
        prop_assert_eq!((one.fixed.len(), one.waived.len()), (other.fixed.len(), other.waived.len()));
    }

    /// Where nobody waived anything and no tool's word for a vulnerability is taken for another one's.
    #[test]
    fn one_more_finding_never_helps(world in world(), more in other(), which in any::<Index>(), gate in gate()) {
        let world = World { waivers: Vec::new(), before: Vec::new(), ..world };
        let mut worse = world.clone();
        let report = which.index(worse.now.len());
        worse.now[report].report.findings.push(more);
        prop_assert!(passes(&gate, &world) || !passes(&gate, &worse));
    }

    #[test]
    fn one_waiver_less_never_helps(less in world(), one in a_waiver(), gate in gate()) {
        let more = less.clone().waived([one]);
        prop_assert!(passes(&gate, &more) || !passes(&gate, &less));
        prop_assert!(more.stand().open.len() <= less.stand().open.len());
    }

    #[test]
    fn a_waiver_that_has_expired_is_none(world in world()) {
        let mut over = world.clone();
        for waiver in &mut over.waivers {
            waiver.until = date(2026, 3, 9);
        }
        let none = World { waivers: Vec::new(), ..world };
        prop_assert_eq!(judged(&over), judged(&none));
    }

    #[test]
    fn a_list_that_is_cut_changes_no_verdict(mut one in a_report(), keep in any::<Index>(), gate in gate()) {
        // A vulnerability may be told twice, rated and not; then its rating is that of who knows.
        for finding in one.findings.iter_mut().filter(|it| it.category == Category::Vulnerability) {
            finding.severity = finding.weight();
        }
        let mut cut = one.clone();
        for finding in cut.findings.split_off(keep.index(one.findings.len() + 1)) {
            let kev = finding.advisory.as_ref().is_some_and(|advisory| advisory.kev);
            let (category, weight) = (finding.category, finding.weight());
            cut.unkept.push(Unkept { category, weight, findings: 1, kev });
        }
        let verdict = |report: Report| passes(&gate, &World::of([report]));
        prop_assert_eq!(verdict(one), verdict(cut));
    }

    #[test]
    fn nothing_is_lost_and_all_are_told_apart(world in world()) {
        let standing = world.stand();
        let problems = || standing.open.iter().chain(&standing.waived).chain(&standing.suppressed);
        let findings = world.now.iter().map(|it| it.report.findings.len()).sum::<usize>();
        prop_assert!(problems().count() <= findings);
        prop_assert_eq!(problems().count() == 0, findings == 0);
        let apart: std::collections::BTreeSet<_> = problems().map(|it| it.fingerprint).collect();
        prop_assert_eq!(apart.len(), problems().count());
        let largest = world.now.iter().filter(|it| &*it.report.tool.name == "bandit").map(|it| {
            let code = it.report.findings.iter().filter(|it| it.category == Category::Code);
            code.count()
        });
        let code = problems().filter(|it| it.finding.category == Category::Code).count();
        prop_assert!(largest.max().unwrap_or_default() <= code, "no tool's problems become fewer");
    }

    #[test]
    fn a_commit_like_its_baseline_has_nothing_new(world in world()) {
        let before = world.now.iter().map(|it| it.report.clone());
        let same = World { waivers: Vec::new(), before: Vec::new(), ..world.clone() }.before(before);
        let standing = same.stand();
        let new = standing.open.iter().filter(|it| it.novelty != crate::report::Novelty::Existing);
        prop_assert_eq!(new.count(), 0);
        prop_assert_eq!(standing.fixed.len(), 0);
    }
}
