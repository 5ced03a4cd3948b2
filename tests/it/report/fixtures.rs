//! Reports of our own: real tools, run by `tests/fixtures/reports/make` on a small project with known faults.

use std::fmt::Write as _;
use std::path::Path;

use countersign::report::{Limits, Marker, Report, Severity, read};

fn reports(name: &str) -> Vec<Report> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    // Under a name that says nothing: only the content counts.
    read(&mut ("a/file", bytes.as_slice()), &Limits::default(), &Marker::new(&[1; 32])).unwrap().reports
}

/// Tool, state, findings by severity, worst first, and whatever is measured.
fn line(name: &str) -> String {
    let lines = reports(name).into_iter().map(|report| {
        let mut told = format!("{} {}:", report.tool.name, report.state.as_str());
        for severity in Severity::ALL {
            if let Some(count) = report.counts.severity.get(&severity) {
                write!(told, " {count} {severity}").unwrap();
            }
        }
        if let Some(tests) = report.tests {
            write!(told, " {}/{} passed, {} skipped", tests.passed, tests.cases, tests.skipped).unwrap();
        }
        if let Some(coverage) = report.coverage {
            write!(told, " {}/{} lines", coverage.lines_covered, coverage.lines_valid).unwrap();
        }
        if let Some(inventory) = report.inventory {
            write!(told, " {} lists {}", inventory.specification, inventory.components).unwrap();
        }
        told
    });
    lines.collect::<Vec<_>>().join(" | ")
}

#[test]
fn every_tool_is_read_as_it_writes() {
    let mut all: Vec<String> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains('.'))
            .collect();
    all.sort();
    let told: Vec<String> = all.iter().map(|name| format!("{name}: {}", line(name))).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    bandit.json: bandit ok: 2 HIGH 2 MEDIUM 3 LOW
    bandit.sarif: bandit ok: 2 HIGH 2 MEDIUM 3 LOW
    black.txt: black ok: 1 UNKNOWN
    cobertura.xml: coverage.py ok: 14/20 lines
    coverage.json: coverage.py ok: 14/20 lines
    coverage.lcov: lcov ok: 14/20 lines
    flake8.txt: flake8 ok: 4 UNKNOWN
    hadolint.checkstyle.xml: hadolint ok: 1 HIGH 5 MEDIUM 2 LOW
    hadolint.json: hadolint ok: 1 HIGH 5 MEDIUM 2 LOW
    hadolint.sarif: hadolint ok: 1 HIGH 5 MEDIUM 2 LOW
    mypy.ndjson: mypy ok: 1 MEDIUM
    mypy.txt: mypy ok: 1 MEDIUM
    pytest.xml: pytest ok: 2 UNKNOWN 2/6 passed, 2 skipped
    ruff.json: ruff ok: 2 HIGH 2 MEDIUM 1 LOW 4 UNKNOWN
    ruff.ndjson: ruff ok: 2 HIGH 2 MEDIUM 1 LOW 4 UNKNOWN
    ruff.sarif: ruff ok: 9 HIGH
    semgrep.json: semgrep ok: 1 HIGH 1 MEDIUM
    semgrep.sarif: semgrep ok: 1 HIGH 1 MEDIUM
    syft.cdx.json: syft ok: CycloneDX 1.6 lists 4
    syft.cdx.xml: syft ok: CycloneDX 1.6 lists 4
    syft.json: syft ok: Syft JSON 16.0.18 lists 4
    syft.spdx: syft ok: SPDX-2.3 lists 5
    syft.spdx.json: syft ok: SPDX-2.3 lists 5
    yamllint.txt: yamllint ok: 2 MEDIUM 2 LOW
    zizmor.sarif: zizmor ok: 3 HIGH 2 MEDIUM
    ");
}
