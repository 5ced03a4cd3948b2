//! The log in plain words: one line for each entry.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value;

use super::Result;
use super::disclosures::Disclosures;
use super::file::{File, bundle_of};
use super::source::LogSource;
use crate::audit::tile::{TILE_WIDTH, unbundle};
use crate::audit::{
    ActorRole, Checkpoint, Commitment, Decoded, Disclosure, Kind, OpenEnum, OutcomeResult, ReadEntry,
    Recovered,
};
use crate::command::misleads;
use crate::db::{repository, tile};
use crate::ids::{PromotionNumber, RepoId, RepoName};

/// What stands where a disclosure is not there, or not any more.
const REDACTED: &str = "redacted";

/// So many bundles may be missing in a row before no more is looked for: a checkpoint may claim any size.
const MOST_MISSING: u64 = 1 << 16;

/// Which entries are told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Those about this repository.
    pub repo: Option<RepoId>,
    /// Those about this promotion.
    pub promotion: Option<PromotionNumber>,
}

/// Tells the entries of a log, which is not verified by it: one line for each, in their order.
///
/// None if the log has no checkpoint.
///
/// # Errors
/// When it cannot be read.
pub async fn tell(source: &mut LogSource, filter: Filter, say: &mut dyn FnMut(&str)) -> Result<Option<u64>> {
    let note = source.text(File::Checkpoint).await?;
    let Some(claimed) = note.as_deref().and_then(Checkpoint::claimed) else { return Ok(None) };
    let mut file = match source {
        LogSource::Folder(folder) => Disclosures::open(folder)?,
        LogSource::Web(_) | LogSource::Database(_) => None,
    };
    let names = names(source).await?;
    let (mut next, mut missing) = (0, None);
    while next < claimed.size {
        let path = bundle_of(next, claimed.size);
        let end = next + u64::from(path.width);
        if let Some(bytes) = source.read(File::Tile(path)).await? {
            say_missing(missing.take(), next, say);
            let stored = stored(source, next..end).await?;
            for (index, entry) in (next..end).zip(unbundle(&bytes)) {
                let copied = file.as_mut().map(|file| copied(file, index)).transpose()?;
                say(&line(index, entry.ok(), filter, (copied.as_ref().unwrap_or(&stored), &names)));
            }
        } else if next - *missing.get_or_insert(next) >= MOST_MISSING * TILE_WIDTH {
            break;
        }
        next = end;
    }
    say_missing(missing, next, say);
    if next < claimed.size {
        say("No more is looked for: the checkpoint claims more entries than there are.\n");
    }
    Ok(Some(claimed.size))
}

fn say_missing(first: Option<u64>, end: u64, say: &mut dyn FnMut(&str)) {
    if let Some(first) = first {
        say(&format!("{first}  (entries {first} to {} are missing)\n", end - 1));
    }
}

type Names = BTreeMap<RepoId, RepoName>;

/// What repositories are called, where a database knows it; else their numbers are all there is.
async fn names(source: &mut LogSource) -> Result<Names> {
    let LogSource::Database(database) = source else { return Ok(Names::new()) };
    Ok(repository::names(&mut database.conn).await?)
}

type Disclosed = BTreeMap<Commitment, Disclosure>;

/// What the commitments of these entries stand for, where a database still knows it.
async fn stored(source: &mut LogSource, range: Range<u64>) -> Result<Disclosed> {
    let LogSource::Database(database) = source else { return Ok(Disclosed::new()) };
    let rows = tile::disclosures_of(&mut database.conn, database.epoch, range).await?;
    Ok(by_commitment(rows.into_iter().filter_map(|(_, text)| text.parse().ok())))
}

/// The same of one entry, from the file beside a copy. Those of entries that were passed over are, too.
fn copied(file: &mut Disclosures, index: u64) -> Result<Disclosed> {
    while let Some(before) = file.next_index().filter(|next| *next < index) {
        file.of(before)?;
    }
    Ok(by_commitment(file.of(index)?))
}

fn by_commitment(disclosures: impl IntoIterator<Item = Disclosure>) -> Disclosed {
    disclosures.into_iter().map(|disclosure| (disclosure.commitment(), disclosure)).collect()
}

/// Nothing if it is not among those that are told.
fn line(index: u64, bytes: Option<&[u8]>, filter: Filter, known: (&Disclosed, &Names)) -> String {
    let Some(Ok(decoded)) = bytes.map(Decoded::parse) else {
        return format!("{index}  (this entry cannot be read)\n");
    };
    let Decoded { entry, unread, .. } = decoded;
    let other_repo = filter.repo.is_some() && entry.repo != filter.repo;
    if other_repo || (filter.promotion.is_some() && entry.promotion != filter.promotion) {
        return String::new();
    }
    let mut text = sentence(&entry, known);
    if !unread.is_empty() {
        let _ = write!(text, ", and what this version cannot read: {}", unread.join(", "));
    }
    format!("{index}  {}\n", printable(&text))
}

