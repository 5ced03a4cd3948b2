//! The policy for whoever decides by it: read, and how it was is remembered.

use crate::app::App;
use crate::db::repository::{self, PolicySeen};
use crate::facts::{self, Loaded, PolicyFile, read_policy};
use crate::github;
use crate::handlers::Result;
use crate::ids::Repo;
use crate::requirement::Refusal;

/// Reads the policy of a repository, or says what is wrong with it, and remembers how it was.
pub async fn load(app: &App, repo: &Repo) -> Result<std::result::Result<Loaded, Refusal>> {
    let found = read_policy(app, repo).await;
    match &found {
        Ok(PolicyFile { blob, loaded }) => {
            let error = loaded.as_ref().err().map(|refusal| refusal.sentence.clone());
            remember(app, repo, PolicySeen { blob: blob.clone(), error }).await?;
        }
        Err(facts::Error::GitHub(github::Error::Gone)) => forget(app, repo).await?,
        Err(facts::Error::GitHub(_) | facts::Error::Db(_)) => {}
    }
    Ok(found?.loaded)
}

/// Most of the time it is as it was, and nothing is written.
async fn remember(app: &App, repo: &Repo, policy: PolicySeen) -> Result<()> {
    let mut conn = app.db.read().await?;
    let known = repository::find(&mut conn, repo.id).await?;
    drop(conn);
    if known.is_none_or(|known| known.policy == policy) {
        return Ok(());
    }
    let id = repo.id;
    let write = app.db.write(move |tx| {
        Box::pin(async move { repository::policy_read(tx.conn().await?, id, &policy).await })
    });
    Ok(write.await?)
}

async fn forget(app: &App, repo: &Repo) -> Result<()> {
    let (id, now) = (repo.id, app.clock.now());
    let write =
        app.db.write(move |tx| Box::pin(async move { repository::gone(tx.conn().await?, id, now).await }));
    Ok(write.await?)
}
