//! DSSE envelopes, as `cosign attest` and SLSA's generators write them, one or several on lines
//! (<https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>).

use crate::report::format::Format;
use crate::report::sketch::Sketch;

/// DSSE envelopes.
pub(in crate::report::format) const FORMAT: Format = Format { name: "dsse", recognises, read: super::read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.first_line().is_some_and(|json| json.is_object() && json.has(&["payloadType", "payload"]))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use crate::report::trial::{one, state};

    fn envelope(payload: &str, signatures: &str) -> String {
        format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{}","signatures":{signatures}}}"#,
            STANDARD.encode(payload)
        )
    }

    fn statement(predicate_type: &str, predicate: &str) -> String {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{predicate},"predicateType":"{predicate_type}","subject":[{{"name":"a","digest":{{"sha256":"{}"}}}}]}}"#,
            "ab".repeat(32)
        )
    }

    const SIGNED: &str = r#"[{"keyid":"","sig":"c2ln"}]"#;

    #[test]
    fn provenance_says_who_and_from_where() {
        let predicate =
            r#"{"builder":{"id":"b"},"invocation":{"configSource":{"uri":"git+https://e.example/x"}}}"#;
        let report = one(&envelope(&statement("https://slsa.dev/provenance/v0.2", predicate), SIGNED));
        let attestation = &report.attestations[0];
        assert_eq!(attestation.builder.as_deref(), Some("b"));
        assert_eq!(attestation.source.as_deref(), Some("git+https://e.example/x"));
        assert_eq!(attestation.subjects[0].digests, [format!("sha256:{}", "ab".repeat(32)).into()]);
        assert_eq!((attestation.signatures, report.state.as_str()), (1, "ok"));
        assert!(report.answers_to("provenance") && report.answers_to("signature"));
        let envelope: serde_json::Value =
            serde_json::from_str(attestation.envelope.as_ref().unwrap()).unwrap();
        assert_eq!(envelope["signatures"][0]["sig"], "c2ln");
    }

    #[test]
    fn an_attested_bill_is_an_inventory() {
        let bill = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a"}],"vulnerabilities":[{"id":"CVE-1","ratings":[{"severity":"high"}]}]}"#;
        let report = one(&envelope(&statement("https://cyclonedx.org/bom", bill), SIGNED));
        assert_eq!((report.inventory.unwrap().components, report.counts.findings), (1, 1));
        let empty = r#"{"bomFormat":"CycloneDX","components":[]}"#;
        assert_eq!(state(&envelope(&statement("https://cyclonedx.org/bom", empty), SIGNED)), "partial");
    }

    #[test]
    fn what_nobody_signed_or_what_is_about_nothing_is_not_ok() {
        let fine = statement("p", "{}");
        assert_eq!(state(&envelope(&fine, SIGNED)), "ok");
        for signatures in ["[]", "null", r#"[{"sig":""}]"#] {
            assert_eq!(state(&envelope(&fine, signatures)), "partial", "{signatures}");
        }
        let about_nothing = r#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":[]}"#;
        assert_eq!(state(&envelope(about_nothing, SIGNED)), "partial");
    }

    #[test]
    fn what_is_broken_is_unreadable() {
        let fine = statement("p", "{}");
        for broken in [
            envelope("no statement", SIGNED),
            envelope("{}", SIGNED),
            envelope(&fine[..fine.len() - 1], SIGNED),
            envelope(&fine, SIGNED).replace("\"payload\":\"", "\"payload\":\"!"),
            envelope("", SIGNED),
            envelope(&fine, "7"),
            format!("{}\n{{\"payloadType\":", envelope(&fine, SIGNED)),
            format!("{}\n{{}}", envelope(&fine, SIGNED)),
        ] {
            assert_eq!(state(&broken), "unreadable", "{broken}");
        }
    }

    #[test]
    fn several_stand_on_lines_in_either_alphabet() {
        let fine = statement("p??>", "{}");
        let for_urls = format!(
            r#"{{"payload":"{}","payloadType":"application/vnd.in-toto+json","signatures":{SIGNED}}}"#,
            URL_SAFE_NO_PAD.encode(&fine)
        );
        let report = one(&format!("{}\n{for_urls}\n", envelope(&fine, SIGNED)));
        assert_eq!((report.attestations.len(), report.state.as_str()), (2, "ok"));
    }

    #[test]
    fn a_long_payload_is_whole_and_a_longer_one_is_not_kept() {
        let long = |bytes: usize| envelope(&statement("p", &format!("\"{}\"", "x".repeat(bytes))), SIGNED);
        let report = one(&long(400_000));
        assert_eq!((report.state.as_str(), report.attestations[0].subjects.len()), ("ok", 1));
        assert!(report.attestations[0].envelope.as_ref().unwrap().len() > 400_000);
        let report = one(&long(2_000_000));
        assert_eq!((report.state.as_str(), &report.attestations[0].envelope), ("partial", &None));
    }
}
