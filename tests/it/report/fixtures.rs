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
    insta::assert_snapshot!(told.join("\n"));
}
