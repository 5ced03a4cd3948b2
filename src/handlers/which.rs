//! Which promotion a command means: the one it names, or the only one that it can mean here.

use crate::command::Which;
use crate::db::promotion;
use crate::handlers::Result;
use crate::handlers::ask::CommandContext;
use crate::ids::PromotionId;
use crate::promotion::Promotion;
use crate::requirement::{Code, Refusal};

/// Finds the promotion that was meant among those asked for on this issue or pull request.
///
/// Those of other pull requests are not meant: whoever votes here looks at this one's commits.
pub(super) async fn which(
    ask: &CommandContext,
    which: Option<&Which>,
    fits: fn(&Promotion) -> bool,
) -> Result<std::result::Result<Promotion, Refusal>> {
    let mut conn = ask.context.app.db.read().await?;
    if let Some(Which::Number(number)) = which {
        let found = promotion::find(&mut conn, PromotionId { repo: ask.repo.id, number: *number }).await?;
        return Ok(match found {
            Some(found) if found.tuple.subject == ask.subject && could_be_meant(ask, &found) => Ok(found),
            Some(found) if found.tuple.subject == ask.subject => Err(not_asked_yet(&found)),
            Some(found) => Err(Refusal::new(
                Code::WhichPromotion,
                format!(
                    "{number} was asked for on #{}: go there to look at it and to vote.",
                    found.tuple.subject
                ),
            )),
            None => {
                Err(Refusal::new(Code::WhichPromotion, format!("There is no {number} in this repository.")))
            }
        });
    }
    let mut here: Vec<Promotion> = promotion::open(&mut conn, ask.repo.id)
        .await?
        .into_iter()
        .filter(|promotion| promotion.tuple.subject == ask.subject && fits(promotion))
        .filter(|promotion| could_be_meant(ask, promotion))
        .filter(|promotion| match which {
            Some(Which::Environment(environment)) => promotion.tuple.environment == *environment,
            Some(Which::Number(_)) | None => true,
        })
        .collect();
    Ok(match (here.pop(), here.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Refusal::new(
            Code::WhichPromotion,
            "Nothing that fits was open here when you wrote that. Ask with /promote ENV first, or see /status.",
        )),
        (Some(last), false) => {
            here.push(last);
            let names: Vec<String> = here
                .iter()
                .map(|promotion| format!("{} ({})", promotion.id().number, promotion.tuple.environment))
                .collect();
            let sentence = format!("More than one fits: {}. Name the one you mean.", names.join(", "));
            Err(Refusal::new(Code::WhichPromotion, sentence))
        }
    })
}

/// A comment that was delivered late cannot mean what was asked for after it was written. Within the same
/// second nobody but the requester can tell which came first.
fn could_be_meant(ask: &CommandContext, promotion: &Promotion) -> bool {
    let (asked, written) = (promotion.tuple.requested_at.seconds(), ask.written_at.seconds());
    asked < written || (asked == written && promotion.tuple.requester.id == ask.sender.id)
}

fn not_asked_yet(promotion: &Promotion) -> Refusal {
    let number = promotion.id().number;
    let sentence = format!(
        "{number} was asked for after you wrote that. Look at it, and write the comment again if you mean it."
    );
    Refusal::new(Code::WhichPromotion, sentence)
}
