//! Trivy's JSON before 0.20: a list of results and nothing around them.

use super::result::{Scope, results};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;

/// Trivy before 0.20. Where it looked at nothing it writes `null`, which only the file's name tells to be Trivy's.
pub(in crate::report::format) const FORMAT: Format = Format { name: "trivy-legacy", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let first = sketch.json().and_then(|json| json.first());
    first.is_some_and(|first| first.is_object() && first.has(&["Target"]))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("trivy");
    let mut json = input.json();
    results(&mut json, draft, Scope::default())?;
    json.end()?;
    let first = draft.report().findings.first().and_then(|finding| finding.target.clone());
    draft.report().target = first;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::State;
    use crate::report::trial::one;

    #[test]
    fn a_target_without_vulnerabilities_is_clean_and_a_list_of_another_kind_is_not() {
        let clean = one(r#"[{"Target":"a (alpine 3.9)","Type":"alpine","Vulnerabilities":null}]"#);
        assert_eq!((clean.state, clean.counts.findings), (State::Ok, 0));
        for text in [r#"[{"Target":"a","Vulnerabilities":{}}]"#, r#"[{"Target":"a","Vulnerabilities":["#] {
            assert!(!one(text).state.is_ok(), "{text}");
        }
    }
}
