//! Witnesses: what they sign (c2sp.org/tlog-cosignature), and whom a policy asks for (c2sp.org/tlog-policy).

use countersign::audit::{Cosignature, WitnessPolicy, WitnessVerifier};

use super::c2sp::Vector;

/// What we refuse and Go accepts, and why.
const STRICTER: [(&str, &str); 4] = [
    ("witness-is-log", "a log that is its own witness proves nothing"),
    ("ambiguous-key-id", "lines of two keys with one name and one id could not be told apart"),
    ("one-of-one-extensions", "our checkpoints have no extension lines, and none are read"),
    ("ml-dsa-counted-by-go", "ML-DSA-44 is not verified here, so it never counts"),
];

fn expected(vector: &Vector) -> bool {
    vector.go_accepts() && !STRICTER.iter().any(|(name, _)| *name == vector.name)
}

#[test]
fn every_published_policy_is_read_or_refused() {
    let all = Vector::all("policies");
    assert_eq!(all.len(), 11);
    for vector in &all {
        let text = String::from_utf8(vector.bytes("policy_b64")).unwrap();
        let read = text.parse::<WitnessPolicy>();
        assert_eq!(read.is_ok(), expected(vector), "{}: {read:?}", vector.name);
    }
}

#[test]
fn every_published_verdict_is_ours() {
    let all = Vector::all("policies/verdicts");
    assert_eq!(all.len(), 17);
    for vector in &all {
        let policy = Vector::read(&format!("policies/{}.txt", vector.get("policy")));
        let policy = String::from_utf8(policy.bytes("policy_b64")).unwrap();
        let policy: WitnessPolicy = policy.parse().unwrap();
        let note = String::from_utf8(vector.bytes("checkpoint_b64")).unwrap();
        let opened = policy.open(&note);
        assert_eq!(opened.is_ok(), expected(vector), "{}: {opened:?}", vector.name);
    }
}

#[test]
fn every_published_cosignature_is_found() {
    let all = Vector::all("witness/cosignatures");
    assert_eq!(all.len(), 4);
    for vector in &all {
        let witness: WitnessVerifier = vector.get("witness").parse().unwrap();
        let note = String::from_utf8(vector.bytes("checkpoint_b64")).unwrap();
        let (text, _) = note.rsplit_once("\n\n").unwrap();
        let line = format!("{}\n", vector.get("line"));
        let at = vector.get("timestamp").parse().unwrap();
        let found = Cosignature { witness: witness.name().clone(), at, line: line.clone() };
        assert_eq!(witness.find(&format!("{text}\n"), &line), Ok(Some(found)), "{}", vector.name);
        assert_eq!(String::from_utf8(vector.bytes("cosigned_b64")).unwrap(), format!("{note}{line}"));
    }
}
