use super::super::entry::{Entry, Outcome, OutcomeResult, Source};
use super::super::key::LogKey;
use super::super::open_enum::UnknownWord;
use super::*;

const ORIGIN: &str = "countersign.example/acme";

fn key() -> LogKey {
    LogKey::from_seed(ORIGIN.parse().unwrap(), [7; 32])
}

fn signed(entries: &[Vec<u8>]) -> String {
    let mut tree = Frontier::new();
    for entry in entries {
        tree.push(leaf_hash(entry));
    }
    let checkpoint = Checkpoint { origin: ORIGIN.parse().unwrap(), size: tree.size(), root: tree.root() };
    checkpoint.sign(&key()).unwrap()
}

fn entry(seq: u64, kind: Kind) -> Entry {
    let time = Timestamp(1_790_000_000_000 + i64::try_from(seq).unwrap());
    Entry::new(kind, time, Source::internal("timer"))
}

fn intent(seq: u64, idempotency_key: &str) -> Entry {
    Entry { idempotency_key: Some(idempotency_key.to_owned()), ..entry(seq, Kind::EffectIntended) }
}

fn outcome(seq: u64, of: u64, idempotency_key: &str) -> Entry {
    Entry {
        kind: Kind::EffectResult,
        intent: Some(of),
        outcome: Some(Outcome { result: OutcomeResult::Succeeded, code: None }),
        ..intent(seq, idempotency_key)
    }
}

fn encoded(entries: &[Entry]) -> Vec<Vec<u8>> {
    (0..).zip(entries).map(|(seq, entry)| entry.encode(seq).unwrap()).collect()
}

fn log() -> Vec<Vec<u8>> {
    encoded(&[
        entry(0, Kind::LogOpened),
        intent(1, "a"),
        intent(2, "b"),
        outcome(3, 1, "a"),
        entry(4, Kind::Heartbeat),
    ])
}

/// Feeds entries, with a checkpoint in the middle, as they would be read from storage.
fn verify(entries: &[Vec<u8>], half: &str, latest: &str) -> Result<Verified, Fault> {
    let mut verifier = LogVerifier::new(key().verifier());
    for (index, bytes) in (0..).zip(entries) {
        if index == 2 {
            verifier.checkpoint(half)?;
        }
        verifier.entry(index, bytes, None)?;
    }
    verifier.finish(latest)
}

fn flaw(entries: &[Entry]) -> Fault {
    let entries = encoded(entries);
    verify(&entries, &signed(&entries[..2]), &signed(&entries)).unwrap_err()
}

#[test]
fn a_whole_log_is_believed_and_counted() {
    let log = log();
    let verified = verify(&log, &signed(&log[..2]), &signed(&log)).unwrap();
    assert_eq!((verified.entries, verified.checkpoints), (5, 2));
    assert_eq!(verified.open_intents, [2]);
    assert_eq!(verified.kinds[&Kind::EffectIntended], 2);
    assert_eq!(verified.kinds.values().sum::<u64>(), 5);
    assert_eq!(verified.last_observed, Some(Timestamp(1_790_000_000_004)));
}

#[test]
fn an_empty_log_is_whole_if_its_emptiness_is_signed() {
    let verified = LogVerifier::new(key().verifier()).finish(&signed(&[])).unwrap();
    assert_eq!((verified.entries, verified.root), (0, crate::audit::empty_root()));
}

#[test]
fn every_flipped_byte_of_every_entry_is_noticed() {
    let log = encoded(&[entry(0, Kind::LogOpened), intent(1, "a"), outcome(2, 1, "a")]);
    let (fresh, latest) = (LogVerifier::new(key().verifier()), signed(&log));
    for index in 0..log.len() {
        for place in 0..log[index].len() {
            let mut changed = log.clone();
            changed[index][place] ^= 0x01;
            let mut alone = fresh.clone();
            let fed = (0..)
                .zip(&changed)
                .try_for_each(|(number, bytes)| alone.entry(number, bytes, None).map(drop));
            assert!(fed.and_then(|()| alone.finish(&latest)).is_err(), "{index} {place}");

            let mut beside_hashes = fresh.clone();
            let fault = (0..).zip(changed.iter().zip(&log)).find_map(|(number, (bytes, original))| {
                beside_hashes.entry(number, bytes, Some(leaf_hash(original))).err()
            });
            assert_eq!(usize::try_from(fault.unwrap().index), Ok(index), "{place}");
        }
    }
}

