//! Files with nothing in them. A tool that crashed leaves one; so does `TruffleHog` where it finds nothing.

use super::Format;
use super::named::tool_of;
use crate::report::Draft;
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;

/// A file with nothing in it.
pub(super) const FORMAT: Format = Format { name: "empty-file", recognises, read };

/// Names of files that should hold a report; any other may be empty for whatever reason.
const REPORTS: &[&str] = &[".json", ".jsonl", ".ndjson", ".sarif", ".xml"];

fn recognises(sketch: &Sketch) -> bool {
    *sketch == Sketch::Empty
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let name = input.name.to_ascii_lowercase();
    let tool = tool_of(&name);
    if tool == Some("trufflehog") {
        draft.begin("trufflehog");
        draft.note(
            "The file is empty: TruffleHog writes nothing where it finds nothing, nor where it is stopped.",
        );
        return Ok(());
    }
    if !REPORTS.iter().any(|extension| name.ends_with(extension)) {
        return Ok(());
    }
    draft.begin(tool.unwrap_or("unknown"));
    Err(Fault::new("The file is empty: its tool was stopped, or never began. See the log of the job."))
}

#[cfg(test)]
mod tests {
    use crate::report::format::trial::{all, read, state};

    #[test]
    fn an_empty_report_is_none() {
        let report = read("trivy-results.sarif", "");
        assert_eq!((&*report.tool.name, report.state.as_str()), ("trivy", "unreadable"));
        assert_eq!(state("out.xml", " \n"), "unreadable");
    }

    #[test]
    fn only_trufflehog_says_nothing_with_nothing() {
        let report = read("artifact/trufflehog.json", "");
        assert_eq!((&*report.tool.name, report.state.as_str(), report.notes.len()), ("trufflehog", "ok", 1));
    }

    #[test]
    fn what_is_called_no_report_is_none() {
        for name in ["build.log", ".gitkeep", "flake8.txt"] {
            assert!(all(name, "").is_empty());
        }
    }
}
