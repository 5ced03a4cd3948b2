//! Ruff's JSON lines (`ruff check --output-format json-lines`).

use super::{add, is_item};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;

/// Ruff's JSON lines.
pub(in crate::report::format) const FORMAT: Format = Format { name: "ruff-lines", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.first_line().is_some_and(is_item)
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("ruff");
    let mut json = input.json();
    while json.more()? {
        add(draft, &json.read()?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const ONE: &str = r#"{"code":"F401","message":"unused","filename":"a.py","location":{"row":1,"column":8},"end_location":null}"#;

    #[test]
    fn every_line_is_a_finding() {
        for lines in [1, 3] {
            let report = one(&format!("{ONE}\n").repeat(lines));
            assert_eq!((report.counts.native["F"], &*report.tool.name), (lines as u64, "ruff"));
        }
        assert_eq!(state(&format!("{ONE}\n{}", &ONE[..30])), "unreadable");
    }
}
