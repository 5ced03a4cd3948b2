//! `/why`: every requirement of a promotion, its verdict and its code, evaluated now.

use crate::command::Which;
use crate::comment;
use crate::db::promotion;
use crate::handlers::Result;
use crate::handlers::ask::{CommandContext, Said};
use crate::handlers::reevaluate::{Judgement, judge};
use crate::handlers::store::{First, Stored, store};
use crate::handlers::which::which;
use crate::ids::PromotionNumber;

pub(super) async fn why(ask: &CommandContext, number: Option<PromotionNumber>) -> Result<Said> {
    let named = match number {
        Some(number) => Some(number),
        None => latest(ask).await?,
    };
    let promotion = match which(ask, named.map(Which::Number).as_ref(), |_| true).await? {
        Ok(promotion) => promotion,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    if !promotion.state.is_waiting() {
        return Ok(Said::words(comment::why(&promotion)));
    }
    let now = ask.context.now;
    let Judgement { step, decided, missing } = judge(&ask.context, &ask.repo, promotion).await?;
    let words = comment::why(&step.promotion);
    let stored = Stored { step, decided, missing, source: ask.context.source(), now };
    Ok(Said::done(words, move |tx| Box::pin(store(tx, stored, First::No))))
}

/// Without a number, the last one asked for here.
async fn latest(ask: &CommandContext) -> Result<Option<PromotionNumber>> {
    let mut conn = ask.context.app.db.read().await?;
    let last = promotion::of_subject(&mut conn, ask.repo.id, ask.subject, 1).await?;
    Ok(last.first().map(|promotion| promotion.id().number))
}
