//! Proofs in files (c2sp.org/tlog-proof).

use countersign::audit::TlogProof;

use super::c2sp::Vector;

const LOG: &str = "example.com/ledgers/acme+c3b6d994+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

#[test]
fn proof_files_are_those_of_the_reference_code() {
    let vectors = Vector::all("bundles");
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let text = String::from_utf8(vector.bytes("bundle_b64")).unwrap();
        let proof: TlogProof = text.parse().unwrap();
        assert_eq!(proof.to_string(), text, "{}", vector.name);
        assert_eq!(proof.extra.clone().unwrap_or_default(), vector.bytes("extra_b64"));
        let log = LOG.parse().unwrap();
        assert_eq!(proof.check(b"leaf-5", &log).unwrap().size, 13, "{}", vector.name);
        assert!(proof.check(b"leaf-6", &log).is_err());
    }
}

/// Only `extra` and the lines of other keys are not covered by the log's signature.
#[test]
fn no_proof_file_survives_the_change_of_a_bit() {
    let good = Vector::read("bundles/index-5-no-extra.txt").bytes("bundle_b64");
    let log = LOG.parse().unwrap();
    let witness = String::from_utf8(good.clone()).unwrap().rfind('\u{2014}').unwrap();
    for bit in 0..8 * witness {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let proof = String::from_utf8(changed).ok().and_then(|text| text.parse::<TlogProof>().ok());
        assert!(proof.is_none_or(|proof| proof.check(b"leaf-5", &log).is_err()), "bit {bit}");
    }
}
