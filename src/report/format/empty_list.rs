//! `[]` and `null`: a list of findings without any. The content does not tell whose, so the name has to.

use super::Format;
use super::named::tool_of;
use crate::report::Draft;
use crate::report::input::json::{Json, Kind};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::{Sketch, Value};

/// A list of nothing.
pub(super) const FORMAT: Format = Format { name: "empty-list", recognises, read };

/// Tools that write a bare list, and so write this where they find nothing.
const LISTS: &[&str] = &["gitleaks", "hadolint", "pip-audit", "pylint", "ruff", "trivy"];

fn recognises(sketch: &Sketch) -> bool {
    match sketch {
        Sketch::Json(Value::Null) => true,
        Sketch::Json(Value::List(items)) => items.is_empty(),
        _ => false,
    }
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let tool = tool_of(input.name).filter(|tool| LISTS.contains(tool));
    if let Some(tool) = tool {
        draft.begin(tool);
    }
    let mut json = input.json();
    let kind = json.peek()?;
    json.list(Json::skip)?;
    json.end()?;
    match (tool, kind) {
        (Some(_), Kind::List | Kind::Null) => Ok(()),
        _ => Err(Fault::new(
            "The file says that there is nothing, and not who says so: name the file or the artifact after its tool.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::report::format::trial::{read, state};

    #[test]
    fn the_name_tells_whose_nothing_it_is() {
        for text in ["[]\n", "null"] {
            let report = read("reports/gitleaks.json", text);
            assert_eq!((&*report.tool.name, report.state.as_str()), ("gitleaks", "ok"));
            assert_eq!(state("out.json", text), "unreadable");
            assert_eq!(state("semgrep.json", text), "unreadable");
        }
    }
}
