//! Files with nothing in them. A tool that crashed leaves one; so does `TruffleHog` where it finds nothing.
//! One whose name tells no tool is no report.

use super::Format;
use crate::report::Draft;
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;
use crate::report::tool_names::tool_of;

/// A file with nothing in it.
pub(super) const FORMAT: Format = Format { name: "empty-file", recognises, read };

/// Names of files that should hold a report; any other may be empty for whatever reason.
const REPORTS: &[&str] = &[".json", ".jsonl", ".ndjson", ".sarif", ".xml"];

fn recognises(sketch: &Sketch) -> bool {
    *sketch == Sketch::Empty
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let Some(tool) = tool_of(input.name) else { return Ok(()) };
    if tool == "trufflehog" {
        draft.begin("trufflehog");
        draft.note(
            "The file is empty: TruffleHog writes nothing where it finds nothing, nor where it is stopped. Have its log \
             go into the file, too (`2>&1`): its last line says that it finished.",
        );
        draft.report().looked_at_nothing = true;
        return Ok(());
    }
    let name = input.name.to_ascii_lowercase();
    if !REPORTS.iter().any(|extension| name.ends_with(extension)) {
        return Ok(());
    }
    draft.begin(tool);
    Err(Fault::new("The file is empty: its tool was stopped, or never began. See the log of the job."))
}

#[cfg(test)]
mod tests {
    use crate::report::trial::named;

    #[test]
    fn an_empty_report_is_none() {
        let reports = named("trivy-results.sarif", " \n");
        assert_eq!((&*reports[0].tool.name, reports[0].state.as_str()), ("trivy", "unreadable"));
    }

    #[test]
    fn only_trufflehog_says_nothing_with_nothing() {
        let reports = named("artifact/trufflehog.json", "");
        let report = &reports[0];
        assert_eq!((&*report.tool.name, report.state.as_str(), report.notes.len()), ("trufflehog", "ok", 1));
    }

    #[test]
    fn what_is_called_no_report_is_none() {
        for name in ["build.log", ".gitkeep", "flake8.txt", "out.xml"] {
            assert!(named(name, "").is_empty());
        }
    }
}
