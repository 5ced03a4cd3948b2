//! `[]` or `null`, and nothing else: how several tools write that they found nothing.
//!
//! Only the file's name tells which. A name that tells nothing leaves a report of nobody, which satisfies
//! nothing. Nor is it clean for tools that list everything they looked at: they looked at nothing.

use super::Format;
use crate::report::Draft;
use crate::report::input::json::{Json, Kind};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::{Sketch, Value};

/// An empty list of some tool.
pub(super) const FORMAT: Format = Format { name: "empty-list", recognises, read };

/// Tools that write an empty list, by what stands in a file's name without its punctuation.
const TOOLS: &[(&str, &str, Means)] = &[
    ("pipaudit", "pip-audit", Means::NothingLookedAt),
    ("kubesec", "kubesec", Means::NothingLookedAt),
    ("nikto", "nikto", Means::NothingLookedAt),
    ("gitleaks", "gitleaks", Means::NothingFound),
    ("hadolint", "hadolint", Means::NothingFound),
    ("trivy", "trivy", Means::NothingFound),
    ("ruff", "ruff", Means::NothingFound),
    ("codequality", "code-climate", Means::NothingFound),
    ("codeclimate", "code-climate", Means::NothingFound),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Means {
    NothingFound,
    NothingLookedAt,
}

fn recognises(sketch: &Sketch) -> bool {
    match sketch.json() {
        Some(Value::Null) => true,
        Some(Value::List(items)) => items.is_empty(),
        _ => false,
    }
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let told = told(input.name);
    let mut json = input.json();
    empty(&mut json)?;
    let Some((tool, means)) = told else {
        draft.begin("unknown");
        draft.partial(
            "Several tools write an empty list when they find nothing, and the file's name does not tell \
             which: name it after its tool, such as gitleaks.json.",
        );
        return Ok(());
    };
    draft.begin(tool);
    if means == Means::NothingLookedAt {
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

/// The one tool that the file's own name tells, or else the names of its folders, the nearest first.
fn told(path: &str) -> Option<(&'static str, Means)> {
    path.rsplit(['/', '\\']).find_map(|name| {
        let plain: String = name.chars().filter(|it| it.is_alphanumeric()).collect();
        let plain = plain.to_lowercase();
        let mut tools = TOOLS.iter().filter(|(word, _, _)| plain.contains(word));
        let (_, tool, means) = tools.next()?;
        tools.all(|(_, other, _)| other == tool).then_some((*tool, *means))
    })
}

#[cfg(test)]
mod tests {
    use crate::report::{Limits, Marker, Report, State, read};

    fn report(name: &str, text: &str) -> Report {
        let file = read(&mut (name, text.as_bytes()), &Limits::default(), &Marker::new(&[3; 32])).unwrap();
        file.reports.into_iter().next().expect("recognised")
    }

    #[test]
    fn the_name_tells_whose_it_is() {
        for (name, tool) in [
            ("gitleaks.json", "gitleaks"),
            ("out/Trivy-Legacy_report.json", "trivy"),
            ("trivy/report.json", "trivy"),
            ("trivy/gitleaks.json", "gitleaks"),
            ("hadolint-report.json", "hadolint"),
        ] {
            let report = report(name, "[\n]\n");
            assert_eq!((&*report.tool.name, report.state), (tool, State::Ok), "{name}");
        }
        assert_eq!(report("trivy.json", "null").state, State::Ok);
    }

    #[test]
    fn a_name_that_does_not_tell_satisfies_nothing() {
        for name in ["report.json", "trivy-and-gitleaks.json", ""] {
            let report = report(name, "null");
            assert_eq!(&*report.tool.name, "unknown", "{name}");
            assert!(matches!(report.state, State::Partial { .. }), "{name}");
        }
    }

    #[test]
    fn who_lists_everything_and_lists_nothing_looked_at_nothing() {
        for name in ["pip_audit/empty.json", "kubesec.json"] {
            assert!(matches!(report(name, "[]").state, State::Partial { .. }), "{name}");
        }
    }
}
