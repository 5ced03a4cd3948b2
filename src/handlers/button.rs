//! A press of a button in one of our check runs: of *Approve* or *Reject*, which is a vote of whoever pressed it,
//! or of *Scan again*.

use crate::audit::{ActorRole, Kind};
use crate::check_run::{self, scans};
use crate::comment::{self, Answer};
use crate::db::{NewEntry, inbox, notice, promotion, subject};
use crate::effect::Notice;
use crate::event::ButtonPress;
use crate::handlers::approve::cast;
use crate::handlers::{Context, Result, late, scan};
use crate::ids::{Actor, Repo};
use crate::policy::facts::Choice;
use crate::promotion::Promotion;
use crate::requirement::Refusal;

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
    if let Some(refusal) = late::of_press(&context.delivery) {
        return refused(context, repo, sender, promotion, choice, refusal).await;
    }
    match cast(&context, &repo, &sender, promotion.clone(), choice).await? {
        Ok(ballot) => {
            let words = comment::voted(&ballot.step.promotion, choice);
            let entry = ballot.entry(&context);
            let answer = answer(&context, &sender, choice, words.into());
            let Context { app, delivery, now } = context.clone();
            app.db
                .write(move |tx| {
                    Box::pin(async move {
                        let (repo, at) = (promotion.id().repo, promotion.tuple.subject);
                        ballot.store(tx, &context, entry).await?;
                        subject::answer(tx, repo, at, &answer).await?;
                        inbox::finish(tx, &delivery, now).await
                    })
                })
                .await?;
            app.db.ring_outbox();
            Ok(())
        }
        Err(refusal) => refused(context, repo, sender, promotion, choice, refusal).await,
    }
}

async fn refused(
    context: Context,
    repo: Repo,
    sender: Actor,
    promotion: Promotion,
    choice: Choice,
    refusal: Refusal,
) -> Result<()> {
    let entry = NewEntry::new(Kind::VoteRefused, context.now, context.source())
        .about(&promotion.tuple)
        .actor(ActorRole::Voter, &sender)
        .refused(refusal.code.as_str());
    let answer = answer(&context, &sender, choice, comment::refused(&refusal).into());
    let Context { app, delivery, now } = context;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                tx.append(entry).await?;
                subject::answer(tx, repo.id, promotion.tuple.subject, &answer).await?;
                let told = Notice::StatusComment { subject: promotion.tuple.subject };
                notice::want(tx.conn().await?, &repo, &told, now).await?;
                inbox::finish(tx, &delivery, now).await
            })
        })
        .await?;
    app.db.ring_outbox();
    Ok(())
}

fn answer(context: &Context, sender: &Actor, choice: Choice, markdown: String) -> Answer {
    let asked = match choice {
        Choice::Approve => "the Approve button",
        Choice::Reject => "the Reject button",
    };
    Answer { asker: sender.login.clone(), asked: asked.to_owned(), markdown, at: context.now }
}
