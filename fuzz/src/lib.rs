//! The report readers by themselves, so that fuzzing them does not build a web server and two databases.

pub use countersign_kernel::{clock, ids};

#[path = "../../src/requirement.rs"]
pub mod requirement;
#[path = "../../src/report/mod.rs"]
pub mod report;

use report::{Limits, Marker, Report};

/// Small, so that budgets are reached by what a fuzzer can make.
pub fn limits() -> Limits {
    Limits { entry_bytes: 1 << 20, findings: 50, string: 1 << 10, item: 16 << 10, ..Limits::default() }
}

/// Always the same, so that a run can be repeated.
pub fn marker() -> Marker {
    Marker::new(&[7; 32])
}

/// What holds of every report, whatever it was read from.
pub fn check(reports: &[Report]) {
    let kept: usize = reports.iter().map(|report| report.findings.len()).sum();
    assert!(kept <= limits().findings, "{kept} findings are kept");
    for report in reports {
        let by_severity: u64 = report.counts.severity.values().sum();
        assert_eq!(by_severity, report.counts.findings, "each finding has one severity");
        assert!(report.counts.suppressed <= report.counts.findings);
        for finding in &report.findings {
            assert!(finding.message.len() <= 1024 && finding.rule.id.len() <= 1024, "a text is not cut");
        }
        // The database keeps it as JSON: what is read back is what was read.
        let stored = serde_json::to_string(report).expect("a report is JSON");
        let back: Report = serde_json::from_str(&stored).expect("what we wrote can be read");
        assert_eq!(&back, report);
    }
}
