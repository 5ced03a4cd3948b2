//! Bare in-toto statements, which nobody signed, one or several on lines
//! (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>).

use crate::report::format::Format;
use crate::report::sketch::Sketch;

/// Bare in-toto statements.
pub(in crate::report::format) const FORMAT: Format =
    Format { name: "in-toto", recognises, read: super::read };

fn recognises(sketch: &Sketch) -> bool {
    let Some(json) = sketch.first_line().filter(|json| json.is_object()) else { return false };
    json.text(&["_type"]).is_some_and(|kind| kind.contains("in-toto.io/Statement"))
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    #[test]
    fn a_bare_statement_is_signed_by_nobody() {
        let text = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"a","digest":{{"sha256":"{}"}}}}],
            "predicateType":"https://slsa.dev/provenance/v1","predicate":{{"runDetails":{{"builder":{{"id":"b"}}}},
            "buildDefinition":{{"externalParameters":{{"workflow":{{"repository":"https://github.com/o/r"}}}}}}}}}}"#,
            "ab".repeat(32)
        );
        let report = one(&text);
        let attestation = &report.attestations[0];
        assert_eq!((attestation.signatures, &attestation.envelope), (0, &None));
        assert_eq!(attestation.source.as_deref(), Some("https://github.com/o/r"));
        assert!(!report.answers_to("signature") && !report.notes.is_empty());
        assert_eq!(state(&text.replace("\"subject\":[{", "\"subject\":{")), "unreadable");
    }
}
