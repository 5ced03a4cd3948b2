use super::*;
use crate::audit::{
    ActorRef, ActorRole, Disclosure, Evaluation, Outcome, OutcomeResult, Quorum, Recovered,
    RequirementVerdict, Ruling, Source, Verifier,
};
use crate::clock::Timestamp;
use crate::ids::{DeploymentId, PromotionNumber, RepoId, RunId};
use proptest::prelude::*;

fn delivered() -> Source {
    Source {
        event: "issue_comment".to_owned(),
        delivery: Some("0b989ba4-242f-11e5-81e1-c7b6966d2516".parse().unwrap()),
        body_sha256: Some(Digest::of(b"{}")),
    }
}

fn full() -> Entry {
    let commitment = |name: &str| Disclosure::new([7; 16], name, &serde_json::json!(1)).commitment();
    Entry {
        occurred_at: Some(Timestamp(1_790_000_000_000)),
        repo: Some(RepoId(1_296_269)),
        promotion: Some(PromotionNumber(42)),
        environment: Some("production".parse().unwrap()),
        commit: Some("6dcb09b5b57875f334f61aebed695e2e4193db5e".parse().unwrap()),
        policy: Some("8d1c8b69c3fce7bea45c73efd06983e3c419a92f".parse().unwrap()),
        evaluation: Some(Evaluation {
            facts: Digest::of(b"facts"),
            decision: Ruling::Allow,
            requirements: vec![RequirementVerdict {
                code: "approvals".to_owned(),
                verdict: "holds".to_owned(),
            }],
        }),
        quorum: Some(Quorum { required: 2, counted: 2 }),
        deployment: Some(DeploymentId(145_988_746)),
        run: Some(RunId(30_433_642)),
        actors: vec![ActorRef { role: ActorRole::Requester, commitment: commitment("requester") }],
        reason: Some(commitment("reason")),
        parameters: Some(commitment("parameters")),
        intent: Some(11),
        idempotency_key: Some("p42/deployment".to_owned()),
        outcome: Some(Outcome { result: OutcomeResult::Refused, code: Some("head_moved".to_owned()) }),
        expires_at: Some(Timestamp(1_790_086_400_000)),
        ..Entry::new(Kind::EffectResult, Timestamp(1_790_000_000_250), delivered())
    }
}

fn new_key() -> Verifier {
    "countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs".parse().unwrap()
}

fn lost() -> Recovered {
    Recovered {
        origin: "countersign.example/acme".parse().unwrap(),
        size: 5,
        root: "ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=".parse().unwrap(),
        found: 3,
    }
}

fn text(entry: &Entry, seq: u64) -> String {
    String::from_utf8(entry.encode(seq).unwrap()).unwrap()
}

