//! Sigstore bundles, versions 0.1 to 0.3, as cosign, GitHub and npm write them, one or several on lines
//! (<https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto>).

use crate::report::format::Format;
use crate::report::sketch::Sketch;

/// Sigstore bundles.
pub(in crate::report::format) const FORMAT: Format =
    Format { name: "sigstore-bundle", recognises, read: super::read };

fn recognises(sketch: &Sketch) -> bool {
    let Some(json) = sketch.first_line().filter(|json| json.is_object()) else { return false };
    json.text(&["mediaType"]).is_some_and(|kind| kind.starts_with("application/vnd.dev.sigstore.bundle"))
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const HEAD: &str =
        r#"{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.2","verificationMaterial":{},"#;

    #[test]
    fn a_signature_over_bytes_is_about_their_digest() {
        let digest = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
        let signed = format!(
            r#"{HEAD}"messageSignature":{{"messageDigest":{{"algorithm":"SHA2_256","digest":"{digest}"}},"signature":"c2ln"}}}}"#
        );
        let report = one(&signed);
        let attestation = &report.attestations[0];
        assert_eq!(attestation.subjects[0].digests, [format!("sha256:{}", "ab".repeat(32)).into()]);
        assert_eq!((attestation.signatures, &*attestation.predicate), (1, ""));
        assert_eq!(state(&signed.replace("c2ln", "")), "partial");
        assert_eq!(state(&signed.replace(digest, "!")), "unreadable");
    }

    #[test]
    fn a_bundle_of_nothing_is_unreadable() {
        assert_eq!(state(&format!(r#"{HEAD}"x":1}}"#)), "unreadable");
        assert_eq!(state(&format!(r#"{HEAD}"dsseEnvelope":{{}}}}"#)), "unreadable");
    }
}
