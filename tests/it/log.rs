//! The log over HTTP: what anybody may read, what only a reader may, and what is said to everybody else.

use countersign::audit::tile::unbundle;
use countersign::audit::{
    AttestationVerifier, Checkpoint, Decoded, Envelope, Kind, TileLevel, TilePath, TlogProof, Verifier,
    leaf_hash,
};
use reqwest::Response;
use reqwest::header::HeaderMap;

use crate::harness::{READER, Scenario};
use crate::scenario;

/// What is public.
async fn public(s: &Scenario, path: &str) -> Vec<u8> {
    let answer = s.read(path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.bytes().await.unwrap().to_vec()
}

async fn text(s: &Scenario, path: &str) -> String {
    String::from_utf8(public(s, path).await).unwrap()
}

/// What is for readers.
async fn as_reader(s: &Scenario, path: &str) -> Response {
    s.read(path).bearer_auth(READER).send().await.unwrap()
}

/// What is refused: the status, and the sentence that says why.
async fn refused(s: &Scenario, path: &str) -> (u16, String) {
    let answer = as_reader(s, path).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn checkpoint(s: &Scenario) -> Checkpoint {
    let key: Verifier = text(s, "/log/key").await.trim_end().parse().unwrap();
    Checkpoint::open(&text(s, "/log/checkpoint").await, &key).unwrap()
}

/// Every entry, from the bundles.
async fn entries(s: &Scenario) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    for tile in TilePath::of_level(TileLevel::Entries, checkpoint(s).await.size) {
        let answer = as_reader(s, &format!("/log/{tile}")).await;
        assert_eq!(answer.status(), 200, "{tile}");
        let bundle = answer.bytes().await.unwrap();
        entries.extend(unbundle(&bundle).map(|entry| entry.unwrap().to_vec()));
    }
    entries
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers[name].to_str().unwrap()
}

scenario!(every_entry_is_proven_by_what_is_served, s => {
    s.staged().await;
    let (entries, newest) = (entries(s).await, checkpoint(s).await);
    assert_eq!(entries.len() as u64, newest.size);
    let leaves: Vec<u8> = entries.iter().flat_map(|entry| *leaf_hash(entry).as_bytes()).collect();
    for width in 1..=newest.size {
        let tile = public(s, &format!("/log/tile/0/000.p/{width}")).await;
        assert_eq!(tile, leaves[..tile.len()], "a tile of any width that the log ever had");
    }
    let key: Verifier = text(s, "/log/key").await.trim_end().parse().unwrap();
    for (index, entry) in entries.iter().enumerate() {
        let proof: TlogProof = text(s, &format!("/log/proof/{index}.tlog-proof")).await.parse().unwrap();
        assert_eq!(proof.check(entry, &key), Ok(newest.clone()));
    }
});

scenario!(an_older_checkpoint_stays_where_it_was, s => {
    s.staged().await;
    let older = text(s, "/log/checkpoint").await;
    let size = checkpoint(s).await.size;
    s.comment("alice", "/promote production").await;
    assert!(checkpoint(s).await.size > size);
    assert_eq!(text(s, &format!("/log/checkpoints/{size}")).await, older);
    let (status, said) = refused(s, "/log/checkpoints/1000").await;
    assert!(status == 404 && said.contains("there is no checkpoint"), "{status} {said}");
});

scenario!(decisions_are_attested_and_nothing_else, s => {
    s.staged().await;
    let pem = text(s, "/log/attestation/key").await;
    let verifier = AttestationVerifier::from_pem(&pem).unwrap();
    let mut attested = 0;
    for (index, entry) in entries(s).await.iter().enumerate() {
        let kind = Decoded::parse(entry).unwrap().entry.kind;
        let answer = as_reader(s, &format!("/log/attestation/{index}.json")).await;
        if kind != Kind::DecisionAllowed && kind != Kind::DecisionRejected {
            assert_eq!(answer.status(), 404, "{kind}");
            assert!(answer.text().await.unwrap().contains(&format!("/log/proof/{index}.tlog-proof")));
            continue;
        }
        assert_eq!(header(answer.headers(), "content-type"), "application/json");
        let envelope = Envelope::parse(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(envelope.verified(&verifier).unwrap(), entry);
        let result = as_reader(s, &format!("/log/attestation/{index}.svr.json")).await;
        let result = Envelope::parse(&result.bytes().await.unwrap()).unwrap();
        let statement = String::from_utf8_lossy(result.verified(&verifier).unwrap()).into_owned();
        assert!(statement.contains("COUNTERSIGN_DEPLOYMENT_APPROVED"), "{statement}");
        attested += 1;
    }
    assert_eq!(attested, 1);
});

scenario!(what_was_decided_is_for_readers, s => {
    s.staged().await;
    let size = checkpoint(s).await.size;
    for path in [format!("/log/tile/entries/000.p/{size}"), "/log/attestation/0.json".to_owned()] {
        let wrong = ["", "Bearer", "Bearer ", "Bearer reader-0123456789abcdee", "Basic reader-0123456789abcdef"];
        for shown in wrong {
            let answer = s.read(&path).header("authorization", shown).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{shown:?}");
            assert!(header(answer.headers(), "www-authenticate").starts_with("Bearer "));
            assert!(header(answer.headers(), "cache-control") == "no-store");
            assert!(answer.text().await.unwrap().contains("Authorization: Bearer"));
        }
    }
    let answer = as_reader(s, &format!("/log/tile/entries/000.p/{size}")).await;
    assert_eq!(answer.status(), 200);
    assert!(header(answer.headers(), "cache-control").starts_with("private, "));
});

scenario!(what_is_not_there_is_said, s => {
    s.staged().await;
    let size = checkpoint(s).await.size;
    for (path, said) in [
        ("/log/tile/0/000", "asked for by its width"),
        (&format!("/log/tile/0/000.p/{}", size + 1), &format!("The log has {size} entries")),
        ("/log/tile/entries/000", "needs more"),
        ("/log/tile/1/000.p/1", "needs more"),
        ("/log/tile/64/000", "a tile is called"),
        ("/log/tile/0/..%2f..%2fcheckpoint", "a tile is called"),
        ("/log/tile/0/000.p/017", "a tile is called"),
        ("/log/tile/0/x999/x999/x999/x999/x999/999", "needs more"),
        ("/log/proof/1000.tlog-proof", "There is no entry 1000"),
        ("/log/proof/01.tlog-proof", "A proof is called"),
        ("/log/proof/0", "A proof is called"),
        ("/log/proof/99999999999999999999.tlog-proof", "A proof is called"),
        ("/log/checkpoints/x", "there is no checkpoint"),
        ("/log/checkpoints/18446744073709551615", "there is no checkpoint"),
        ("/log/attestation/1000.json", "There is no entry 1000"),
        ("/log/attestation/0", "An attestation is called"),
        ("/log/epoch/7/checkpoint", "no such epoch"),
        ("/log/epoch/-1/checkpoint", "no such epoch"),
        ("/log/epoch/00/checkpoint", "no such epoch"),
        ("/log/epoch/0/key", "GET / says"),
        ("/log/", "GET / says"),
    ] {
        let (status, answer) = refused(s, path).await;
        assert!(status == 404 && answer.contains(said), "{path}: {status} {answer}");
    }
    assert_eq!(text(s, "/log/epoch/0/checkpoint").await, text(s, "/log/checkpoint").await);
});

scenario!(what_does_not_change_is_not_sent_twice, s => {
    s.staged().await;
    let size = checkpoint(s).await.size;
    for (path, kind, cache) in [
        ("/log/checkpoint", "text/plain; charset=utf-8", "public, max-age=5"),
        ("/log/key", "text/plain; charset=utf-8", "public, max-age=300"),
        (&format!("/log/checkpoints/{size}"), "text/plain; charset=utf-8", "public, max-age=300"),
        ("/log/tile/0/000.p/1", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("/log/proof/0.tlog-proof", "text/plain; charset=utf-8", "public, max-age=5"),
    ] {
        let whole = s.read(path).send().await.unwrap();
        let headers = whole.headers().clone();
        assert_eq!((header(&headers, "content-type"), header(&headers, "cache-control")), (kind, cache), "{path}");
        let again = s.read(path).header("if-none-match", header(&headers, "etag")).send().await.unwrap();
        assert_eq!((again.status().as_u16(), again.headers()["etag"].clone()), (304, headers["etag"].clone()));
        assert!(again.bytes().await.unwrap().is_empty());
        let changed = s.read(path).header("if-none-match", "\"another\"").send().await.unwrap();
        assert_eq!(changed.status(), 200);
        let head = s.read(path).build().unwrap();
        let mut head = reqwest::Request::new(reqwest::Method::HEAD, head.url().clone());
        head.headers_mut().clear();
        let head = reqwest::Client::new().execute(head).await.unwrap();
        assert_eq!((head.status().as_u16(), header(head.headers(), "etag")), (200, header(&headers, "etag")));
        assert_eq!(header(head.headers(), "content-length"), header(&headers, "content-length"));
    }
});
