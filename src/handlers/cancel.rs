//! `/cancel`: withdraws a promotion, and stops what it started.

use crate::authz::{Authorized, Cancel, may_cancel, may_withdraw};
use crate::command::Which;
use crate::comment;
use crate::facts::{self, Missing};
use crate::handlers::ask::{CommandContext, Said};
use crate::handlers::store::{First, Stored, store};
use crate::handlers::which::which;
use crate::handlers::{Result, load_policy};
use crate::policy::facts::Tuple;
use crate::policy::principals;
use crate::requirement::{Code, Refusal};

pub(super) async fn cancel(ask: &CommandContext, named: Option<Which>) -> Result<Said> {
    let promotion = match which(ask, named.as_ref(), |promotion| promotion.state.is_open()).await? {
        Ok(promotion) => promotion,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    if !promotion.state.is_open() {
        let (number, state) = (promotion.id().number, promotion.state.name());
        let sentence = format!("{number} is {state} already: there is nothing left to cancel.");
        return Ok(Said::no(&Refusal::new(Code::TooLate, sentence)));
    }
    let right = match right(ask, &promotion.tuple).await? {
        Ok(right) => right,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let step = promotion.in_repo(&ask.repo).cancelled(right, ask.context.now)?;
    let words = comment::cancelled(&step.promotion);
    let (source, now) = (ask.context.source(), ask.context.now);
    let stored = Stored { step, decided: None, missing: Missing::default(), source, now };
    Ok(Said::done(words, move |tx| Box::pin(store(tx, stored, First::No))))
}

/// The requester may always withdraw; others need a right that the policy gives them.
async fn right(
    ask: &CommandContext,
    tuple: &Tuple,
) -> Result<std::result::Result<Authorized<Cancel>, Refusal>> {
    if let Some(right) = may_withdraw(tuple, &ask.sender) {
        return Ok(Ok(right));
    }
    let app = &ask.context.app;
    let loaded = match load_policy(app, &ask.repo).await? {
        Ok(loaded) => loaded,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let environment = match loaded.environment(&tuple.environment) {
        Ok(environment) => environment,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut asked = principals(environment);
    asked.extend(environment.cancel.iter().cloned());
    let person = facts::person(app, &ask.repo, &ask.sender, &asked).await?;
    Ok(may_cancel(environment, tuple, &person))
}