#[test]
fn a_changed_entry_beside_its_old_hash_is_named() {
    let log = log();
    let mut verifier = LogVerifier::new(key().verifier());
    verifier.entry(0, &log[0], Some(leaf_hash(&log[0]))).unwrap();
    let fault = verifier.entry(1, &log[1], Some(leaf_hash(&log[2]))).unwrap_err();
    assert!(matches!(fault, Fault { index: 1, flaw: Flaw::LeafHash { .. } }));
    let again = verifier.entry(1, &log[1], Some(leaf_hash(&log[1]))).unwrap_err();
    assert_eq!(again, fault, "a log does not become whole again");
    assert_eq!(verifier.clone().checkpoint(&signed(&log[..1])), Err(fault.clone()));
    assert_eq!(verifier.finish(&signed(&log[..1])), Err(fault));
}

#[test]
fn dropped_doubled_swapped_and_missing_entries_are_noticed() {
    let log = log();
    let (half, latest) = (signed(&log[..2]), signed(&log));
    for index in 0..log.len() {
        let mut dropped = log.clone();
        dropped.remove(index);
        assert!(verify(&dropped, &half, &latest).is_err(), "dropped {index}");
        let mut doubled = log.clone();
        doubled.insert(index, log[index].clone());
        assert!(verify(&doubled, &half, &latest).is_err(), "doubled {index}");
        let mut swapped = log.clone();
        swapped.swap(index, (index + 1) % log.len());
        assert!(verify(&swapped, &half, &latest).is_err(), "swapped {index}");
    }
    let mut verifier = LogVerifier::new(key().verifier());
    let fault = verifier.entry(1, &log[1], None).unwrap_err();
    assert_eq!(fault, Fault { index: 0, flaw: Flaw::OutOfOrder { found: 1 } });
}

#[test]
fn a_log_that_was_written_anew_does_not_fit_its_old_checkpoints() {
    let (log, mut other) = (log(), log());
    other[1] = intent(1, "a").encode(1).unwrap().strip_suffix(b"}}").unwrap().to_vec();
    other[1].extend_from_slice(b",\"x\":1}}");
    let fault = verify(&other, &signed(&log[..2]), &signed(&other)).unwrap_err();
    assert!(matches!(fault, Fault { index: 0, flaw: Flaw::Root { size: 2, .. } }), "{fault}");
    let fault = verify(&log, &signed(&log[..2]), &signed(&log[..4])).unwrap_err();
    assert_eq!(fault, Fault { index: 4, flaw: Flaw::Size { signed: 4, entries: 5 } });
    let fault = verify(&log[..4], &signed(&log[..2]), &signed(&log)).unwrap_err();
    assert_eq!(fault, Fault { index: 4, flaw: Flaw::Size { signed: 5, entries: 4 } });
}

#[test]
fn a_checkpoint_by_another_key_is_not_believed() {
    let log = log();
    let stranger = LogKey::from_seed(ORIGIN.parse().unwrap(), [8; 32]).verifier();
    let mut verifier = LogVerifier::new(stranger);
    verifier.checkpoint(&signed(&log[..0])).unwrap();
    let fault = verifier.finish(&signed(&log[..0])).unwrap_err();
    assert!(matches!(fault.flaw, Flaw::Checkpoint(CheckpointError::Note(_))), "{fault}");
}

#[test]
fn time_does_not_run_backwards() {
    let late = Entry { observed_at: Timestamp(1_790_000_009_000), ..entry(1, Kind::Heartbeat) };
    let same = Entry { observed_at: late.observed_at, ..entry(2, Kind::Heartbeat) };
    let fault = flaw(&[entry(0, Kind::LogOpened), late, same, entry(3, Kind::Heartbeat)]);
    assert!(matches!(fault, Fault { index: 3, flaw: Flaw::TimeWentBack { .. } }), "{fault}");
}

#[test]
fn an_entry_of_another_place_is_noticed() {
    let entries = vec![entry(0, Kind::LogOpened).encode(7).unwrap()];
    let fault = verify(&entries, "", &signed(&entries)).unwrap_err();
    assert_eq!(fault, Fault { index: 0, flaw: Flaw::Sequence(7) });
}

#[test]
fn each_outcome_has_its_own_intent() {
    let opened = || entry(0, Kind::LogOpened);
    let of_nothing = flaw(&[opened(), entry(1, Kind::Heartbeat), outcome(2, 1, "a")]);
    assert_eq!(of_nothing, Fault { index: 2, flaw: Flaw::NoOpenIntent(1) });
    let twice = flaw(&[opened(), intent(1, "a"), outcome(2, 1, "a"), outcome(3, 1, "a")]);
    assert_eq!(twice, Fault { index: 3, flaw: Flaw::NoOpenIntent(1) });
    let other = flaw(&[opened(), intent(1, "a"), outcome(2, 1, "b")]);
    assert_eq!(other, Fault { index: 2, flaw: Flaw::OtherIntent(1) });
}

