//! What tests of formats ask.

use crate::report::{Limits, Marker, Report, read};

/// The reports in a file of this content.
pub(crate) fn all(content: &str) -> Vec<Report> {
    read(&mut ("report", content.as_bytes()), &Limits::default(), &Marker::new(&[7; 32])).unwrap().reports
}

/// Its only one.
pub(crate) fn one(content: &str) -> Report {
    let mut reports = all(content);
    assert_eq!(reports.len(), 1, "{content}");
    reports.pop().unwrap()
}

/// The state of its only one.
pub(crate) fn state(content: &str) -> &'static str {
    one(content).state.as_str()
}
