//! A deployment got a status: where no workflow of ours deploys, that is how we hear of the end.

use crate::db::promotion;
use crate::handlers::workflow_run::look;
use crate::handlers::{Context, Result};
use crate::ids::{DeploymentId, Repo};
use crate::promotion::State;

pub(super) async fn changed(context: Context, repo: Repo, deployment: DeploymentId) -> Result<()> {
    let mut conn = context.app.db.read().await?;
    let found = promotion::by_deployment(&mut conn, repo.id, deployment).await?;
    drop(conn);
    match found {
        Some(promotion)
            if promotion.deploy.workflow.is_none() && matches!(promotion.state, State::Deploying { .. }) =>
        {
            look(context, repo, promotion).await
        }
        Some(_) | None => context.finish().await,
    }
}
