//! `helm lint`'s text: charts of Kubernetes.
//! <https://github.com/helm/helm/blob/main/pkg/cmd/lint.go>

use super::Format;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

/// `helm lint`'s text.
pub(super) const FORMAT: Format = Format { name: "helm-lint", recognises, read };

/// What a line of `helm lint` is.
enum Line<'a> {
    /// The chart that the lines below are about.
    Chart(&'a str),
    /// One message: its level, the file in the chart, what is wrong.
    Message(&'a str, &'a str, &'a str),
    /// What goes on with the message above.
    More(&'a str),
    /// How many charts were looked at.
    Summary(u64),
    Other,
    Foreign,
}

fn recognises(sketch: &Sketch) -> bool {
    let (mut charts, mut summaries) = (false, false);
    for line in sketch.lines() {
        match line_of(line) {
            Line::Chart(_) => charts = true,
            Line::Summary(_) => summaries = true,
            Line::Message(..) | Line::More(_) if !charts => return false,
            Line::Message(..) | Line::More(_) | Line::Other => {}
            // A message may be of several lines.
            Line::Foreign if charts => {}
            Line::Foreign => return false,
        }
    }
    charts || summaries
}

fn line_of(line: &str) -> Line<'_> {
    if let Some(chart) = line.strip_prefix("==> Linting ") {
        return Line::Chart(chart.trim());
    }
    if let Some(charts) = summary(line) {
        return Line::Summary(charts);
    }
    for level in ["INFO", "WARNING", "ERROR"] {
        let rest = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_prefix(level))
            .and_then(|rest| rest.strip_prefix("] "));
        if let Some((file, message)) = rest.and_then(|rest| rest.split_once(": ")) {
            return Line::Message(level, file.trim(), message);
        }
    }
    match line {
        blank if blank.trim().is_empty() => Line::Other,
        more if more.starts_with([' ', '\t']) => Line::More(more.trim()),
        _ => Line::Foreign,
    }
}

/// `2 chart(s) linted, 0 chart(s) failed`, with `Error: ` in front where some failed.
fn summary(line: &str) -> Option<u64> {
    let line = line.strip_prefix("Error: ").unwrap_or(line).trim();
    let (linted, failed) = line.split_once(" chart(s) linted, ")?;
    failed.strip_suffix(" chart(s) failed")?.parse::<u64>().ok()?;
    linted.parse().ok()
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    chart: String,
    /// A message waits for what may go on with it.
    waiting: Option<(String, String, String)>,
    linted: Option<u64>,
    errors: u64,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("helm-lint");
    let mut seen = Seen::default();
    let mut lines = input.lines();
    while let Some(line) = lines.next_line()? {
        let line = line_of(line);
        if let Line::More(more) = line {
            if let Some((_, _, message)) = &mut seen.waiting {
                message.push(' ');
                message.push_str(more);
            }
            continue;
        }
        add(draft, &mut seen);
        match line {
            Line::Chart(chart) => chart.clone_into(&mut seen.chart),
            Line::Message(level, file, message) => {
                seen.errors += u64::from(level == "ERROR");
                seen.waiting = Some((level.to_owned(), file.to_owned(), message.to_owned()));
            }
            Line::Summary(charts) => seen.linted = Some(seen.linted.unwrap_or_default() + charts),
            Line::More(_) | Line::Other | Line::Foreign => {}
        }
    }
    add(draft, &mut seen);
    judge(draft, &seen);
    Ok(())
}

/// The last line goes to standard error where a chart failed, and is missing when only the other output was
/// kept. Where no error explains that, the file was cut off.
fn judge(draft: &mut Draft, seen: &Seen) {
    match seen.linted {
        Some(0) => draft.scan_failed("helm lint found no chart: check the path that it was given."),
        None if seen.errors == 0 => {
            draft.partial("helm lint does not say how it ended: keep standard error too, with 2>&1.");
        }
        None => draft.note("The last line of helm lint is missing; its errors tell that it failed."),
        Some(_) => {}
    }
}

fn add(draft: &mut Draft, seen: &mut Seen) {
    let Some((level, file, message)) = seen.waiting.take() else { return };
    let severity = match level.as_str() {
        "ERROR" => Severity::Medium,
        "WARNING" => Severity::Low,
        _ => Severity::Info,
    };
    let rule = draft.rule(Rule::named("helm-lint"));
    let mut finding = Finding::new(Category::Lint, severity, rule);
    finding.native = Some(draft.text(&level));
    finding.message = draft.message(&message);
    finding.target = Some(draft.text(&seen.chart));
    finding.place = place(draft, &format!("{}/{file}", seen.chart), None);
    if let Some(place) = &mut finding.place {
        // A chart or a folder in it is no file.
        place.pseudo = file.is_empty() || file.ends_with('/');
    }
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{all, one, state};

    const CHART: &str = "==> Linting charts/shop\n[INFO] Chart.yaml: icon is recommended\n[ERROR] : unable to load chart\n\tvalidation: name is required\n\n";

    #[test]
    fn messages_are_findings_with_what_goes_on() {
        let report = one(&format!("{CHART}Error: 1 chart(s) linted, 1 chart(s) failed\n"));
        assert_eq!((report.counts.findings, report.state.as_str()), (2, "ok"));
        let [icon, load] = &report.findings[..] else { panic!("{report:?}") };
        assert_eq!(&*icon.place.as_ref().unwrap().file, "charts/shop/Chart.yaml");
        assert_eq!(&*load.message, "unable to load chart validation: name is required");
        assert!(load.place.as_ref().unwrap().pseudo);
    }

    #[test]
    fn a_missing_end_is_decided_by_errors() {
        assert_eq!(state(CHART), "ok");
        assert_eq!(state("==> Linting x\n[INFO] Chart.yaml: icon is recommended\n"), "partial");
        assert_eq!(state("==> Linting x\n"), "partial");
        assert_eq!(state("0 chart(s) linted, 0 chart(s) failed\n"), "scan_failed");
        assert_eq!(state("1 chart(s) linted, 0 chart(s) failed\n"), "ok");
    }

    #[test]
    fn other_text_is_not_taken_for_it() {
        for text in [
            "[INFO] maven: hello\n",
            "log\n==> Linting x\n",
            "[ERROR] x: y\n1 chart(s) linted, 0 chart(s) failed\n",
        ] {
            assert!(all(text).is_empty(), "{text}");
        }
    }
}
