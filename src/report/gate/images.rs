//! Whether every image was scanned, and what is signed was verified.

use super::super::platform::normalised;
use super::super::{Condition, ReportFact, SignatureFact, Tally};
use super::{Gate, Judged, answers, few, tools, who, whos};
use crate::requirement::Code;

/// A scanner looked at the image of this platform.
pub(super) fn platform(gate: &Gate, tally: &Tally, platform: &str) -> Condition {
    let scans = gate.scans(tally);
    let wanted = normalised(platform);
    let title = format!("image scanned: {platform}");
    if tally.platforms.contains(&wanted) {
        let says_so = |fact: &&ReportFact| fact.platform.as_deref().map(normalised).as_ref() == Some(&wanted);
        let found: Vec<&ReportFact> = scans.iter().copied().filter(says_so).collect();
        // An image index may say it in their place.
        let found = if found.is_empty() { scans } else { found };
        let sentence = format!("{} looked at it.", whos(&found));
        return Judged { title, actual: "yes".to_owned(), decided_by: tools(&found) }.holds(sentence);
    }
    let others = &tally.platforms;
    let others = match &**others {
        [] => "no report names a platform".to_owned(),
        others => format!("there are reports of {}", few(others, others.len() as u64)),
    };
    let sentence = format!(
        "No report of a scanner is about the image of {platform}: {others}. Scan that image too, and upload \
         the report."
    );
    let judged = Judged { title, actual: "no".to_owned(), decided_by: Vec::new() };
    judged.pending(Code::PlatformMissing, sentence)
}

/// What was asked for by name and lists or states something is about the image that was scanned.
pub(super) fn subjects(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let about_an_image =
        |fact: &&ReportFact| ["sbom", "provenance", "signature"].iter().any(|kind| answers(fact, kind));
    let names = gate.must_have.iter().chain(&gate.signed);
    let asked: Vec<&ReportFact> =
        names.flat_map(|name| gate.called(tally, name)).filter(about_an_image).collect();
    if asked.is_empty() || tally.other_subjects.is_empty() {
        return None;
    }
    let count = tally.other_subjects.len();
    let judged = Judged {
        title: "all are about the image that was scanned".to_owned(),
        actual: format!("{count} not"),
        decided_by: tools(&asked),
    };
    let told = few(&tally.other_subjects, count as u64);
    let sentence = format!("{} Make it of the image that is scanned and deployed.", told.trim_end());
    Some(judged.fails(Code::SubjectMismatch, sentence))
}

/// A report of this name carries a signature that verifies. A copy beside it that carries none does not
/// matter; one that does not verify does, since somebody made it.
pub(super) fn signed(gate: &Gate, tally: &Tally, name: &str) -> Condition {
    let called = gate.called(tally, name);
    let title = format!("signed: {name}");
    let judged =
        |actual: &str| Judged { title: title.clone(), actual: actual.to_owned(), decided_by: tools(&called) };
    let invalid = called.iter().find_map(|fact| match &fact.signature {
        SignatureFact::Failed { why } => Some((who(fact), why.trim_end_matches('.'))),
        _ => None,
    });
    if let Some((who, why)) = invalid {
        let sentence = format!(
            "The signature of {who} proves nothing: {why}. Find out who made it before anything else."
        );
        return judged("invalid").fails(Code::SignatureInvalid, sentence);
    }
    let verified = called.iter().find_map(|fact| match &fact.signature {
        SignatureFact::Verified { by, .. } if fact.state.is_ok() => Some((who(fact), by)),
        _ => None,
    });
    if let Some((who, by)) = verified {
        return judged("verified").holds(format!("The signature of {who} verifies under {by}."));
    }
    if called.is_empty() {
        let sentence =
            format!("No report called `{name}` came of this commit. Make and sign it, and upload it.");
        return judged("missing").pending(Code::SignatureMissing, sentence);
    }
    let unverified = called.iter().any(|fact| fact.signature == SignatureFact::Unverified);
    let (actual, sentence) = if unverified {
        ("unverified", "It is signed, and nothing says under which key. Name the key in the policy.")
    } else {
        ("unsigned", "It carries no signature. Sign it, and upload the signed statement.")
    };
    judged(actual).fails(Code::SignatureMissing, sentence)
}
