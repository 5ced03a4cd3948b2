//! Which commit a comment is about: `issue_comment` carries none, so we ask our own timeline.

use futures_util::future::BoxFuture;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::head::{self, Head};
use crate::db::{self, Tx};
use crate::event::Comment;
use crate::github::read::Pull;
use crate::handlers::Result;
use crate::ids::{CommitSha, Repo, RepoId};
use crate::requirement::{Code, Refusal};

/// What the timeline says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AsOf {
    /// The head when the comment was written, by our timeline and by what GitHub says now.
    Agreed(CommitSha),
    /// It cannot be told. If there is a head, remember it, so that the next comment can be.
    Refused(Refusal, Option<Head>),
}

/// The head of a pull request when a comment was written.
pub(super) async fn as_of(app: &App, repo: &Repo, pull: &Pull, comment: &Comment) -> Result<AsOf> {
    let mut conn = app.db.read().await?;
    let heads = head::latest(&mut conn, repo.id, comment.number).await?;
    Ok(judge(heads.first(), &read_now(repo, pull, comment.created_at), comment.created_at))
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

fn judge(newest: Option<&Head>, read: &Head, written: Timestamp) -> AsOf {
    let Some(newest) = newest else {
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
        return AsOf::Refused(Refusal::new(Code::HeadMoved, sentence), Some(read.clone()));
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
    comment: &Comment,
    head: Option<Head>,
) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, db::Result<()>> + Send + 'static {
    let number = comment.number;
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

    fn code(newest: Option<&Head>, read: &Head, written: i64) -> Option<Code> {
        match judge(newest, read, Timestamp::from_seconds(written)) {
            AsOf::Agreed(_) => None,
            AsOf::Refused(refusal, _) => Some(refusal.code),
        }
    }

    #[test]
    fn ambiguity_is_a_no() {
        assert_eq!(code(Some(&head("a", 10)), &head("a", 11), 11), None, "known before, and still so");
        assert_eq!(code(Some(&head("a", 11)), &head("a", 11), 11), Some(Code::HeadMoved), "the same second");
        assert_eq!(code(Some(&head("a", 12)), &head("a", 11), 11), Some(Code::HeadMoved), "moved afterwards");
        assert_eq!(
            code(Some(&head("a", 5)), &head("b", 11), 11),
            Some(Code::HeadMoved),
            "a push we were not told of"
        );
        assert_eq!(code(None, &head("a", 11), 11), Some(Code::HeadUnknown));
    }
}
