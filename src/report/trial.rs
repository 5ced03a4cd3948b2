//! Reading small reports in tests.

use crate::report::{Limits, Marker, Report, read};

/// The reports in a file of this name and content.
pub(in crate::report) fn named(name: &str, content: &str) -> Vec<Report> {
    read(&mut (name, content.as_bytes()), &Limits::default(), &Marker::new(&[3; 32])).unwrap().reports
}

/// The reports in a file of this content.
pub(in crate::report) fn all(content: &str) -> Vec<Report> {
    named("report", content)
}

/// Its only one.
pub(in crate::report) fn one(content: &str) -> Report {
    let mut reports = all(content);
    assert_eq!(reports.len(), 1, "{content}");
    reports.remove(0)
}

/// The state of its first one; `none` where it is recognised as nothing.
pub(in crate::report) fn state(content: &str) -> &'static str {
    all(content).first().map_or("none", |report| report.state.as_str())
}
