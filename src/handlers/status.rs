//! `/status`: what is live, what waits and on whom.

use crate::comment;
use crate::handlers::Result;
use crate::handlers::ask::{CommandContext, Said};
use crate::ids::EnvironmentName;
use crate::query::{Status, of_repository};

pub(super) async fn status(ask: &CommandContext, environment: Option<EnvironmentName>) -> Result<Said> {
    let Status { live, open } = of_repository(&ask.context.app.db, ask.repo.id).await?;
    Ok(Said::words(comment::status(&ask.repo.name, environment.as_ref(), &live, &open)))
}