/// An entry that changes the key to that of this seed.
fn rotation(seq: u64, key: &LogKey) -> Vec<u8> {
    let entry = Entry { new_key: Some(key.verifier()), ..entry(seq, Kind::KeyRotated) };
    entry.encode(seq).unwrap()
}

fn key_of(seed: u8) -> LogKey {
    LogKey::from_seed(ORIGIN.parse().unwrap(), [seed; 32])
}

fn signed_by(entries: &[Vec<u8>], keys: &[&LogKey]) -> String {
    let mut tree = Frontier::new();
    for entry in entries {
        tree.push(leaf_hash(entry));
    }
    let checkpoint = Checkpoint { origin: ORIGIN.parse().unwrap(), size: tree.size(), root: tree.root() };
    let mut notes = keys.iter().map(|key| checkpoint.sign(key).unwrap());
    let first = notes.next().unwrap();
    notes.fold(first, |all, one| all + one.split_once("\n\n").unwrap().1)
}

/// Five entries; entry 2 changes the key. Each checkpoint by these keys.
fn rotated(trusted: &LogKey, signers: &[(u64, &[&LogKey])]) -> Result<Verified, Fault> {
    let mut log = log();
    log[1] = entry(1, Kind::Heartbeat).encode(1).unwrap();
    log[2] = rotation(2, &key_of(8));
    log[3] = entry(3, Kind::Heartbeat).encode(3).unwrap();
    let mut verifier = LogVerifier::new(trusted.verifier());
    for (index, bytes) in (0..).zip(&log) {
        for (_, keys) in signers.iter().filter(|(size, _)| *size == index) {
            verifier.checkpoint(&signed_by(&log[..usize::try_from(index).unwrap()], keys))?;
        }
        verifier.entry(index, bytes, None)?;
        assert_eq!(
            verifier.needs_checkpoint(),
            (index == 2 && *trusted.verifier().public_key() != *key_of(8).verifier().public_key())
                .then_some(3)
        );
    }
    let (_, last) = signers.last().unwrap();
    verifier.finish(&signed_by(&log, last))
}

#[test]
fn a_key_is_followed_by_the_one_it_vouches_for() {
    let (old, new) = (key_of(7), key_of(8));
    let handover: (u64, &[&LogKey]) = (3, &[&old, &new]);
    for last in [[&old, &new].as_slice(), &[&new]] {
        let verified = rotated(&old, &[(2, &[&old]), handover, (5, last)]).unwrap();
        assert_eq!(verified.keys.last(), Some(&new.verifier()));
        assert_eq!(verified.keys.len(), last.len());
    }
    let again = rotated(&old, &[handover, (4, &[&new]), (5, &[&old])]).unwrap_err();
    assert!(matches!(again.flaw, Flaw::Checkpoint(_)), "the old key is not believed again: {again}");
}

#[test]
fn nobody_takes_over_without_being_vouched_for() {
    let (old, new) = (key_of(7), key_of(8));
    for by in [[&new].as_slice(), &[&old], &[&key_of(9)]] {
        let fault = rotated(&old, &[(2, &[&old]), (3, by), (5, &[&new])]).unwrap_err();
        assert!((fault.index == 2) && fault.flaw != Flaw::NoNewKey, "{fault}");
    }
    let fault = rotated(&old, &[(2, &[&old]), (5, &[&new])]).unwrap_err();
    assert_eq!(fault, Fault { index: 2, flaw: Flaw::NoHandover(3) });
    let named = String::from_utf8(rotation(0, &new)).unwrap();
    for other in ["", "nobody", "countersign.example/other"] {
        let bytes = named.replace(ORIGIN, other).into_bytes();
        let fault = LogVerifier::new(old.verifier()).entry(0, &bytes, None).unwrap_err();
        assert_eq!(fault, Fault { index: 0, flaw: Flaw::NoNewKey });
    }
}

#[test]
fn what_an_earlier_key_signed_is_believed_under_a_later_one() {
    let (old, new) = (key_of(7), key_of(8));
    let whole = rotated(&new, &[(2, &[&old]), (3, &[&old, &new]), (5, &[&new])]).unwrap();
    assert_eq!((whole.checkpoints, whole.keys), (2, vec![new.verifier()]));
    let strange = rotated(&key_of(9), &[(2, &[&old]), (3, &[&old, &new]), (5, &[&key_of(9)])]);
    assert!(strange.is_err(), "a key that never took over excuses nothing");
}

