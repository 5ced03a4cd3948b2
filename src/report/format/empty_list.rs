//! `[]` or `null`, and nothing else: how several tools write that they found nothing.
//!
//! Only the file's name tells which. Any file may be empty so, and one whose name does not tell a tool of these
//! is no report: whoever needs that report sees that it is missing. Nor is it clean for tools that list
//! everything they looked at: they looked at nothing.

use super::Format;
use crate::report::Draft;
use crate::report::input::json::{Json, Kind};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::{Sketch, Value};
use crate::report::tool_names::tool_of;

/// An empty list of some tool.
pub(super) const FORMAT: Format = Format { name: "empty-list", recognises, read };

/// Tools that write an empty list where they find nothing.
const FOUND_NOTHING: &[&str] = &["code-climate", "gitleaks", "hadolint", "pylint", "ruff"];
/// Tools that write one where they looked at nothing.
const LOOKED_AT_NOTHING: &[&str] = &["kubesec", "nikto", "pip-audit", "trivy"];

fn recognises(sketch: &Sketch) -> bool {
    match sketch.json() {
        Some(Value::Null) => true,
        Some(Value::List(items)) => items.is_empty(),
        _ => false,
    }
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let Some(tool) = tool_of(input.name) else { return Ok(()) };
    let looked_at_nothing = LOOKED_AT_NOTHING.contains(&tool);
    if !looked_at_nothing && !FOUND_NOTHING.contains(&tool) {
        return Ok(());
    }
    draft.begin(tool);
    empty(&mut input.json())?;
    if looked_at_nothing {
        draft.partial(format!("{tool} lists what it looked at, and its list is empty."));
    }
    Ok(())
}

fn empty(json: &mut Json<'_>) -> Result<()> {
    match json.peek()? {
        Kind::Null => json.skip()?,
        Kind::List => json.list(|_| Err(Fault::new("It is no empty list.")))?,
        _ => return Err(Fault::new("It is no empty list.")),
    }
    json.end()
}

#[cfg(test)]
mod tests {
    use crate::report::trial::named;

    #[test]
    fn the_name_tells_whose_it_is() {
        for (name, tool) in [
            ("gitleaks.json", "gitleaks"),
            ("trivy/gitleaks.json", "gitleaks"),
            ("hadolint-report.json", "hadolint"),
            ("pylint.json", "pylint"),
            ("gl-code-quality-report.json", "code-climate"),
        ] {
            for text in ["[\n]\n", "null"] {
                let reports = named(name, text);
                assert_eq!((&*reports[0].tool.name, reports[0].state.as_str()), (tool, "ok"), "{name}");
            }
        }
    }

    #[test]
    fn a_name_that_does_not_tell_is_no_report() {
        // TruffleHog and Semgrep write no such list, and "trufflehog" is not "ruff".
        for name in ["report.json", "trivy-and-gitleaks.json", "trufflehog.json", "semgrep.json", ""] {
            assert!(named(name, "[]").is_empty(), "{name}");
        }
    }

    #[test]
    fn who_lists_everything_and_lists_nothing_looked_at_nothing() {
        for name in [
            "pip_audit/empty.json",
            "kubesec.json",
            "nikto.json",
            "out/Trivy-Legacy_report.json",
            "trivy/report.json",
        ] {
            for text in ["[]", "null"] {
                assert_eq!(named(name, text)[0].state.as_str(), "partial", "{name}");
            }
        }
    }
}
