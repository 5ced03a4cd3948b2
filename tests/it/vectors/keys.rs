//! Verifier keys (c2sp.org/signed-note).

use countersign::audit::{InvalidVerifier, Verifier};

use super::c2sp::Vector;

#[test]
fn keys_are_refused_wherever_the_reference_code_refuses_them_and_more() {
    // Kinds of key that no log signs with, a point that anybody can sign for, and a second way to write an id.
    let stricter = [
        ("ml-dsa-44", InvalidVerifier::MlDsa),
        ("witness-cosignature", InvalidVerifier::Algorithm),
        ("small-order", InvalidVerifier::Key),
        ("uppercase-key-id", InvalidVerifier::Form),
    ];
    let vectors = Vector::all("keys");
    assert_eq!(vectors.len(), 13);
    for vector in vectors {
        let vkey = vector.get("vkey");
        let parsed = vkey.parse::<Verifier>();
        match stricter.iter().find(|(name, _)| *name == vector.name) {
            Some((_, why)) => assert_eq!(parsed, Err(*why), "{}", vector.name),
            None => assert_eq!(parsed.is_ok(), vector.go_accepts(), "{}: {parsed:?}", vector.name),
        }
        if let Ok(verifier) = parsed {
            assert_eq!(verifier.to_string(), vkey);
        }
    }
}
