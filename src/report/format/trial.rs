//! Reading small reports in the tests of the formats.

use crate::report::{Limits, Marker, Report};

/// The reports in this text.
pub(super) fn all(name: &str, text: &str) -> Vec<Report> {
    let marker = Marker::new(&[3; 32]);
    crate::report::read(&mut (name, text.as_bytes()), &Limits::default(), &marker).unwrap().reports
}

/// The one report in this text.
pub(super) fn read(name: &str, text: &str) -> Report {
    let mut reports = all(name, text);
    assert_eq!(reports.len(), 1, "{text}");
    reports.remove(0)
}

/// The state of the one report in this text; `none` where it is recognised as nothing.
pub(super) fn state(name: &str, text: &str) -> &'static str {
    all(name, text).first().map_or("none", |report| report.state.as_str())
}
