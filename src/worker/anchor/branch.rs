//! A branch on GitHub that holds the newest checkpoint and a proof of every decision.
//!
//! What is there already is read first, each time: it decides what is new, and whether this database is the one
//! that was anchored. Nothing is ever forced, so a commit is only ever added to what was looked at.

use std::time::Duration;

use super::batch::{self, Batch};
use super::place::folder;
use super::{Anchors, Error};
use crate::audit::{Checkpoint, CheckpointError, Origin, Verifier};
use crate::db::anchor::{self, Anchor, Head, Place, Standing};
use crate::db::{self, Anchored, cosignature, tile};
use crate::github::Reader;
use crate::github::read::Tip;
use crate::github::write::Moved;
use crate::ids::{CommitSha, Repo};
use crate::settings::AnchorBranch;
use crate::telemetry::causes;

/// How long a start waits for GitHub to say what was anchored.
const START_WAITS: Duration = Duration::from_secs(8);
/// How many epochs after the first a start looks for.
const EPOCHS: usize = 8;

/// The checkpoint of the newest epoch in the branch, if one of the log's keys signed it: known from elsewhere than
/// the database. `origin` and the names of `verifiers` are those of the first epoch.
///
/// None when nothing was anchored yet. Whoever starts goes on without it when this fails, and says so.
///
/// # Errors
/// When GitHub does not say it within a few seconds, or what is there was not signed by any of `verifiers`.
pub async fn newest_anchored(
    reader: &Reader,
    place: &AnchorBranch,
    (origin, verifiers): (&Origin, &[Verifier]),
) -> Result<Option<Checkpoint>, Error> {
    let read = tokio::time::timeout(START_WAITS, async {
        let repo = installed(reader, place).await?.repo;
        let tip = reader.tip(&repo, &place.branch).await?;
        let there = There { repo: &repo, tip: tip.as_ref() };
        let mut refused = None;
        for epoch in there.newest_epochs(reader, origin).await? {
            let origin = origin.in_epoch(epoch).map_err(|why| Error::Incomplete(why.to_string()))?;
            let Some(note) = there.checkpoint(reader, &origin).await? else { continue };
            match opened(&note, &origin, verifiers) {
                Ok(checkpoint) => return Ok(Some(checkpoint)),
                // Whoever may push there could name an epoch that never was, to hide those that were.
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        refused.map_or(Ok(None), |why| {
            let (place, found) = (place.to_string(), "a note".to_owned());
            Err(Error::Contradiction { place, found, why: why.to_string() })
        })
    });
    read.await.map_err(|_| Error::TooSlow(START_WAITS.as_secs()))?
}

/// The checkpoint, if one of these keys signed it as the log is called there.
fn opened(note: &str, origin: &Origin, verifiers: &[Verifier]) -> Result<Checkpoint, CheckpointError> {
    let mut refused = CheckpointError::Malformed("no key is known to check it with");
    for verifier in verifiers {
        match Checkpoint::open(note, &verifier.named(origin.key_name().clone())) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(why) => refused = why,
        }
    }
    Err(refused)
}

/// What an anchor knows of the log before its database is opened. An anchor that does not answer keeps nobody from
/// starting.
pub async fn anchored(
    reader: &Reader,
    place: &AnchorBranch,
    log: (&Origin, &[Verifier]),
) -> Option<Anchored> {
    match newest_anchored(reader, place, log).await {
        Ok(checkpoint) => {
            checkpoint.map(|checkpoint| Anchored { checkpoint, place: format!("an anchor ({place})") })
        }
        Err(error) => {
            tracing::warn!(
                error = %causes(&error),
                "this start does not know what was anchored: the database is compared with the high-water mark alone"
            );
            None
        }
    }
}

async fn installed(reader: &Reader, place: &AnchorBranch) -> Result<crate::github::read::Installed, Error> {
    let found = reader.installed(&place.repository).await?;
    found.ok_or_else(|| Error::NotInstalled(place.repository.to_string()))
}

/// The branch as it was looked at.
struct There<'a> {
    repo: &'a Repo,
    tip: Option<&'a Tip>,
}

impl There<'_> {
    /// The note that stands there for a log.
    async fn checkpoint(&self, reader: &Reader, origin: &Origin) -> Result<Option<String>, Error> {
        let Some(tip) = self.tip else { return Ok(None) };
        let file = format!("{}/checkpoint", folder(origin));
        Ok(reader.file(self.repo, &file, tip.commit.as_str()).await?.map(|file| file.text))
    }

    /// The epochs of a log that are named there, the newest first and at most [`EPOCHS`], and its first.
    async fn newest_epochs(&self, reader: &Reader, base: &Origin) -> Result<Vec<u32>, Error> {
        let Some(tip) = self.tip else { return Ok(Vec::new()) };
        let names = reader.names_in(self.repo, &folder(base), tip.commit.as_str()).await?;
        let below =
            |name: &String| format!("{base}/{name}").parse().ok().and_then(|origin| base.epoch_of(&origin));
        let mut epochs: Vec<u32> = names.iter().filter_map(below).filter(|epoch| *epoch > 0).collect();
        epochs.sort_unstable_by(|one, other| other.cmp(one));
        epochs.truncate(EPOCHS);
        epochs.push(0);
        Ok(epochs)
    }
}

