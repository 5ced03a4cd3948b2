//! A comment was written: its commands are carried out one after the other, each exactly once.

use crate::audit::{ActorRole, Kind};
use crate::command::{Command, Parsed, parse};
use crate::db::{NewEntry, inbox, notice};
use crate::effect::{Notice, Reaction};
use crate::event::{Comment, CommentChange};
use crate::handlers::ask::{CommandContext, Said, Way};
use crate::handlers::{
    Context, Result, approve, cancel, help, late, load_policy, promote, scan, status, waive, why,
};
use crate::ids::{Actor, Repo};
use crate::policy::Principal;
use crate::policy::facts::Choice;
use crate::requirement::Refusal;

/// Only what a person wrote counts, or a bot that the policy names; and only when it was written.
pub(super) async fn created(context: Context, repo: Repo, sender: Actor, comment: Comment) -> Result<()> {
    let Parsed::Commands(lines) = parse(&comment.body) else { return context.finish().await };
    // What an App writes in a person's name is not that person's word.
    let counts = if sender.bot { is_named(&context, &repo, &sender).await? } else { !comment.through_app };
    if !counts {
        return context.finish().await;
    }
    acknowledge(&context, &repo, &comment).await?;
    let count = lines.len();
    let done = usize::try_from(context.delivery.steps).unwrap_or(0);
    for (index, line) in lines.into_iter().enumerate().skip(done) {
        let ask = CommandContext {
            context: context.clone(),
            repo: repo.clone(),
            sender: sender.clone(),
            subject: comment.number,
            written_at: comment.created_at,
            asked: line.text,
            way: Way::Comment {
                id: comment.id,
                on_pull_request: comment.on_pull_request,
                step: index + 1,
                last: index + 1 == count,
            },
        };
        let said = match line.command {
            Ok(command) => carry_out(&ask, command).await?,
            Err(error) => Said::unclear(&error),
        };
        ask.answer(said).await?;
    }
    Ok(())
}

async fn carry_out(ask: &CommandContext, command: Command) -> Result<Said> {
    if let Some(refusal) = too_late(ask, &command) {
        return Ok(Said::no(&refusal));
    }
    match command {
        Command::Promote(wish) => promote::promote(ask, wish).await,
        Command::Approve { which } => approve::by_comment(ask, which, Choice::Approve, None).await,
        Command::Reject { which, reason } => {
            approve::by_comment(ask, which, Choice::Reject, Some(reason)).await
        }
        Command::Cancel { which } => cancel::cancel(ask, which).await,
        Command::Status { environment } => status::status(ask, environment).await,
        Command::Why { which } => why::why(ask, which).await,
        Command::Waive(wish) => waive::waive(ask, wish).await,
        Command::Unwaive { finding } => waive::unwaive(ask, finding).await,
        Command::Scan => scan::scan(ask).await,
        Command::Help { command } => Ok(help::help(command)),
    }
}

/// Whether it is no longer obeyed. What only tells is never too late.
fn too_late(ask: &CommandContext, command: &Command) -> Option<Refusal> {
    let written = ask.written_at;
    match command {
        Command::Promote(_) => late::when_begun(ask.context.now, written),
        Command::Approve { .. }
        | Command::Reject { .. }
        | Command::Cancel { .. }
        | Command::Waive(_)
        | Command::Unwaive { .. } => late::on_arrival(&ask.context.delivery, written),
        Command::Status { .. } | Command::Why { .. } | Command::Scan | Command::Help { .. } => None,
    }
}

/// A bot is heard only where the policy lets it, by its login, ask for something.
async fn is_named(context: &Context, repo: &Repo, bot: &Actor) -> Result<bool> {
    let Ok(loaded) = load_policy(&context.app, repo).await? else { return Ok(false) };
    let named = |principal: &Principal| match principal {
        Principal::User(login) => login.as_str().eq_ignore_ascii_case(bot.login.as_str()),
        Principal::Team { .. } | Principal::Role(_) => false,
    };
    Ok(loaded.policy.environments.values().any(|environment| environment.promote.by.iter().any(named)))
}

/// The writer sees at once that the comment was read.
async fn acknowledge(context: &Context, repo: &Repo, comment: &Comment) -> Result<()> {
    let (repo, now) = (repo.clone(), context.now);
    let seen = Notice::React { comment: comment.id, reaction: Reaction::Eyes };
    context
        .app
        .db
        .write(move |tx| Box::pin(async move { notice::want(tx.conn().await?, &repo, &seen, now).await }))
        .await?;
    context.app.db.ring_outbox();
    Ok(())
}

/// An edited or deleted command is recorded, and changes nothing.
pub(super) async fn changed(
    context: Context,
    repo: Repo,
    sender: Actor,
    change: CommentChange,
) -> Result<()> {
    let was_command =
        change.body_before.as_deref().is_some_and(|before| matches!(parse(before), Parsed::Commands(_)));
    if !was_command || sender.bot {
        return context.finish().await;
    }
    let entry = NewEntry::new(Kind::RequestRefused, context.now, context.source())
        .repo(repo.id)
        .actor(ActorRole::Requester, &sender)
        .refused("comment_changed");
    let Context { app, delivery, now } = context;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                tx.append(entry).await?;
                inbox::finish(tx, &delivery, now).await
            })
        })
        .await?;
    Ok(())
}