/// An entry as a newer version may write it.
fn later(seq: u64, kind: &str) -> Vec<u8> {
    let known = String::from_utf8(entry(seq, Kind::Heartbeat).encode(seq).unwrap()).unwrap();
    known.replace("\"heartbeat\"", &format!("\"{kind}\"")).into_bytes()
}

/// A log of known entries with one of this kind at index 1.
fn with(kind: &str, rest: &[Entry]) -> Vec<Vec<u8>> {
    let mut log = vec![entry(0, Kind::LogOpened).encode(0).unwrap(), later(1, kind)];
    log.extend((2..).zip(rest).map(|(seq, entry)| entry.encode(seq).unwrap()));
    log
}

fn fed(log: &[Vec<u8>], checkpoints: &[(usize, &[&LogKey])]) -> Result<Verified, Fault> {
    let mut verifier = LogVerifier::new(key().verifier());
    for (index, bytes) in log.iter().enumerate() {
        for (size, keys) in checkpoints.iter().filter(|(size, _)| *size == index) {
            verifier.checkpoint(&signed_by(&log[..*size], keys))?;
        }
        verifier.entry(index as u64, bytes, None)?;
    }
    let (_, last) = checkpoints.last().unwrap();
    verifier.finish(&signed_by(log, last))
}

/// A verifier that was fed these entries and no checkpoint.
fn read(log: &[Vec<u8>]) -> LogVerifier {
    let mut verifier = LogVerifier::new(key().verifier());
    for (index, bytes) in (0..).zip(log) {
        verifier.entry(index, bytes, None).unwrap();
    }
    verifier
}

fn lacks(verified: &Verified) -> Vec<(&str, u64)> {
    verified.unknown.lacks().map(|(kind, index)| (kind.as_str(), index)).collect()
}

#[test]
fn a_kind_of_tomorrow_is_hashed_ordered_timed_and_signed_like_all_others() {
    let log = with("environment.locked", &[entry(2, Kind::Heartbeat)]);
    let verified = fed(&log, &[(2, &[&key()]), (3, &[&key()])]).unwrap();
    assert_eq!((verified.entries, verified.vouched, verified.unknown.entries()), (3, 3, 1));
    assert_eq!(
        verified.unknown.kinds().keys().map(UnknownWord::as_str).collect::<Vec<_>>(),
        ["environment.locked"]
    );
    assert_eq!((lacks(&verified).len(), verified.kinds.values().sum::<u64>()), (0, 2));
    let flaw_of = |other: Vec<u8>| {
        let mut changed = log.clone();
        changed[1] = other;
        fed(&changed, &[(3, &[&key()])]).unwrap_err().flaw
    };
    assert!(matches!(flaw_of(later(2, "environment.locked")), Flaw::Sequence(2)));
    let text = String::from_utf8(log[1].clone()).unwrap();
    assert!(matches!(flaw_of(text.replace("2026-", "2025-").into_bytes()), Flaw::TimeWentBack { .. }));
    let latest = signed(&log);
    let mut changed = log.clone();
    changed[1] = later(1, "environment.lockee");
    assert!(
        matches!(read(&changed).finish(&latest).unwrap_err().flaw, Flaw::Root { .. }),
        "a byte of its kind's name"
    );
}

#[test]
fn an_unknown_effect_is_held_against_no_later_outcome() {
    let stories: [(&str, Vec<Entry>); 3] = [
        ("an outcome of what it intended", vec![outcome(2, 1, "a")]),
        ("a second outcome", vec![intent(2, "a"), outcome(3, 2, "a"), outcome(4, 2, "a")]),
        ("another mark", vec![intent(2, "a"), outcome(3, 2, "b")]),
    ];
    for (what, rest) in stories {
        let verified = fed(&with("effect.retried", &rest), &[(2, &[&key()])]).unwrap();
        assert_eq!(lacks(&verified), [("effect.retried", 1)], "{what}");
        for harmless in ["environment.locked", "log.sealed", "key.listed"] {
            assert!(fed(&with(harmless, &rest), &[(2, &[&key()])]).is_err(), "{what} after {harmless}");
        }
    }
    let unmarked = intent(2, "a").encode(2).unwrap();
    let unmarked = String::from_utf8(unmarked).unwrap().replace(",\"idempotencyKey\":\"a\"", "");
    let mut log = with("effect.retried", &[]);
    log.push(unmarked.into_bytes());
    assert_eq!(
        fed(&log, &[(2, &[&key()])]).unwrap_err().flaw,
        Flaw::UnmarkedIntent,
        "what a known kind needs itself"
    );
    let before = [intent(0, "a"), outcome(1, 0, "b")];
    let mut log = encoded(&before);
    log.push(later(2, "effect.retried"));
    assert_eq!(
        fed(&log, &[(3, &[&key()])]).unwrap_err().flaw,
        Flaw::OtherIntent(0),
        "what was wrong before it"
    );
}

