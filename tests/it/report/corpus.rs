//! Real reports of real tools: each is read as what it is, and says what an independent count says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::report::{Limits, Marker, Report, read};
use serde_json::Value;

/// Files of which we say something else than the corpus, and why that is better.
/// What is compared: `findings`, `native`, `severity`, `suppressed`, `state`; for bills of materials and
/// attestations also `components` and `documents`.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("junit/disabled.xml", "native", "five cases have the status disabled: they were not run"),
    (
        "dependency_check/multiple_vulnerabilities_has_multiple_findings.xml",
        "findings",
        "suppressed ones count too",
    ),
    (
        "dependency_check/multiple_vulnerabilities_has_multiple_findings.xml",
        "native",
        "suppressed ones count too",
    ),
    (
        "dependency_check/multiple_vulnerabilities_has_multiple_findings.xml",
        "severity",
        "suppressed ones count too",
    ),
    ("dockle/many_findings.json", "native", "what is ignored is no finding"),
    ("hadolint/hadolint-dojo.txt", "native", "its lines are read, and not only looked at"),
    ("kubesec/am-kubesec.json", "native", "what passed is no finding"),
    ("black/am-black-report.txt", "native", "a file that was reformatted has nothing wrong with it any more"),
    ("mypy/am-mypy.txt", "native", "notes are context of the errors, not findings"),
    ("mypy/mypy-crash-exit2.txt", "native", "notes are context of the errors, not findings"),
    (
        "sbom/no-severity.json",
        "severity",
        "without a word, the CVSS score of the rating tells: 10.0 is critical",
    ),
    ("sbom/spdx_3_unsupported.json", "components", "there it is counted as SPDX 2, which knows no graph"),
];

/// The formats of the corpus that are not reports at all, or that nobody can read.
const NO_REPORT: &[&str] = &[];

pub fn corpus() -> Option<PathBuf> {
    countersign_material::shared("corpus")
}

fn differences(path: &str, bytes: &[u8], expected: &Value) -> Vec<String> {
    let marker = Marker::new(&[1; 32]);
    let reports = read(&mut (path, bytes), &Limits::default(), &marker).unwrap().reports;
    if reports.is_empty() {
        return vec![format!("{path}: not recognised (it is {})", expected["format"])];
    }
    let mut wrong = Vec::new();
    let mut compare = |what: &str, ours: String, theirs: String| {
        let excused = OTHERWISE.iter().any(|(file, part, _)| *file == path && *part == what);
        if (ours != theirs) != excused {
            let state = &reports[0].state;
            wrong.push(format!(
                "{path}: {what} is {ours}, expected {theirs} ({} {state:?})",
                reports[0].format
            ));
        }
    };
    let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
    if let Some(findings) = expected["findings"].as_u64() {
        compare("findings", sum(|report| report.counts.findings).to_string(), findings.to_string());
    }
    if let Some(suppressed) = expected["suppressed"].as_u64() {
        compare("suppressed", sum(|report| report.counts.suppressed).to_string(), suppressed.to_string());
    }
    let mut native: BTreeMap<String, u64> = BTreeMap::new();
    let mut severity: BTreeMap<String, u64> = BTreeMap::new();
    for report in &reports {
        for (word, count) in &report.counts.native {
            *native.entry(word.clone()).or_default() += count;
        }
        for (word, count) in &report.counts.severity {
            *severity.entry(word.to_string()).or_default() += count;
        }
    }
    let theirs = |key: &str| {
        let counts = expected[key].as_object()?.iter();
        Some(
            counts
                .filter_map(|(word, count)| Some((word.clone(), count.as_u64()?)))
                .collect::<BTreeMap<_, _>>(),
        )
    };
    if let Some(theirs) = theirs("severity") {
        compare("severity", format!("{severity:?}"), format!("{theirs:?}"));
    }
    if let Some(theirs) = theirs("native") {
        compare("native", format!("{native:?}"), format!("{theirs:?}"));
    }
    let inventories: Vec<_> = reports.iter().filter_map(|report| report.inventory.as_ref()).collect();
    let listed = ["components", "packages", "artifacts"].iter().find_map(|key| expected[key].as_u64());
    if let Some(listed) = listed.filter(|_| !inventories.is_empty()) {
        let ours: u64 = inventories.iter().map(|inventory| inventory.components).sum();
        compare("components", ours.to_string(), listed.to_string());
    }
    if let Some(documents) = expected["documents"].as_array() {
        let theirs: Vec<_> = documents.iter().map(stated).collect();
        compare("documents", format!("{:?}", statements(&reports)), format!("{theirs:?}"));
    }
    wrong
}

/// What statements state, how many signatures they carry, and the names and digests of their subjects.
type Stated = (String, u64, Vec<(String, Vec<String>)>);

fn statements(reports: &[Report]) -> Vec<Stated> {
    let all = reports.iter().flat_map(|report| &report.attestations);
    let owned = |digests: &[Box<str>]| digests.iter().map(ToString::to_string).collect();
    all.map(|statement| {
        let subjects = statement.subjects.iter().map(|it| (it.name.to_string(), owned(&it.digests)));
        (statement.predicate.to_string(), u64::from(statement.signatures), subjects.collect())
    })
    .collect()
}

fn stated(document: &Value) -> Stated {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let message = &document["messageSignature"];
    if message.is_object() {
        let digest = STANDARD.decode(text(&message["digest"])).unwrap();
        let digest = format!("sha256:{}", hex::encode(digest));
        return (String::new(), 1, vec![(String::new(), vec![digest])]);
    }
    let subjects = document["subjects"].as_array().into_iter().flatten().map(|subject| {
        let digests = subject["digest"].as_object().unwrap().iter();
        let digests = digests.map(|(algorithm, hex)| format!("{algorithm}:{}", text(hex)));
        (text(&subject["name"]), digests.collect())
    });
    // Where the payload is no statement, the signatures were not counted.
    (text(&document["predicateType"]), document["signatures"].as_u64().unwrap_or(1), subjects.collect())
}

#[test]
fn every_real_report_says_what_was_counted_in_it() {
    let Some(corpus) = corpus() else { return };
    let expected: Value =
        serde_json::from_slice(&std::fs::read(corpus.join("expected.json")).unwrap()).unwrap();
    let only = std::env::var("CORPUS").unwrap_or_default();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, expected) in expected["files"].as_object().unwrap() {
        if NO_REPORT.contains(&path.as_str()) || !only.split(',').any(|start| path.starts_with(start)) {
            continue;
        }
        seen += 1;
        wrong.extend(differences(path, &std::fs::read(corpus.join(path)).unwrap(), expected));
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen} files, {} differences:\n{}",
        wrong.len(),
        wrong.len(),
        wrong.join("\n")
    );
}
