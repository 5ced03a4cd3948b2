//! Real attestations: those that are genuine verify under Sigstore's own trusted roots, and those that
//! were tampered with do not.

use countersign::report::signature::verify;
use countersign::report::{Limits, Marker, Report, SignatureFact, Trust, read};
use sigstore_verify::trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT as GITHUB, SIGSTORE_PRODUCTION_TRUSTED_ROOT as PUBLIC_GOOD,
    SIGSTORE_STAGING_TRUSTED_ROOT as STAGING,
};

use super::corpus::corpus;

const ACTIONS: &str = "https://token.actions.githubusercontent.com";
const CONFORMANCE: &str =
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/*";

fn report(file: &str) -> Option<Report> {
    let corpus = corpus()?;
    let bytes = std::fs::read(corpus.join("attestation").join(file)).unwrap();
    read(&mut (file, bytes.as_slice()), &Limits::default(), &Marker::new(&[1; 32])).unwrap().reports.pop()
}

fn trust(root: &str, identity: &str, issuer: &str) -> Trust {
    Trust::Keyless { trusted_root: root.to_owned(), identity: identity.to_owned(), issuer: issuer.to_owned() }
}

fn verified(file: &str, root: &str, identity: &str, issuer: &str) -> Option<SignatureFact> {
    Some(verify(&report(file)?, Some(&trust(root, identity, issuer))))
}

#[test]
fn what_is_genuine_verifies() {
    const A_TXT: &str = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";
    for (file, root, identity, issuer, subject) in [
        ("conformance-happy-path-intoto-in-dsse-v3.sigstore.json", PUBLIC_GOOD, CONFORMANCE, ACTIONS, A_TXT),
        ("conformance-happy-path-v0.3.sigstore.json", PUBLIC_GOOD, CONFORMANCE, ACTIONS, A_TXT),
        ("conformance-rekor2-dsse-happy-path.sigstore.json", STAGING, CONFORMANCE, ACTIONS, A_TXT),
        (
            "sigstore-js-2.1.0_with_2_bundles.jsonl",
            PUBLIC_GOOD,
            "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main",
            ACTIONS,
            "sha512:90f223f992e4c88dd068cd2a5fc57f9d2b30798343dd6e38f29c240e04ba090ef831f84490847c4e82b9232c78e8a258463b1e55c0f7469f730265008fa6633f",
        ),
        (
            "binary-linux-amd64-push-v14.2.intoto.jsonl",
            PUBLIC_GOOD,
            "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_go_slsa3.yml@refs/tags/v*",
            ACTIONS,
            "sha256:f6ab7ad0c7549b5a4942c3b0690519d791c28c4c0f8b286208cb40da3322a066",
        ),
        (
            "custom-issuer.sigstore.json",
            PUBLIC_GOOD,
            "https://github.com/*",
            "https://token.actions.githubusercontent.com/hammer-time",
            "sha256:afa27b44d43b02a9fea41d13cedc2e4016cfcf87c5dbf990e593669aa8ce286d",
        ),
        (
            "github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl",
            GITHUB,
            "https://github.com/actions/attest-demo/.github/workflows/*",
            ACTIONS,
            "sha256:ae57936def59bc4c75edd3a837d89bcefc6d3a5e31d55a6fa7a71624f92c3c3b",
        ),
    ] {
        let Some(fact) = verified(file, root, identity, issuer) else {
            return;
        };
        let SignatureFact::Verified { by, subjects } = fact else { panic!("{file}: {fact:?}") };
        assert!(by.starts_with("https://github.com/") && by.contains(issuer), "{by}");
        assert_eq!(subjects, [subject], "{file}");
    }
}

#[test]
fn what_was_tampered_with_does_not() {
    for (file, root, why) in [
        ("conformance-dsse-mismatch-sig_fail.sigstore.json", PUBLIC_GOOD, "does not match"),
        ("conformance-message-digest-mismatch_fail.sigstore.json", PUBLIC_GOOD, "invalid signature"),
        ("sigstoreBundle-invalid-signature.json", PUBLIC_GOOD, "no statement"),
        ("binary-linux-amd64-multi-subject-first.intoto.jsonl", PUBLIC_GOOD, "no Sigstore bundle"),
        ("grype-alpine.att.json", PUBLIC_GOOD, "no Sigstore bundle"),
        // Genuine, and under another root.
        ("conformance-happy-path-v0.3.sigstore.json", STAGING, "No log key"),
        ("github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl", PUBLIC_GOOD, "inclusion proof"),
    ] {
        let Some(fact) = verified(file, root, "https://*", ACTIONS) else {
            return;
        };
        let SignatureFact::Failed { why: said } = fact else { panic!("{file}: {fact:?}") };
        assert!(said.contains(why), "{file}: {said}");
    }
}

#[test]
fn another_identity_or_issuer_is_refused() {
    let file = "conformance-happy-path-intoto-in-dsse-v3.sigstore.json";
    for (identity, issuer) in
        [("https://github.com/sigstore/*", ACTIONS), (CONFORMANCE, "https://accounts.google.com")]
    {
        let Some(fact) = verified(file, PUBLIC_GOOD, identity, issuer) else {
            return;
        };
        assert!(matches!(fact, SignatureFact::Failed { .. }), "{fact:?}");
    }
}

#[test]
fn one_changed_byte_anywhere_in_a_bundle_never_verifies_another_subject() {
    let file = "conformance-happy-path-intoto-in-dsse-v3.sigstore.json";
    let Some(genuine) = report(file) else { return };
    let trust = trust(PUBLIC_GOOD, CONFORMANCE, ACTIONS);
    let envelope = genuine.attestations[0].envelope.clone().unwrap();
    let expected = verify(&genuine, Some(&trust));
    for at in (0..envelope.len()).step_by(97) {
        let mut changed = envelope.to_string().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let mut report = genuine.clone();
        report.attestations[0].envelope = Some(String::from_utf8(changed).unwrap().into());
        let fact = verify(&report, Some(&trust));
        assert!(fact == expected || matches!(fact, SignatureFact::Failed { .. }), "{at}: {fact:?}");
    }
}
