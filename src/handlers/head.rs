//! Which commit a comment is about: `issue_comment` carries none, so we ask our own timeline.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::head::{self, Head};
use crate::db::{self, Tx};
use crate::github::read::Pull;
use crate::handlers::Result;
use crate::ids::{CommitSha, IssueNumber, Repo, RepoId};
use crate::requirement::{Code, Refusal};

/// For so long after a push, a read that gives an earlier head is taken for one that lags behind: the
/// timeline must not learn it as new.
const LAG: Duration = Duration::from_mins(5);

/// What the timeline says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AsOf {
    /// The head when the comment was written, by our timeline and by what GitHub says now.
    Agreed(CommitSha),
    /// It cannot be told. If there is a head, remember it, so that the next comment can be.
    Refused(Refusal, Option<Head>),
}

/// The head of a pull request when a comment was written.
pub(super) async fn as_of(app: &App, repo: &Repo, pull: &Pull, written: Timestamp) -> Result<AsOf> {
    let mut conn = app.db.read().await?;
    let heads = head::latest(&mut conn, repo.id, pull.number).await?;
    Ok(judge(&heads, &read_now(repo, pull, written), written))
}

/// What GitHub says the head is. Known since this comment: whoever pushed it, we were not told.
fn read_now(repo: &Repo, pull: &Pull, since: Timestamp) -> Head {
    Head {
        sha: pull.head_sha.clone(),
        since,
        pusher: None,
        branch: pull.head_ref.clone(),
        fork: pull.head_repo != Some(repo.id),
    }
}

/// From our timeline, newest first.
fn judge(heads: &[Head], read: &Head, written: Timestamp) -> AsOf {
    let Some(newest) = heads.first() else {
        let sentence = format!(
            "Countersign was not told what the head of this pull request was when you wrote that; it is {} now. If that is the commit you mean, write the comment again.",
            read.sha.short()
        );
        return AsOf::Refused(Refusal::new(Code::HeadUnknown, sentence), Some(read.clone()));
    };
    if newest.sha != read.sha {
        let sentence = format!(
            "The head may have moved while you wrote that: GitHub says it is {} now, and the last push Countersign was told of was {}. Look at the commit you mean, and write the comment again.",
            read.sha.short(),
            newest.sha.short()
        );
        let lags = heads.iter().any(|head| head.sha == read.sha) && written.since(newest.since) < LAG;
        return AsOf::Refused(Refusal::new(Code::HeadMoved, sentence), (!lags).then(|| read.clone()));
    }
    // GitHub's times are whole seconds: within the same one nobody can tell which came first.
    if newest.since.seconds() >= written.seconds() {
        let sentence = format!(
            "The head moved to {} in the very second you wrote that, or after. Look at it, and write the comment again.",
            newest.sha.short()
        );
        return AsOf::Refused(Refusal::new(Code::HeadMoved, sentence), None);
    }
    AsOf::Agreed(newest.sha.clone())
}

/// Remembers a head that was only read.
pub(super) fn remember(
    repo: RepoId,
    number: IssueNumber,
    head: Option<Head>,
) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, db::Result<()>> + Send + 'static {
    move |tx| {
        Box::pin(async move {
            match head {
                Some(head) => head::add(tx, repo, number, &head, false).await,
                None => Ok(()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(digit: &str, since: i64) -> Head {
        Head {
            sha: digit.repeat(40).parse().unwrap(),
            since: Timestamp::from_seconds(since),
            pusher: None,
            branch: "topic".parse().unwrap(),
            fork: false,
        }
    }

    fn code(heads: &[Head], read: &Head, written: i64) -> Option<Code> {
        match judge(heads, read, Timestamp::from_seconds(written)) {
            AsOf::Agreed(_) => None,
            AsOf::Refused(refusal, _) => Some(refusal.code),
        }
    }

    fn learned(heads: &[Head], read: &Head, written: i64) -> bool {
        matches!(judge(heads, read, Timestamp::from_seconds(written)), AsOf::Refused(_, Some(_)))
    }

    #[test]
    fn ambiguity_is_a_no() {
        assert_eq!(code(&[head("a", 10)], &head("a", 11), 11), None, "known before, and still so");
        assert_eq!(code(&[head("a", 11)], &head("a", 11), 11), Some(Code::HeadMoved), "the same second");
        assert_eq!(code(&[head("a", 12)], &head("a", 11), 11), Some(Code::HeadMoved), "moved afterwards");
        assert_eq!(
            code(&[head("a", 5)], &head("b", 11), 11),
            Some(Code::HeadMoved),
            "a push we were not told of"
        );
        assert_eq!(code(&[], &head("a", 11), 11), Some(Code::HeadUnknown));
    }
    #[test]
    fn a_read_that_lags_behind_is_not_learned() {
        let heads = [head("b", 1000), head("a", 5)];
        assert!(!learned(&heads, &head("a", 1001), 1001), "GitHub still gives the head before the push");
        assert!(learned(&heads, &head("a", 2000), 2000), "so long after, it was moved back");
        assert!(learned(&heads, &head("c", 1001), 1001), "a push we were not told of");
    }
}
