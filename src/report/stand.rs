//! How a commit stands: all its reports, merged, compared and with the waivers applied.

use jiff::civil::Date;

use super::{Baseline, Received, ReportFact, Row, SignatureFact, Standing, Tally, Waiver, WaiverNews};

/// Everything that says how a commit stands.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Its reports.
    pub reports: &'a [Received],
    /// What became of each report's signatures, in the same order; none where one is missing.
    pub signatures: &'a [SignatureFact],
    /// Reports of the same tools about the same targets on earlier commits.
    pub baselines: &'a [Baseline],
    /// What somebody lets through.
    pub waivers: &'a [Waiver],
    /// How many reports are still being fetched or read.
    pub pending: u32,
    /// Whether reports of forks satisfy anything.
    pub forks: bool,
    /// The day, in UTC.
    pub today: Date,
}

/// How the commit stands.
pub fn stand(evidence: &Evidence<'_>) -> Standing {
    // The first version: what each report is, and no problem merged or judged yet, so everything is pending.
    let reports = evidence.reports.iter().map(|r| fact(r, SignatureFact::None)).collect();
    let tally = Tally { reports, pending: evidence.pending.max(1), ..Tally::default() };
    Standing {
        tally,
        rows: Vec::<Row>::new(),
        open: Vec::new(),
        fixed: Vec::new(),
        waived: Vec::new(),
        suppressed: Vec::new(),
        waivers: WaiverNews::default(),
    }
}

fn fact(received: &Received, signature: SignatureFact) -> ReportFact {
    let Received { report, origin } = received;
    ReportFact {
        tool: report.tool.clone(),
        format: report.format.clone(),
        target: report.target.clone(),
        state: report.state.clone(),
        sha256: origin.sha256.clone(),
        fork: origin.fork,
        answers_to: Vec::new(),
        platform: None,
        signature,
    }
}