impl Anchors {
    pub(super) async fn write_to_branch(&self, place: &AnchorBranch, head: &Head) -> Result<(), Error> {
        let now = self.app.clock.now();
        let due = batch::due_from(&mut self.app.db.read().await?, head, Place::Git, now).await?;
        match due {
            Some(from) => self.bring_up_to_date(place, head, from).await,
            None => Ok(()),
        }
    }

    async fn bring_up_to_date(&self, place: &AnchorBranch, head: &Head, was: u64) -> Result<(), Error> {
        let reader = &self.app.reader;
        let found = installed(reader, place).await?;
        if !found.may_write {
            return Err(Error::MayNotWrite(place.repository.to_string()));
        }
        let tip = reader.tip(&found.repo, &place.branch).await?;
        let there = There { repo: &found.repo, tip: tip.as_ref() };
        let origin = origin_of(&head.note)?;
        let from = match (there.checkpoint(reader, &origin).await?, &tip) {
            (Some(note), Some(tip)) => self.beginning(place, head, (&note, &tip.commit)).await?,
            _ => 0,
        };
        if from < was {
            tracing::warn!(%place, was, is = from, "the branch was taken back; what is missing there is written again");
        }
        if let (Some(tip), true) = (&tip, from == head.size) {
            // An earlier commit was made, and its answer was lost.
            return self.remember(head, from, &tip.commit, Standing::Anchored).await;
        }
        let mut conn = self.app.db.read().await?;
        let decisions = batch::decisions(&mut conn, head, from).await?;
        let batch = batch::next(&mut conn, head, decisions).await?;
        let files = files(&mut conn, head.epoch, &origin, &batch).await?;
        drop(conn);
        let commit =
            self.writer.commit_files(there.repo, there.tip, &files, &message(&origin, &batch)).await?;
        match self.writer.advance_branch(there.repo, &place.branch, (there.tip, &commit)).await? {
            Moved::Yes => self.remember(head, batch.size, &commit, Standing::Anchored).await,
            // Another program on this database was quicker: the next round sees what it wrote.
            Moved::Overtaken => Ok(()),
        }
    }

    /// The size of what is anchored, if it is a beginning of our log.
    async fn beginning(
        &self,
        place: &AnchorBranch,
        head: &Head,
        (note, commit): (&str, &CommitSha),
    ) -> Result<u64, Error> {
        let found = Checkpoint::claimed(note);
        let why = match &found {
            None => "it is no checkpoint".to_owned(),
            Some(found) if found.size > head.size => format!("ours has only {} entries", head.size),
            Some(found) => {
                let (size, mut conn) = (found.size, self.app.db.read().await?);
                match tile::checkpoint_of(&mut conn, head.epoch, size).await? {
                    Some(ours) if Checkpoint::claimed(&ours).as_ref() == Some(found) => return Ok(size),
                    Some(_) => format!("ours has another root at {size} entries"),
                    None => format!("we never signed a checkpoint of {size} entries"),
                }
            }
        };
        self.remember(head, head.size, commit, Standing::Contradicted).await?;
        let found = found.map_or("a text".to_owned(), |it| format!("a checkpoint of {} entries", it.size));
        Err(Error::Contradiction { place: place.to_string(), found, why })
    }

    async fn remember(
        &self,
        head: &Head,
        size: u64,
        commit: &CommitSha,
        standing: Standing,
    ) -> Result<(), Error> {
        let (epoch, at, reference) = (head.epoch, self.app.clock.now(), commit.as_str().to_owned());
        let anchor = Anchor { epoch, size, place: Place::Git, reference, at, standing };
        let write = self.app.db.write(move |tx| Box::pin(async move { anchor::record(tx, &anchor).await }));
        Ok(write.await?)
    }
}

/// What one commit adds: the checkpoint, and the proofs that lead to it.
async fn files(
    conn: &mut db::Conn,
    epoch: i64,
    origin: &Origin,
    batch: &Batch,
) -> Result<Vec<(String, String)>, Error> {
    let folder = folder(origin);
    let missing = |what: String| Error::Incomplete(what);
    let note = tile::checkpoint_of(conn, epoch, batch.size).await?;
    let note = note.ok_or_else(|| missing(format!("the checkpoint of {} entries", batch.size)))?;
    let note = cosignature::cosigned(conn, epoch, batch.size, note).await?;
    let mut files = vec![(format!("{folder}/checkpoint"), note)];
    for index in &batch.decisions {
        let proof = tile::proof(conn, epoch, *index, batch.size).await?;
        let proof = proof.ok_or_else(|| missing(format!("what proves entry {index}")))?;
        files.push((format!("{folder}/proof/{index}.tlog-proof"), proof.to_string()));
    }
    Ok(files)
}

fn message(origin: &Origin, batch: &Batch) -> String {
    let decisions = match batch.decisions.len() {
        1 => "1 decision".to_owned(),
        count => format!("{count} decisions"),
    };
    format!("Checkpoint of {} entries\n\nThe log {origin}, with proofs of {decisions}.\n", batch.size)
}

fn origin_of(note: &str) -> Result<Origin, Error> {
    let claimed = Checkpoint::claimed(note).map(|checkpoint| checkpoint.origin);
    claimed.ok_or_else(|| Error::Incomplete("a checkpoint with an origin".to_owned()))
}
