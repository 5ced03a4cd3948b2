//! `/promote ENV`: somebody asks to put one commit into one environment.

use std::collections::BTreeMap;

use crate::audit::Kind;
use crate::authz::{self, Authorized, may_promote};
use crate::clock::random;
use crate::command::{Promote, Target};
use crate::comment;
use crate::db::{self, NewEntry, promotion, push};
use crate::effect::MarkSeed;
use crate::facts::{self, Gathered, Loaded};
use crate::handlers::ask::{CommandContext, Said};
use crate::handlers::head::{self, AsOf};
use crate::handlers::store::{First, Stored, log_policy, store};
use crate::handlers::{Result, load_policy};
use crate::ids::{CommitSha, PromotionId, RefName};
use crate::policy::facts::{TargetKind, Tuple};
use crate::policy::{Denial, Environment, Outcome, check_parameters, principals};
use crate::promotion::{DeployPlan, open};
use crate::requirement::{Code, Refusal};

pub(super) async fn promote(ask: &CommandContext, wish: Promote) -> Result<Said> {
    let app = &ask.context.app;
    let loaded = match load_policy(app, &ask.repo).await? {
        Ok(loaded) => loaded,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let environment = match loaded.environment(&wish.environment) {
        Ok(environment) => environment,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    // Before anything costly is read: on a public repository anybody may write this.
    let requester = facts::person(app, &ask.repo, &ask.sender, &principals(environment)).await?;
    let right = match may_promote(ask.repo.id, &wish.environment, environment, &requester) {
        Ok(right) => right,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let (commit, target) = match target(ask, &wish.target).await? {
        Named::Commit(commit, target) => (commit, target),
        Named::Refused(refusal) => return Ok(Said::no(&refusal)),
        Named::HeadUnclear(refusal, head) => {
            return Ok(Said::no_but(&refusal, head::remember(ask.repo.id, ask.subject, head)));
        }
    };
    let given = wish.parameters.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let parameters = match check_parameters(environment, &given) {
        Ok(parameters) => parameters,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let tuple = tuple(ask, &wish, &loaded, environment, (commit, target, parameters)).await?;
    decide(ask, wish, right, loaded, tuple).await
}

async fn decide(
    ask: &CommandContext,
    wish: Promote,
    right: Authorized<authz::Promote>,
    loaded: Loaded,
    tuple: Tuple,
) -> Result<Said> {
    let (app, now) = (&ask.context.app, ask.context.now);
    let environment = match loaded.environment(&tuple.environment) {
        Ok(environment) => environment,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let Gathered { facts, missing } = facts::gather(app, &ask.repo, &tuple, &loaded, environment).await?;
    let decided = loaded.decide(facts, now);
    let decision = &decided.decision;
    if let Outcome::Deny(denial) = &decision.verdict {
        return Ok(Said::no(&refusal_of(denial)));
    }
    if wish.dry_run {
        return Ok(Said::words(comment::dry_run(&tuple.environment, &tuple.commit, decision)));
    }
    if let Some(refusal) = already_asked(ask, &tuple).await? {
        return Ok(Said::no(&refusal));
    }
    let plan = plan(environment, &tuple.parameters);
    let (repo, reason) = (ask.repo.clone(), wish.reason.clone());
    let promotion = open(right, tuple.clone(), repo, reason, plan, MarkSeed::new(random()))?;
    let step = promotion.decided(decision, now);
    let words = comment::opened(&step.promotion);
    let (source, repo) = (ask.context.source(), ask.repo.clone());
    Ok(Said::done(words, move |tx| {
        Box::pin(async move {
            log_policy(tx, &repo, &tuple.policy, &source, now).await?;
            let asked = NewEntry::new(Kind::RequestOpened, now, source.clone());
            tx.append(asked.asks_for(&tuple).reason(wish.reason.as_deref())).await?;
            store(tx, Stored { step, decided: Some(decided), missing, source, now }, First::Yes).await
        })
    }))
}

/// Which commit was named.
enum Named {
    Commit(CommitSha, TargetKind),
    Refused(Refusal),
    HeadUnclear(Refusal, Option<db::head::Head>),
}

async fn target(ask: &CommandContext, target: &Target) -> Result<Named> {
    let (app, repo) = (&ask.context.app, &ask.repo);
    match target {
        Target::Head if !ask.on_pull_request() => Ok(Named::Refused(Refusal::new(
            Code::CommitNeeded,
            "An issue has no commit of its own: name one with --sha or --tag.",
        ))),
        Target::Head => {
            let Some(pull) = app.reader.pull(repo, ask.subject).await? else {
                let sentence = "GitHub does not show this pull request to Countersign any more.";
                return Ok(Named::Refused(Refusal::new(Code::CommitUnknown, sentence)));
            };
            Ok(match head::as_of(app, repo, &pull, ask.written_at).await? {
                AsOf::Agreed(commit) => Named::Commit(commit, TargetKind::Head),
                AsOf::Refused(refusal, head) => Named::HeadUnclear(refusal, head),
            })
        }
        Target::Sha(prefix) => {
            let found = app.reader.commit(repo, prefix.as_str()).await?;
            Ok(match found.filter(|commit| prefix.matches(&commit.sha)) {
                Some(commit) => Named::Commit(commit.sha, TargetKind::Sha),
                None => Named::Refused(Refusal::new(
                    Code::CommitUnknown,
                    format!("GitHub knows no one commit {prefix} in this repository: write more of its SHA."),
                )),
            })
        }
        Target::Tag(tag) => Ok(match app.reader.tag_commit(repo, tag).await? {
            Some(commit) => match tag_moved(ask, tag, &commit).await? {
                Some(refusal) => Named::Refused(refusal),
                None => Named::Commit(commit, TargetKind::Tag(tag.clone())),
            },
            None => Named::Refused(Refusal::new(
                Code::CommitUnknown,
                format!("There is no tag {tag} in this repository: push it first."),
            )),
        }),
    }
}

/// A tag is meant as it was when the comment was written: a command may wait, and somebody move the tag meanwhile, of
/// which we are told only after it.
async fn tag_moved(ask: &CommandContext, tag: &RefName, commit: &CommitSha) -> Result<Option<Refusal>> {
    let mut conn = ask.context.app.db.read().await?;
    let known = push::latest(&mut conn, ask.repo.id, &format!("refs/tags/{tag}")).await?;
    drop(conn);
    let Some((at, commits)) = known else { return Ok(None) };
    let moved = at >= ask.written_at || !commits.contains(commit);
    let sentence = || {
        format!(
            "The tag {tag} was moved when you wrote this, or since: it names {} now. Look at that commit, and ask again.",
            commit.short()
        )
    };
    Ok(moved.then(|| Refusal::new(Code::HeadMoved, sentence())))
}

type What = (CommitSha, TargetKind, BTreeMap<String, String>);

async fn tuple(
    ask: &CommandContext,
    wish: &Promote,
    loaded: &Loaded,
    environment: &Environment,
    what: What,
) -> Result<Tuple> {
    let mut conn = ask.context.app.db.read().await?;
    let number = promotion::next_number(&mut conn, ask.repo.id).await?;
    let (commit, target, parameters) = what;
    Ok(Tuple {
        promotion: PromotionId { repo: ask.repo.id, number },
        environment: wish.environment.clone(),
        commit,
        policy: loaded.file.blob.clone(),
        parameters,
        requester: ask.sender.clone(),
        subject: ask.subject,
        target,
        requested_at: ask.written_at,
        expires_at: ask.context.now.plus(environment.expires),
    })
}

/// One commit is asked for once per environment, by whichever pull request has it as its head.
async fn already_asked(ask: &CommandContext, tuple: &Tuple) -> Result<Option<Refusal>> {
    let mut conn = ask.context.app.db.read().await?;
    let open = promotion::open(&mut conn, ask.repo.id).await?;
    let same = open
        .into_iter()
        .find(|other| other.tuple.environment == tuple.environment && other.tuple.commit == tuple.commit);
    Ok(same.map(|other| {
        let sentence = format!(
            "{} on #{} already asks to put {} into {}: vote on that one, or cancel it first.",
            other.id().number,
            other.tuple.subject,
            tuple.commit.short(),
            tuple.environment
        );
        Refusal::new(Code::AlreadyRequested, sentence)
    }))
}

fn plan(environment: &Environment, parameters: &BTreeMap<String, String>) -> DeployPlan {
    let url = environment.url.as_ref().map(ToString::to_string);
    match &environment.deploy {
        None => DeployPlan { workflow: None, inputs: parameters.clone(), url },
        Some(deploy) => {
            let mut inputs = parameters.clone();
            inputs.extend(deploy.inputs.clone());
            DeployPlan { workflow: Some(deploy.workflow.clone()), inputs, url }
        }
    }
}

fn refusal_of(denial: &Denial) -> Refusal {
    Refusal::new(denial.code(), denial.sentence())
}