#[test]
fn after_an_unknown_change_of_keys_nobody_here_can_say_who_signs() {
    let (ours, other) = (key(), key_of(9));
    let log = with("key.revoked", &[entry(2, Kind::Heartbeat), entry(3, Kind::Heartbeat)]);
    let verified = fed(&log, &[(1, &[&ours]), (2, &[&ours]), (3, &[&other])]).unwrap();
    assert_eq!((lacks(&verified), verified.vouched, verified.checkpoints), (vec![("key.revoked", 1)], 2, 2));
    let again = fed(&log, &[(2, &[&other]), (3, &[&ours])]).unwrap();
    assert_eq!((lacks(&again).len(), again.vouched), (1, 4), "whoever knows the key vouches for all of them");

    let early = fed(&log, &[(0, &[&ours]), (1, &[&other]), (3, &[&other])]).unwrap_err();
    assert!(matches!(early.flaw, Flaw::Checkpoint(_)), "before it, it is no excuse: {early}");
    for harmless in ["environment.locked", "log.sealed", "effect.retried"] {
        let log = with(harmless, &[entry(2, Kind::Heartbeat)]);
        assert!(fed(&log, &[(2, &[&ours]), (3, &[&other])]).is_err(), "{harmless}");
    }
}

#[test]
fn whoever_signs_a_checkpoint_of_other_entries_is_noticed() {
    let (ours, other) = (key(), key_of(9));
    let log = with("key.revoked", &[entry(2, Kind::Heartbeat)]);
    let mut changed = log.clone();
    changed[2] = later(2, "heartbeau");
    for keys in [[&ours], [&other]] {
        let (mut whole, mut short) = (read(&changed), read(&changed));
        assert!(matches!(whole.checkpoint(&signed_by(&log, &keys)).unwrap_err().flaw, Flaw::Root { .. }));
        assert!(matches!(
            short.checkpoint(&signed_by(&log[..2], &keys)).unwrap_err().flaw,
            Flaw::Size { .. }
        ));
    }
    let elsewhere = LogKey::from_seed("countersign.example/other".parse().unwrap(), [9; 32]);
    let (origin, root) = ("countersign.example/other".parse().unwrap(), read(&log).root());
    let note = Checkpoint { origin, size: 3, root };
    assert!(read(&log).finish(&note.sign(&elsewhere).unwrap()).is_err(), "of another log");
}

#[test]
fn a_handover_after_an_unknown_change_of_keys_is_neither_believed_nor_a_fault() {
    let (ours, middle, new) = (key(), key_of(8), key_of(9));
    let mut log = with("key.revoked", &[]);
    log.push(rotation(2, &new));
    log.push(entry(3, Kind::Heartbeat).encode(3).unwrap());
    for handover in [[&middle, &new].as_slice(), &[&new], &[&middle]] {
        let verified = fed(&log, &[(1, &[&ours]), (2, &[&middle]), (3, handover), (4, &[&new])]).unwrap();
        assert_eq!(
            (verified.vouched, &verified.keys),
            (1, &vec![ours.verifier()]),
            "the new key is not known"
        );
    }
    let vouched = fed(&log, &[(2, &[&ours]), (3, &[&ours, &new]), (4, &[&new])]).unwrap();
    assert_eq!(
        (vouched.vouched, &vouched.keys),
        (4, &vec![new.verifier()]),
        "a key that is known may hand over"
    );
}

#[test]
fn a_key_that_took_over_by_an_unknown_entry_is_believed_for_what_it_signs() {
    let log = with("key.replaced", &[entry(2, Kind::Heartbeat), entry(3, Kind::Heartbeat)]);
    let (earlier, ours) = (key_of(6), key());
    let verified = fed(&log, &[(1, &[&earlier]), (2, &[&earlier]), (3, &[&ours])]).unwrap();
    assert_eq!((lacks(&verified).len(), verified.vouched), (1, 4));
    let never = fed(&log, &[(1, &[&earlier]), (3, &[&earlier])]).unwrap_err();
    assert!(matches!(never.flaw, Flaw::Checkpoint(_)), "{never}");
}