/// What an entry says.
fn sentence(entry: &ReadEntry, (disclosed, names): (&Disclosed, &Names)) -> String {
    let mut text = format!("{}  ", entry.observed_at);
    if let Some(repo) = entry.repo {
        let _ = match names.get(&repo) {
            Some(name) => write!(text, "{name}"),
            None => write!(text, "repository {repo}"),
        };
        if let Some(promotion) = entry.promotion {
            let _ = write!(text, " {promotion}");
        }
        text.push_str(": ");
    }
    match &entry.kind {
        OpenEnum::Known(kind) => text.push_str(phrase(*kind)),
        OpenEnum::Unknown(kind) => {
            let _ = write!(text, "something of the kind {kind}, which this version does not know");
        }
    }
    if let Some(effect) = &entry.effect {
        let _ = write!(text, ": {}", effect.replace('_', " "));
    } else if let Some(code) = entry.outcome.as_ref().and_then(|outcome| outcome.code.as_ref()) {
        let _ = write!(text, " ({code})");
    }
    for detail in details(entry, disclosed) {
        let _ = write!(text, ", {detail}");
    }
    text
}

fn phrase(kind: Kind) -> &'static str {
    match kind {
        Kind::LogOpened => "the log begins",
        Kind::PolicyLoaded => "a version of the policy was read",
        Kind::RequestOpened => "somebody asked for a promotion",
        Kind::RequestRefused => "a request was refused",
        Kind::VoteRecorded => "a vote counts",
        Kind::VoteRefused => "a vote does not count",
        Kind::WaiverGranted => "a finding is let through",
        Kind::WaiverRevoked => "a finding is let through no longer",
        Kind::DecisionAllowed => "every requirement holds",
        Kind::DecisionWaiting => "some requirement does not hold yet",
        Kind::DecisionRejected => "it was rejected",
        Kind::DecisionExpired => "nobody completed it in time",
        Kind::DecisionSuperseded => "it was superseded",
        Kind::DecisionCancelled => "it was taken back",
        Kind::EffectIntended => "GitHub is about to be asked",
        Kind::EffectResult => "GitHub answered",
        Kind::EffectReconciled => "what became of it was found out",
        Kind::PromotionSucceeded => "the deployment succeeded",
        Kind::PromotionFailed => "the deployment failed",
        Kind::ConfigChanged => "the server's settings changed",
        Kind::KeyRotated => "the log is signed by another key from here on",
        Kind::ErasurePerformed => "disclosures were erased",
        Kind::ClockAdjusted => "the server's clock stood before the last entry",
        Kind::LogRecovered => "the log goes on after a loss",
        Kind::Heartbeat => "nothing happened, and the log is alive",
    }
}

fn details(entry: &ReadEntry, disclosed: &Disclosed) -> Vec<String> {
    let mut details = outcome(entry);
    details.extend(entry.environment.as_ref().map(ToString::to_string));
    details.extend(entry.commit.as_ref().map(|commit| format!("commit {}", short(commit.as_str()))));
    let person =
        |commitment| claim(disclosed, commitment, |value| value.get("login")?.as_str().map(str::to_owned));
    details.extend(
        entry.actors.iter().map(|actor| format!("{} {}", role(&actor.role), person(&actor.commitment))),
    );
    let text = |value: &Value| value.as_str().map(|text| format!("{text:?}"));
    details.extend(entry.reason.iter().map(|reason| format!("reason {}", claim(disclosed, reason, text))));
    let given = |value: &Value| Some(value.to_string());
    details.extend(
        entry.parameters.iter().map(|given_in| format!("parameters {}", claim(disclosed, given_in, given))),
    );
    // What is decided is decided by it; everything else only repeats it.
    let policy = entry.policy.as_ref().filter(|_| entry.effect.is_none());
    details.extend(policy.map(|policy| format!("policy {}", short(policy.as_str()))));
    details.extend(entry.quorum.map(|quorum| format!("{} of {} votes", quorum.counted, quorum.required)));
    details.extend(entry.deployment.map(|deployment| format!("deployment {deployment}")));
    details.extend(entry.run.map(|run| format!("run {run}")));
    details.extend(entry.recovered.as_ref().map(|Recovered { origin, size, found, .. }| {
        format!("{origin} had {size} entries, {found} of them were found")
    }));
    details.extend(entry.expires_at.map(|expires| format!("good until {expires}")));
    details
}

/// What became of an effect.
fn outcome(entry: &ReadEntry) -> Vec<String> {
    let mut details = Vec::new();
    details.extend(entry.outcome.as_ref().filter(|_| entry.effect.is_some()).map(|outcome| {
        let result = match &outcome.result {
            OpenEnum::Known(OutcomeResult::Succeeded) => "done",
            OpenEnum::Known(OutcomeResult::Refused) => "refused",
            OpenEnum::Known(OutcomeResult::Unknown) => "unknown",
            OpenEnum::Unknown(word) => word.as_str(),
        };
        outcome.code.as_ref().map_or_else(|| result.to_owned(), |code| format!("{result} ({code})"))
    }));
    details.extend(entry.intent.map(|intent| format!("as entry {intent} intended")));
    details
}

