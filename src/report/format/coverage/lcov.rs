//! LCOV's tracefiles (geninfo(1), section FILES).

use super::{Tally, told};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;

/// LCOV.
pub(in crate::report::format) const FORMAT: Format = Format { name: "lcov", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let begins = |starts: &[&str]| {
        sketch.lines().iter().any(|line| starts.iter().any(|start| line.starts_with(start)))
    };
    let first = sketch.lines().iter().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("TN:") || line.starts_with("SF:"))
        && begins(&["DA:", "LF:", "FN:", "end_of_record"])
}

/// The file at hand: its totals count only where its lines are not listed.
#[derive(Debug, Default)]
struct Record {
    lines: bool,
    found: u64,
    hit: u64,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut lines = input.lines();
    let mut tally = Tally::default();
    let (mut record, mut totals) = (None::<Record>, (0, 0));
    let (mut taken, mut branches) = (0, 0);
    draft.begin("lcov");
    while let Some(line) = lines.next_line()? {
        let (key, value) = line.split_once(':').unwrap_or((line.trim(), ""));
        match key {
            "SF" => {
                tally.file(value.trim());
                record = Some(Record::default());
            }
            "end_of_record" => {
                if let Some(Record { lines: false, found, hit }) = record.take() {
                    totals = (totals.0 + hit.min(found), totals.1 + found);
                }
            }
            "DA" => {
                let (number, run) = executed(value)?;
                record.get_or_insert_default().lines = true;
                tally.line(number, run, (0, 0))?;
            }
            "BRDA" => {
                branches += 1;
                let times = value.rsplit(',').next().unwrap_or_default().trim();
                taken += u64::from(!matches!(times, "-" | "0"));
            }
            "LF" => record.get_or_insert_default().found = value.trim().parse().unwrap_or(0),
            "LH" => record.get_or_insert_default().hit = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    if record.is_some() {
        return Err(Fault::new("The file ends in the middle: its last record has no end."));
    }
    let mut coverage = tally.coverage();
    coverage.lines_covered += totals.0;
    coverage.lines_valid += totals.1;
    coverage.branches_covered = (branches > 0).then_some(taken);
    coverage.branches_valid = (branches > 0).then_some(branches);
    told(coverage, draft);
    Ok(())
}

/// `<line>,<times>[,<checksum>]`
fn executed(value: &str) -> Result<(u32, bool)> {
    let mut parts = value.split(',').map(str::trim);
    let number = parts.next().and_then(|number| number.parse().ok());
    let times = parts.next().unwrap_or_default();
    let run = times.bytes().any(|byte| matches!(byte, b'1'..=b'9')) && !times.starts_with('-');
    number
        .map(|number| (number, run))
        .ok_or_else(|| Fault::new("A line of code has no number in this LCOV file."))
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbers;
    use crate::report::State;
    use crate::report::trial::one;

    #[test]
    fn lines_and_branches_are_counted() {
        let text = "TN:\nSF:a.c\nFN:1,f\nDA:1,1\nDA:2,0,abc\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nLF:9\nLH:9\nend_of_record\n\
                    TN:again\nSF:a.c\nDA:2,4\nend_of_record\nSF:b.c\nLF:3\nLH:1\nend_of_record\n";
        assert_eq!(numbers(&one(text)), [3, 5, 1, 2, 2]);
    }

    #[test]
    fn what_is_cut_off_is_unreadable() {
        for text in ["SF:a.c\nDA:1,1\n", "SF:a.c\nDA:x,1\nend_of_record\n"] {
            assert!(matches!(one(text).state, State::Unreadable { .. }), "{text}");
        }
    }
}
