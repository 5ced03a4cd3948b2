use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_verify::crypto::KeyPair;

use super::*;
use crate::report::trial::one;

fn statement() -> String {
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"p","predicate":{{}},"subject":[{{"name":"a","digest":{{"sha256":"{}"}}}}]}}"#,
        "ab".repeat(32)
    )
}

fn envelope(kind: &str, payload: &str, signatures: &[SignatureBytes]) -> String {
    let list: Vec<_> =
        signatures.iter().map(|it| format!(r#"{{"sig":"{}"}}"#, STANDARD.encode(it.as_bytes()))).collect();
    let payload = STANDARD.encode(payload);
    format!(r#"{{"payloadType":"{kind}","payload":"{payload}","signatures":[{}]}}"#, list.join(","))
}

fn trust(pair: &KeyPair) -> Trust {
    pem(&STANDARD.encode(pair.public_key_der().unwrap().as_bytes()))
}

fn sign(pair: &KeyPair, kind: &str, payload: &str) -> String {
    envelope(kind, payload, &[pair.sign(&pae(kind, payload.as_bytes())).unwrap()])
}

fn failed(fact: &SignatureFact) -> bool {
    matches!(fact, SignatureFact::Failed { .. })
}

/// Public keys and their signatures over the statement above, made with `openssl`: P-384 with SHA-384 and with
/// SHA-256, Ed25519, RSA of 2048 bits with PKCS #1 and with PSS.
const OTHERS: [(&str, &[&str]); 3] = [
    (
        "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEEAPHwfj6d3Ft/BeS82RahGDSxeLl34N24H9F5nHsjCxbBTyCtyHeWMHgOUSA\
8tmeCGEo2f++h0OsOCGZ5RBHr9v8mTQf4kPaikghN6oQa9cYego4vWroYtBa1Q0VokDE",
        &[
            "MGUCMEgreg/ycMx4YFznMGMN5Aj9ZyB9Q/Mgfv8L3sdkIxMG1BZR+ehIBQUpRMaemOTYtQIxANXuG/ylLuuf9RqZ0Drg\
MFXa/pvdtN6bC+6y7mNkrIqk0wWcyt4xMhqnjYjMl1nauA==",
            "MGUCMHL4cabj6nKLAVxw73IpvKx8O+TQUaO+bOgOs9xqp7ZWqgNNVR/Mlub4rQ3t3E5VPAIxANFnnnpjQ6tlaqUF0K3C\
R9o0rXhzrPSNaUlTBH2t7TN6mtlAd+Y8gnyZSAsDj/J+pg==",
        ],
    ),
    (
        "MCowBQYDK2VwAyEAeRY87Wnk8QaK15sVJ6+jcHnGqzqOgtq0c5FCoYKJphQ=",
        &["CCGr3vMYwZnaY5TGzJ4dfO1EDO0DgAyNMqQckk7E0Lzu3GfbHcagrxMubBenIQqlQQEWPJ90Fgnz2JYMkkZEBQ=="],
    ),
    (
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsdFZ2Cq33dv25uERmmj0ez/jwPx4fYMJWAST/zVZTpn/i27I\
u+W7cKWl4DIscWi6i0flfDuGopErbLiSo5iimOjEv3YhTcO6neoxMGmVpoGdWU+WAmQGS81VoQwdfbNJO/Rq/qGKpmdW\
V3FT4GhdG3Ltt+FHUunUoK4Ozg0pbMSJoCqO4cK86E3umWyy99bEQxSfMYcrMS75u4vTsLfjjLCCEILpnFapP2mhrlgP\
vKNr0spoSSy5yqoIc/4Fr3voBECMzLC/+8BylS1oKMA6hB7uLzOD6G9eb2Gs+RLGmVix5Ab5j5eEvPuSNhFWz4stEA8C\
MaUr4UyFZT9kZa65BQIDAQAB",
        &[
            "HuFRZxePA/VYGj/UY52VcMGV4z9O00OrAEUpeHaJAwu4TSfdQpEE9MrXSM9JKgMUTaiBi5IxSTzQK8YG3wSNOT1jlfXU\
Z3YV+UPy3WaCH52+7o6Zh+1w99x+hOZmhYZxeIxVrXQPwyesCxORuZUvEzzTn5gPYLhR3SphOEj3I/0fChIbu+onOMQP\
LBEzGpZ9Rtpbv3w6LBfyTg4qbRQn77ChWuEYYx3UdtHGTGKbvxwccz/cm+foSWKiYApCl1Y8Dc/zmrPNQxgd0K4Lk9pW\
dXPtpYzaekEcSY51COgG3pNC35/JZGGHTZki4eN8R3vQTgjij+Allrtddmo2eMV1eA==",
            "fsPis4XT0PAqaUszNqlbXBGy+ogn1BiGniErfPbt3UMGb8BNPT7lIgFbvJaerFbrGU5ajmLkulc5yldaa/hMxhw3dre1\
q73uyCa/p2qk2EfSo45Nmf1kYDNgnf5sd1NI6sGm4jPXUHyE14MpfAKk5VdW4ZaskLuQve9sG7lp1n1g3S5v5RTmdNab\
F+dbqqOoHrCpoWER0451cIrRRCS8zsETGpviJ+0Ti6R1YywyIpQzSFlsOmt66du+71xI8d/8YN9Fw0gI07lgONb/kveZ\
Nh0kXrTHOspqiqOuf8NeiARV8um1UVHzrg9/YJx6edKBgmekTsTt8hHjZPllkbW1YQ==",
        ],
    ),
];

fn pem(der: &str) -> Trust {
    Trust::Key(format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"))
}

#[test]
fn every_kind_of_key_verifies_what_it_signed() {
    let about = [format!("sha256:{}", "ab".repeat(32))];
    for (key, signatures) in OTHERS {
        for signature in signatures {
            let signature = SignatureBytes::new(STANDARD.decode(signature).unwrap());
            let report = one(&envelope(STATEMENT, &statement(), std::slice::from_ref(&signature)));
            let fact = verify(&report, Some(&pem(key)));
            let SignatureFact::Verified { subjects, .. } = fact else { panic!("{key}: {fact:?}") };
            assert_eq!(subjects, about);
            let changed = one(&envelope(STATEMENT, &statement().replace("ab", "cd"), &[signature]));
            assert!(failed(&verify(&changed, Some(&pem(key)))));
        }
    }
    let pair = KeyPair::generate_ecdsa_p256().unwrap();
    let report = one(&sign(&pair, STATEMENT, &statement()));
    let fact = verify(&report, Some(&trust(&pair)));
    let SignatureFact::Verified { by, subjects } = fact else { panic!("{fact:?}") };
    assert!(by.starts_with("key sha256:"));
    assert_eq!(subjects, about);
    assert_eq!(verify(&report, None), SignatureFact::Unverified);
}

#[test]
fn another_key_payload_or_type_is_refused() {
    let [pair, other] = [(); 2].map(|()| KeyPair::generate_ecdsa_p256().unwrap());
    let good = sign(&pair, STATEMENT, &statement());
    assert!(failed(&verify(&one(&good), Some(&trust(&other)))));
    let payload = STANDARD.encode(statement());
    let changed = STANDARD.encode(statement().replace("ab", "cd"));
    assert!(failed(&verify(&one(&good.replace(&payload, &changed)), Some(&trust(&pair)))));
    let foreign = sign(&pair, "text/plain", &statement());
    assert!(failed(&verify(&one(&foreign), Some(&trust(&pair)))));
    let retyped = foreign.replace("text/plain", STATEMENT);
    assert!(failed(&verify(&one(&retyped), Some(&trust(&pair)))));
    // Signed as it stands, and not by its encoding for signing.
    let bare = envelope(STATEMENT, &statement(), &[pair.sign(statement().as_bytes()).unwrap()]);
    assert!(failed(&verify(&one(&bare), Some(&trust(&pair)))));
}

#[test]
fn one_that_does_not_hold_is_one_too_many() {
    let [pair, other] = [(); 2].map(|()| KeyPair::generate_ecdsa_p256().unwrap());
    let [good, bad] = [&pair, &other].map(|pair| sign(pair, STATEMENT, &statement()));
    assert!(failed(&verify(&one(&format!("{good}\n{bad}")), Some(&trust(&pair)))));
    assert!(failed(&verify(&one(&format!("{good}\n{}", statement())), Some(&trust(&pair)))));
    assert!(failed(&verify(
        &one(&format!("{good}\n{}", envelope(STATEMENT, &statement(), &[]))),
        Some(&trust(&pair))
    )));
    assert_eq!(verify(&one(&statement()), Some(&trust(&pair))), SignatureFact::None);
    assert_eq!(
        verify(&one(&envelope(STATEMENT, &statement(), &[])), Some(&trust(&pair))),
        SignatureFact::None
    );
    // Of several signatures over one payload, one by the key is enough.
    let message = pae(STATEMENT, statement().as_bytes());
    let both = envelope(STATEMENT, &statement(), &[&other, &pair].map(|pair| pair.sign(&message).unwrap()));
    assert!(!failed(&verify(&one(&both), Some(&trust(&pair)))));
}

#[test]
fn what_was_not_kept_is_not_believed() {
    let pair = KeyPair::generate_ecdsa_p256().unwrap();
    let mut report = one(&sign(&pair, STATEMENT, &statement()));
    report.attestations[0].subjects[0].digests = vec!["sha256:forged".into()];
    let SignatureFact::Verified { subjects, .. } = verify(&report, Some(&trust(&pair))) else { panic!() };
    assert_eq!(subjects, [format!("sha256:{}", "ab".repeat(32))]);
    report.attestations[0].envelope = None;
    assert!(failed(&verify(&report, Some(&trust(&pair)))));
}

#[test]
fn an_artifact_is_signed_by_its_digest() {
    let pair = KeyPair::generate_ecdsa_p256().unwrap();
    let signature = STANDARD.encode(pair.sign(b"artifact").unwrap().as_bytes());
    let bundle = |digest: &[u8]| {
        format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","messageSignature":{{"messageDigest":
            {{"algorithm":"SHA2_256","digest":"{}"}},"signature":"{signature}"}}}}"#,
            STANDARD.encode(digest)
        )
    };
    let [right, wrong] =
        [b"artifact", b"another!"].map(|bytes| sigstore_verify::crypto::sha256(bytes).as_bytes().to_vec());
    assert!(!failed(&verify(&one(&bundle(&right)), Some(&trust(&pair)))));
    assert!(failed(&verify(&one(&bundle(&wrong)), Some(&trust(&pair)))));
}

#[test]
fn a_policy_that_trusts_nobody_in_particular_is_a_problem() {
    let keyless = |identity: &str, issuer: &str, trusted_root: &str| Trust::Keyless {
        trusted_root: trusted_root.to_owned(),
        identity: identity.to_owned(),
        issuer: issuer.to_owned(),
    };
    let root = sigstore_verify::trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
    assert_eq!(keyless("https://github.com/o/*", "i", root).problem(), None);
    for (identity, issuer, root) in
        [("*", "i", root), ("", "i", root), ("a", "", root), ("a", "i", "{}"), ("a", "i", "no JSON")]
    {
        assert!(keyless(identity, issuer, root).problem().is_some(), "{identity} {issuer}");
    }
    assert!(Trust::Key("-----BEGIN PRIVATE KEY-----".to_owned()).problem().is_some());
}

#[test]
fn patterns_are_exact_but_for_stars() {
    for (pattern, text, fit) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("a*", "ab", true),
        ("*@refs/heads/main", "x@refs/heads/main", true),
        ("*@refs/heads/main", "x@refs/heads/main2", false),
        ("a*b*c", "a-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("ab*ba", "aba", false),
        ("https://github.com/o/*", "https://github.com/o2/r", false),
    ] {
        assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
    }
}