fn role(role: &OpenEnum<ActorRole>) -> &str {
    match role {
        OpenEnum::Known(ActorRole::Requester) => "requester",
        OpenEnum::Known(ActorRole::Voter) => "voter",
        OpenEnum::Known(ActorRole::Approver) => "approver",
        OpenEnum::Known(ActorRole::Rejecter) => "rejecter",
        OpenEnum::Known(ActorRole::Canceller) => "canceller",
        OpenEnum::Known(ActorRole::Pusher) => "pusher",
        OpenEnum::Known(ActorRole::Operator) => "operator",
        OpenEnum::Unknown(word) => word.as_str(),
    }
}

fn claim(disclosed: &Disclosed, commitment: &Commitment, word: impl Fn(&Value) -> Option<String>) -> String {
    let value = disclosed.get(commitment).and_then(|disclosure| disclosure.claim().ok());
    value.and_then(|(_, value)| word(&value)).unwrap_or_else(|| REDACTED.to_owned())
}

fn short(hash: &str) -> &str {
    hash.get(..10).unwrap_or(hash)
}

/// Without what a terminal would obey or hide instead of showing.
pub fn printable(text: &str) -> String {
    // The joiners, which emoji need, cannot be seen in a terminal either.
    let hidden = |c: char| misleads(c) || matches!(c, '\u{200c}' | '\u{200d}');
    text.chars().map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{ActorRef, Entry, Hash, Source};
    use crate::clock::Timestamp;
    use serde_json::json;

    fn told(known: bool, names: &Names) -> String {
        let actor = Disclosure::new([1; 16], "actor", &json!({ "id": 1, "login": "alice" }));
        let reason = Disclosure::new([2; 16], "reason", &json!("fix \u{1b}[2J\u{202e} now"));
        let mut entry =
            Entry::new(Kind::RequestOpened, Timestamp(1_790_000_000_000), Source::internal("test"));
        entry.repo = Some(RepoId(7));
        entry.promotion = Some(PromotionNumber(3));
        entry.environment = Some("production".parse().unwrap());
        entry.actors = vec![ActorRef { role: ActorRole::Requester, commitment: actor.commitment() }];
        entry.reason = Some(reason.commitment());
        let disclosures = [actor, reason].into_iter().filter(|_| known);
        let disclosed = disclosures.map(|disclosure| (disclosure.commitment(), disclosure)).collect();
        line(4, Some(&entry.encode(4).unwrap()), Filter::default(), (&disclosed, names))
    }

    #[test]
    fn an_entry_is_one_line_and_names_people_only_where_they_are_disclosed() {
        assert_eq!(
            told(true, &Names::new()),
            "4  2026-09-21T14:13:20Z  repository 7 p3: somebody asked for a promotion, production, requester alice, \
             reason \"fix \\u{1b}[2J\\u{202e} now\"\n"
        );
        assert_eq!(
            told(false, &Names::new()),
            "4  2026-09-21T14:13:20Z  repository 7 p3: somebody asked for a promotion, production, \
             requester redacted, reason redacted\n"
        );
        let names = Names::from([(RepoId(7), "acme/shop".parse().unwrap())]);
        assert!(told(false, &names).contains("Z  acme/shop p3: somebody asked"), "{}", told(false, &names));
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_printed() {
        assert_eq!(
            printable("a\u{1b}[2J\r\nb\u{9b}c\u{202e}d\u{feff}"),
            "a\u{fffd}[2J\u{fffd}\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}"
        );
        assert_eq!(printable("grün · 東京"), "grün · 東京");
    }

    #[tokio::test]
    async fn a_checkpoint_that_claims_everything_is_not_believed_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let root = Hash::from([0; 32]);
        let note = format!("example.com/log\n{}\n{root}\n\n\u{2014} a AAAAAAA=\n", u64::MAX);
        std::fs::write(folder.path().join("checkpoint"), note).unwrap();
        let mut source = LogSource::at(folder.path().to_str().unwrap(), None).unwrap();
        let mut lines = Vec::new();
        let told = tell(&mut source, Filter::default(), &mut |line| lines.push(line.to_owned())).await;
        assert_eq!(told.unwrap(), Some(u64::MAX));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("0  (entries 0 to ") && lines[1].contains("No more"), "{lines:?}");
    }

    #[test]
    fn other_repositories_and_promotions_are_left_out() {
        let entry = Entry::new(Kind::Heartbeat, Timestamp(0), Source::internal("test")).encode(0).unwrap();
        let filter = Filter { repo: Some(RepoId(1)), promotion: None };
        assert_eq!(line(0, Some(&entry), filter, (&Disclosed::new(), &Names::new())), "");
        assert!(
            line(0, Some(b"{}"), Filter::default(), (&Disclosed::new(), &Names::new()))
                .contains("cannot be read")
        );
    }
}