#[test]
fn an_entry_with_everything_has_these_bytes() {
    insta::assert_snapshot!(text(&full(), 12), @r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"git+repo:1296269","digest":{"gitCommit":"6dcb09b5b57875f334f61aebed695e2e4193db5e"}}],"predicateType":"https://countersign.dev/deployment-event/v1","predicate":{"seq":12,"kind":"effect.result","occurredAt":"2026-09-21T14:13:20Z","observedAt":"2026-09-21T14:13:20.25Z","source":{"event":"issue_comment","deliveryId":"0b989ba4-242f-11e5-81e1-c7b6966d2516","bodySha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"repoId":1296269,"promotion":42,"environment":"production","policy":{"gitBlob":"8d1c8b69c3fce7bea45c73efd06983e3c419a92f"},"evaluation":{"factsSha256":"0694aacb66d62e742a92e8d5f1e82bd9d2a8ca1be88744201fbe63d0f5007502","decision":"allow","requirements":[{"code":"approvals","verdict":"holds"}]},"quorum":{"required":2,"counted":2},"deploymentId":145988746,"runId":30433642,"actors":[{"role":"requester","commitment":"l2yZNiYLCFS7STVMCv_-Mbwp6Y4ghVJvp-IeC-tR8Sg"}],"reason":"vdYJIXu8VuN4NkqtRufMAfLohLbzNFIbmG272jedXAY","parameters":"gss_knRIC_471ec5-bcRqeZggLY97wl29KCmseSV5Io","intent":11,"idempotencyKey":"p42/deployment","outcome":{"result":"refused","code":"head_moved"},"expiresAt":"2026-09-22T14:13:20Z"}}"#);
}

#[test]
fn an_entry_with_nothing_is_about_the_log() {
    let entry = Entry::new(Kind::Heartbeat, Timestamp(1_790_000_000_000), Source::internal("timer"));
    insta::assert_snapshot!(text(&entry, 0), @r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"log","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}],"predicateType":"https://countersign.dev/deployment-event/v1","predicate":{"seq":0,"kind":"heartbeat","observedAt":"2026-09-21T14:13:20Z","source":{"event":"timer"}}}"#);
}

#[test]
fn the_subject_is_the_nearest_thing_there_is() {
    let subject = |entry: &Entry| {
        let text = text(entry, 12);
        let start = text.find("\"subject\"").unwrap();
        text[start..text.find(",\"predicateType\"").unwrap()].to_owned()
    };
    let mut entry = full();
    insta::assert_snapshot!(subject(&entry), @r#""subject":[{"name":"git+repo:1296269","digest":{"gitCommit":"6dcb09b5b57875f334f61aebed695e2e4193db5e"}}]"#);
    entry.commit = None;
    insta::assert_snapshot!(subject(&entry), @r#""subject":[{"digest":{"gitBlob":"8d1c8b69c3fce7bea45c73efd06983e3c419a92f"}}]"#);
    entry.policy = None;
    insta::assert_snapshot!(subject(&entry), @r#""subject":[{"name":"delivery:0b989ba4-242f-11e5-81e1-c7b6966d2516","digest":{"sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}]"#);
    entry.source.body_sha256 = None;
    insta::assert_snapshot!(subject(&entry), @r#""subject":[{"name":"log","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}]"#);
}

fn read(seq: u64, entry: Entry) -> Decoded {
    Decoded { seq, entry: entry.into(), unread: Vec::new() }
}

#[test]
fn what_is_written_is_read_back() {
    assert_eq!(Decoded::parse(&full().encode(12).unwrap()).unwrap(), read(12, full()));
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_outcome() && **kind != Kind::EffectIntended) {
        let mut entry = Entry::new(*kind, Timestamp(0), Source::internal("timer"));
        entry.new_key = (*kind == Kind::KeyRotated).then(new_key);
        entry.recovered = (*kind == Kind::LogRecovered).then(lost);
        assert_eq!(Decoded::parse(&entry.encode(3).unwrap()).unwrap(), read(3, entry));
    }
}

#[test]
fn a_new_key_and_a_lost_history_are_named_in_full() {
    let entry = |kind| Entry::new(kind, Timestamp(0), Source::internal("operator"));
    let rotated = Entry { new_key: Some(new_key()), ..entry(Kind::KeyRotated) };
    assert!(text(&rotated, 7).ends_with(
        r#""source":{"event":"operator"},"newKey":"countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"}}"#
    ));
    let recovered = Entry { recovered: Some(lost()), ..entry(Kind::LogRecovered) };
    assert!(text(&recovered, 0).ends_with(
        r#""recovered":{"origin":"countersign.example/acme","size":5,"root":"ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=","found":3}}}"#
    ));
    for kind in [Kind::KeyRotated, Kind::LogRecovered] {
        assert!(matches!(entry(kind).encode(0), Err(EntryError::Incomplete { .. })), "{kind}");
    }
}

#[test]
fn what_a_newer_version_adds_is_read_and_what_it_means_anew_is_not() {
    let known = text(&full(), 12);
    let added = known.replace("\"seq\":12", "\"seq\":12,\"region\":{\"name\":\"eu\"}");
    assert_eq!(Decoded::parse(added.as_bytes()).unwrap().entry, full().into());
    for (from, to) in [
        ("effect.result", "effect guessed"),
        ("\"intent\":11", "\"intent\":\"11\""),
        ("\"requester\"", "7"),
        ("\"seq\":12", "\"seq\":12,\"seq\":13"),
        ("\"seq\":12", "\"seq\":-12"),
        ("\"intent\":11", "\"intent\":11,\"intent\":10"),
        ("Statement/v1", "Statement/v0.1"),
        ("deployment-event/v1", "deployment-event/v2"),
        ("6dcb09b5", "6DCB09B5"),
        ("2026-", "26-"),
        ("}}", "}} {}"),
    ] {
        assert!(Decoded::parse(known.replace(from, to).as_bytes()).is_err(), "{from} -> {to}");
    }
    assert!(matches!(Decoded::parse(&vec![b' '; MAX_BYTES + 1]), Err(InvalidEntry::TooLarge(_))));
}

#[test]
fn words_of_tomorrow_are_read_as_what_they_are() {
    let later = text(&full(), 12)
        .replace("effect.result", "effect.retried")
        .replace("\"requester\"", "\"onCall\"")
        .replace("\"refused\"", "\"postponed\"");
    let Decoded { seq, entry, unread } = Decoded::parse(later.as_bytes()).unwrap();
    assert_eq!((seq, entry.kind.as_str(), unread.len()), (12, "effect.retried", 0));
    let words = [entry.actors[0].role.unknown(), entry.outcome.as_ref().unwrap().result.unknown()];
    assert_eq!(words.map(|word| word.unwrap().as_str()), ["onCall", "postponed"]);
    assert_eq!(entry.actors[0].commitment, full().actors[0].commitment);
    assert_eq!((entry.intent, &entry.commit), (full().intent, &full().commit));
}

#[test]
fn fields_of_an_unknown_kind_may_have_another_form_and_are_left_out_by_name() {
    let known = text(&full(), 12);
    let other_forms = [
        ("\"intent\":11", "\"intent\":[11,12]"),
        ("6dcb09b5b57875f334f61aebed695e2e4193db5e", "sha256-of-a-commit"),
        ("\"role\":\"requester\"", "\"part\":\"requester\""),
        ("\"source\":{", "\"source\":[],\"from\":{"),
    ];
    let changed = other_forms.iter().fold(known.clone(), |text, (from, to)| text.replace(from, to));
    assert!(Decoded::parse(changed.as_bytes()).is_err(), "of a known kind, that is an error");
    let decoded = Decoded::parse(changed.replace("effect.result", "region.moved").as_bytes()).unwrap();
    let mut unread = decoded.unread.clone();
    unread.sort();
    assert_eq!(unread, ["actors", "intent", "source", "subject"]);
    assert!(decoded.hides("intent") && !decoded.hides("outcome"));
    let entry = decoded.entry;
    assert_eq!((entry.kind.as_str(), entry.observed_at), ("region.moved", full().observed_at));
    assert_eq!((entry.repo, entry.intent, entry.commit), (full().repo, None, None));
    for (from, to) in other_forms {
        let one = known.replace(from, to);
        assert!(Decoded::parse(one.as_bytes()).is_err(), "{from} -> {to}");
        assert!(Decoded::parse(one.replace("effect.result", "a.b").as_bytes()).is_ok(), "{from} -> {to}");
    }
    for (from, to) in [("\"observedAt\"", "\"seenAt\""), ("\"seq\":12", "\"seq\":\"12\"")] {
        let other = changed.replace("effect.result", "region.moved").replace(from, to);
        assert!(Decoded::parse(other.as_bytes()).is_err(), "{from} -> {to}");
    }
}

#[test]
fn entries_that_a_verifier_would_refuse_are_not_written() {
    type Change = fn(&mut Entry);
    let changes: [(Change, u64); 6] = [
        (|entry| entry.repo = None, 12),
        (|entry| entry.intent = None, 12),
        (|entry| entry.idempotency_key = None, 12),
        (|entry| entry.outcome = None, 12),
        (|entry| entry.kind = Kind::Heartbeat, 11),
        (
            |entry| {
                entry.kind = Kind::EffectIntended;
                entry.idempotency_key = None;
            },
            12,
        ),
    ];
    for (number, (change, seq)) in changes.into_iter().enumerate() {
        let mut entry = full();
        change(&mut entry);
        assert!(matches!(entry.encode(seq), Err(EntryError::Incomplete { .. })), "change {number}");
    }
}

#[test]
fn size_and_times_are_bounded() {
    let mut entry = full();
    entry.source.event = "x".repeat(MAX_BYTES);
    assert!(matches!(entry.encode(12), Err(EntryError::TooLarge(_))));
    for moment in [Timestamp(-1), Timestamp(i64::MAX), Timestamp(i64::MIN)] {
        let entry = Entry { expires_at: Some(moment), ..full() };
        assert!(matches!(entry.encode(12), Err(EntryError::Unwritable(_))), "{moment:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_entry_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..80), place: prop::sample::Index, byte: u8,
    ) {
        let _ = Decoded::parse(&bytes);
        let mut near = full().encode(12).unwrap();
        let place = place.index(near.len());
        near[place] = byte;
        let _ = Decoded::parse(&near);
    }

    #[test]
    fn any_text_in_an_entry_comes_back(event in any::<String>(), key in "\\PC{0,40}", time in 0_i64..253_402_207_199_999) {
        let mut entry = Entry::new(Kind::Heartbeat, Timestamp(time), Source::internal(&event));
        entry.idempotency_key = Some(key);
        let bytes = entry.encode(7).unwrap();
        prop_assert_eq!(Decoded::parse(&bytes).unwrap(), read(7, entry));
    }
}
