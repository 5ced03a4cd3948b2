//! A press of a button in one of our check runs: of *Approve* or *Reject*, which is a vote of whoever pressed it,
//! or of *Scan again*.

use crate::check_run::{self, scans};
use crate::db::promotion;
use crate::event::ButtonPress;
use crate::handlers::ask::{CommandContext, Said, Way};
use crate::handlers::{Context, Result, approve, late, scan};
use crate::ids::{Actor, Repo};
use crate::policy::facts::Choice;

pub(super) async fn pressed(context: Context, repo: Repo, sender: Actor, press: ButtonPress) -> Result<()> {
    // What stands in a check run may be believed only when our own App wrote it.
    if press.app != context.app.app_id || sender.bot {
        return context.finish().await;
    }
    let choice = match press.identifier.as_str() {
        check_run::APPROVE => Choice::Approve,
        check_run::REJECT => Choice::Reject,
        scans::SCAN if scans::Mark::parse(&press.external_id).is_some() => {
            return scan::pressed(context, repo, sender, press.commit).await;
        }
        _ => return context.finish().await,
    };
    let named = check_run::parse_external_id(&press.external_id).filter(|id| id.repo == repo.id);
    let Some(id) = named else { return context.finish().await };
    let mut conn = context.app.db.read().await?;
    let Some(promotion) = promotion::find(&mut conn, id).await? else { return context.finish().await };
    drop(conn);
    let asked = match choice {
        Choice::Approve => "the Approve button",
        Choice::Reject => "the Reject button",
    };
    let ask = CommandContext {
        subject: promotion.tuple.subject,
        written_at: context.now,
        asked: asked.to_owned(),
        way: Way::Button,
        context,
        repo,
        sender,
    };
    let said = match late::of_press(&ask.context.delivery) {
        Some(refusal) => Said::no_vote(&refusal, &promotion.tuple),
        None => approve::by_button(&ask, promotion, choice).await?,
    };
    ask.answer(said).await
}
