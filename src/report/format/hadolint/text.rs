//! What hadolint writes for a terminal, colours taken off: `Dockerfile:11 DL3008 warning: Pin versions…`.

use super::{Remark, severity};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;

/// hadolint, as text.
pub(in crate::report::format) const FORMAT: Format = Format { name: "hadolint-text", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.lines().iter().any(|line| remark(line).is_some())
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("hadolint");
    let mut lines = input.lines();
    let mut strange = 0_u64;
    while let Some(line) = lines.next_line()? {
        match remark(line) {
            Some(remark) => remark.add(draft),
            None => strange += u64::from(!line.trim().is_empty()),
        }
    }
    if strange > 0 {
        // So it tells of a file that it cannot open or parse, and goes on with the next one.
        draft.partial(format!(
            "{strange} of its lines are no findings: hadolint may have failed on a file. Let it write JSON."
        ));
    }
    Ok(())
}

fn remark(line: &str) -> Option<Remark> {
    let (place, rest) = line.split_once(' ')?;
    let (file, number) = place.rsplit_once(':')?;
    let (code, rest) = rest.split_once(' ')?;
    let (level, message) = rest.split_once(": ")?;
    let known = matches!(code.get(..2), Some("DL" | "SC")) && severity(level).is_some();
    known.then_some(())?;
    Some(Remark {
        code: code.to_owned(),
        level: level.to_owned(),
        message: message.to_owned(),
        file: file.to_owned(),
        line: Some(number.parse().ok()?),
        column: None,
    })
}

#[cfg(test)]
mod tests {
    use crate::report::trial::state;

    #[test]
    fn lines_that_are_no_findings_may_be_failures() {
        let line = "Dockerfile:11 DL3008 \x1b[1m\x1b[93mwarning\x1b[0m: Pin versions\n";
        assert_eq!(state(line), "ok");
        let failed = format!("{line}hadolint: Dockerfile.old: withBinaryFile: does not exist\n");
        assert_eq!(state(&failed), "partial");
    }
}
