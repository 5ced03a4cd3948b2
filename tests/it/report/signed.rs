//! What is signed has to verify under the key that the policy names, which may lie in the repository.

use super::samples::{CLEAN, zip};
use crate::harness::acts::POLICY;
use crate::scenario;

/// A provenance in an envelope, signed with the key below.
const PROVENANCE: &str = r#"{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoic2hvcCIsImRpZ2VzdCI6eyJzaGEyNTYiOiIxMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExIn19XSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vc2xzYS5kZXYvcHJvdmVuYW5jZS92MSIsInByZWRpY2F0ZSI6eyJidWlsZERlZmluaXRpb24iOnsiYnVpbGRUeXBlIjoiaHR0cHM6Ly9hY3Rpb25zLmdpdGh1Yi5pby9idWlsZHR5cGVzL3dvcmtmbG93L3YxIn0sInJ1bkRldGFpbHMiOnsiYnVpbGRlciI6eyJpZCI6Imh0dHBzOi8vZ2l0aHViLmNvbS9hY3Rpb25zL3J1bm5lciJ9fX19","signatures":[{"sig":"MEUCIQD27xwxgX79M8qR41dgKEx5YP3r8OyNiVScRxCLdyFj9QIgC/LJiuxohowJjuC5c15RusfB3X52XlEDxoaP41w2/Z0="}]}"#;
const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECXlOMFSlZmLPsGr3iJGsIZAhPgbA\nBtx/v+aoCJuGT1CXFtdm7JA5LGrXvImbCM0Ad3hFPeAh1w6KfIDLRIU2Tw==\n-----END PUBLIC KEY-----";

fn policy(signatures: &str) -> String {
    let text = POLICY.replacen(
        "require: { workflows: [ci.yml] }",
        "require: { workflows: [ci.yml], scans: { signatures: { require: [provenance] } }, approvals: [{ count: 1, from: [team:acme/sre] }] }",
        1,
    );
    format!("{text}scans: {{ fail_on: high, signatures: {{ {signatures} }} }}\n")
}

/// A clean scan, and the provenance.
fn build() -> Vec<u8> {
    zip(&[("codeql.sarif", CLEAN.as_bytes()), ("provenance.json", PROVENANCE.as_bytes())])
}

scenario!(a_key_in_the_repository_is_what_signatures_verify_under, s => {
    s.policy(&policy("key: keys/build.pub")).await;
    s.ci_leaves(&[("build", &build())]).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["signature_invalid", "approvals_missing"]);
    s.comment("alice", "/why").await;
    assert!(s.reply().contains("keys/build.pub"), "it says what is missing: {}", s.reply());
    s.write_to_main("keys/build.pub", KEY).await;
    s.comment("alice", "/why").await;
    assert_eq!(s.missing(1).await, ["approvals_missing"]);
    s.write_to_main("keys/build.pub", &KEY.replace("Btx/", "AAAA")).await;
    s.comment("alice", "/why").await;
    assert_eq!(s.missing(1).await, ["signature_invalid", "approvals_missing"]);
});

scenario!(without_a_trusted_root_no_keyless_signature_holds, s => {
    s.policy(&policy("keyless: { issuer: https://issuer.example, identity: build }")).await;
    s.ci_leaves(&[("build", &build())]).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["signature_invalid", "approvals_missing"]);
    s.comment("alice", "/why").await;
    assert!(s.reply().contains("COUNTERSIGN_TRUSTED_ROOT_FILE"), "{}", s.reply());
});
