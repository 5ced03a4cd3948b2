//! SARIF 2.1.0 of any tool (OASIS Standard, 27 March 2020).
//!
//! It is not uniform. Levels are missing, or say `error` for a line that is too long; rules stand after the
//! results, or in extensions, or nowhere; fingerprints are placeholders. What is known of the tools is in
//! [`category`], [`advisory`] and [`fingerprint`]; a tool that is not known is believed to find weaknesses.

mod advisory;
mod category;
mod finding;
mod fingerprint;
mod invocation;
mod place;
mod result;
mod rule;
mod run;
mod seen;
#[cfg(test)]
mod tests;

use super::Format;
use crate::report::Draft;
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;

/// SARIF.
pub(super) const FORMAT: Format = Format { name: "sarif", recognises, read };

/// GitHub takes 20.
const RUNS: usize = 1_000;

fn recognises(sketch: &Sketch) -> bool {
    let Some(root) = sketch.json().filter(|root| root.has(&["runs"])) else { return false };
    let version = root.text(&["version"]).is_some_and(|version| version.starts_with("2."));
    version || root.text(&["$schema"]).is_some_and(|schema| schema.contains("sarif"))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let findings = input.limits.findings;
    let mut json = input.json();
    let mut runs = 0;
    json.object(|json, key| match key {
        "version" => json.text().and_then(|version| supported(version.as_deref())),
        "runs" => json.list(|json| {
            runs += 1;
            rule::few(runs, RUNS, "runs")?;
            run::read(json, draft, findings)
        }),
        _ => Ok(()),
    })?;
    json.end()?;
    if runs == 0 {
        draft.scan_failed("There is no run in this SARIF file: nothing was scanned.");
    }
    Ok(())
}

/// Other versions keep other things in other places.
fn supported(version: Option<&str>) -> Result<()> {
    match version {
        Some(version) if !version.starts_with("2.1.") => {
            Err(Fault(format!("SARIF {version} is not read. Let the tool write SARIF 2.1.0.")))
        }
        _ => Ok(()),
    }
}
