//! `/status`: what is live, what waits and on whom.

use crate::comment;
use crate::db::promotion;
use crate::handlers::Result;
use crate::handlers::ask::{CommandContext, Said};
use crate::ids::EnvironmentName;

pub(super) async fn status(ask: &CommandContext, environment: Option<EnvironmentName>) -> Result<Said> {
    let mut conn = ask.context.app.db.read().await?;
    let live = promotion::live(&mut conn, ask.repo.id).await?;
    let open = promotion::open(&mut conn, ask.repo.id).await?;
    Ok(Said::words(comment::status(&ask.repo.name, environment.as_ref(), &live, &open)))
}
