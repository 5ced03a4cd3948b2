//! Reports of a commit were read: whatever waits on it is judged again, and the check run is written anew.

use crate::db::notice;
use crate::effect::Notice;
use crate::handlers::reevaluate::waiting_on;
use crate::handlers::{Context, Result};
use crate::ids::{CommitSha, Repo};

pub(super) async fn read(context: Context, repo: Repo, commit: CommitSha) -> Result<()> {
    let (told_of, told, now) = (repo.clone(), Notice::Scans { commit: commit.clone() }, context.now);
    let wanted = context
        .app
        .db
        .write(move |tx| Box::pin(async move { notice::want(tx.conn().await?, &told_of, &told, now).await }));
    wanted.await?;
    waiting_on(context, repo, commit).await
}
