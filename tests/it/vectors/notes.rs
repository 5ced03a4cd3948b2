//! Signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint).

use countersign::audit::{Checkpoint, LogKey, Verifier, note};

use super::c2sp::Vector;

const VECTORS_KEY: &str = "example.com/ledgers/acme+c3b6d994+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

/// Opens as a checkpoint, which must be text.
fn open(bytes: Vec<u8>, vkey: &str) -> Option<Checkpoint> {
    Checkpoint::open(&String::from_utf8(bytes).ok()?, &vkey.parse().unwrap()).ok()
}

#[test]
fn checkpoints_are_signed_as_by_the_reference_code() {
    for size in [0, 1, 13, 70_000] {
        let vector = Vector::read(&format!("notes/checkpoint-size-{size}.txt"));
        let key = LogKey::from_seed(vector.get("origin").parse().unwrap(), [7; 32]);
        assert_eq!(key.verifier().to_string(), vector.get("vkey"));
        let checkpoint = Checkpoint {
            origin: vector.get("origin").parse().unwrap(),
            size,
            root: vector.get("root").parse().unwrap(),
        };
        assert_eq!(checkpoint.sign(&key).unwrap().into_bytes(), vector.bytes("note_b64"));
        assert_eq!(open(vector.bytes("note_b64"), vector.get("vkey")), Some(checkpoint));
    }
}

#[test]
fn the_notes_of_the_reference_code_open() {
    for vector in Vector::all("notes") {
        let verifier: Verifier = vector.get("vkey").parse().unwrap();
        let text = String::from_utf8(vector.bytes("note_b64")).unwrap();
        assert_eq!(note::open(&text, &[verifier]).unwrap().signers.len(), 1, "{}", vector.name);
    }
}

/// Extensions are allowed by the specification and advised against: nobody could audit what they say.
#[test]
fn a_checkpoint_with_extensions_is_a_note_and_not_a_checkpoint_of_ours() {
    let vector = Vector::read("notes/checkpoint-extensions.txt");
    assert_eq!(open(vector.bytes("note_b64"), vector.get("vkey")), None);
}

#[test]
fn malformed_notes_are_refused_wherever_the_reference_code_refuses_them_and_more() {
    // What Go's note package takes, and tlog-checkpoint does not.
    let stricter = ["empty-extension-line", "non-canonical-base64", "root-31-bytes", "size-leading-zero"];
    let vectors = Vector::all("notes/malformed");
    assert_eq!(vectors.len(), 16);
    for vector in vectors {
        let expected = vector.go_accepts() && !stricter.contains(&vector.name.as_str());
        let opened = open(vector.bytes("note_b64"), VECTORS_KEY);
        assert_eq!(opened.is_some(), expected, "{}: {opened:?}", vector.name);
    }
}
