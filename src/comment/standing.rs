//! Where a promotion stands: a sign and a word for it, what happens next and on whom, and what exactly was asked for.

use crate::clock::Timestamp;
use crate::comment::pages::Pages;
use crate::comment::prose::{login, prose, time};
use crate::comment::requirements::missing;
use crate::comment::whom::whom;
use crate::ids::PromotionNumber;
use crate::markdown::{Markdown, Untrusted};
use crate::policy::facts::{TargetKind, Tuple};
use crate::promotion::{Promotion, Run, State};
use crate::requirement::{Code, Verdict};

const LONGEST_REASON: usize = 300;
const LONGEST_VALUE: usize = 120;
const MOST_PARAMETERS: usize = 25;

/// A sign and a word for the state.
pub(crate) fn badge(state: &State) -> &'static str {
    match state {
        State::Blocked => "🚧 blocked",
        State::AwaitingApproval => "⏳ waiting for approval",
        State::Approved { .. } => "🚀 approved",
        State::Deploying { cancelling: Some(_), .. } => "🛑 stopping",
        State::Deploying { cancelling: None, .. } => "🚀 deploying",
        State::Succeeded { .. } => "✅ deployed",
        State::Failed { .. } => "❌ failed",
        State::Rejected { .. } => "🚫 rejected",
        State::Cancelled { .. } => "⚪ cancelled",
        State::Superseded { .. } => "⚪ superseded",
        State::Expired { .. } => "⚪ expired",
    }
}

/// Which promotion: `p1: 3f2a9c1 → production`.
pub(crate) fn subject(promotion: &Promotion, pages: &Pages<'_>) -> Markdown {
    Markdown::from(promotion.id().number)
        .with(": ")
        .with(pages.commit(&promotion.tuple.commit))
        .with(" → ")
        .with(Untrusted::new(promotion.tuple.environment.as_str()).code())
}

/// What happened or happens next, why, and on whom it waits.
pub(crate) fn next(promotion: &Promotion, pages: &Pages<'_>) -> Markdown {
    let number = promotion.id().number;
    match &promotion.state {
        State::Blocked => blocked(promotion),
        State::AwaitingApproval => awaiting(promotion),
        State::Approved { at } => Markdown::from("Every requirement held on ")
            .with(time(*at))
            .with(", so GitHub is asked to deploy it. ")
            .with(stoppable(number)),
        State::Deploying { cancelling: Some(by), .. } => login(&by.login)
            .with(" cancelled it. GitHub is asked to stop its workflow; it ends when that has ended, and if it was too late, what is live is live."),
        State::Deploying { run, since, .. } => deploying(promotion, run.as_ref(), *since, pages),
        State::Succeeded { run, at, .. } => succeeded(promotion, run.as_ref(), *at, pages),
        State::Failed { run, at, code, sentence, .. } => {
            ended("Failed on ", *at, *code, pages.run(run.as_ref()), sentence).with(again(promotion))
        }
        State::Rejected { by, at } => login(&by.login)
            .with(" rejected it on ")
            .with(time(*at))
            .with(". Talk to them first.")
            .with(again(promotion)),
        State::Cancelled { by, at } => login(&by.login)
            .with(" cancelled it on ")
            .with(time(*at))
            .with(". If its workflow was running already, GitHub was asked to stop it.")
            .with(again(promotion)),
        State::Superseded { code, sentence, at } => ended("Void since ", *at, *code, None, sentence)
            .with(" Its approvals no longer count.")
            .with(again(promotion)),
        State::Expired { at } => Markdown::from("Nobody finished it in time: it expired on ")
            .with(time(*at))
            .with(", and its approvals no longer count.")
            .with(again(promotion)),
    }
}

/// What exactly was asked for, and what the approvals are for.
pub(crate) fn facts(promotion: &Promotion) -> Markdown {
    let tuple = &promotion.tuple;
    let asked = login(&tuple.requester.login).with(", ").with(time(tuple.requested_at));
    let mut rows = vec![
        item("Commit", Untrusted::new(tuple.commit.as_str()).code().with(named(&tuple.target))),
        item("Environment", Untrusted::new(tuple.environment.as_str()).code()),
        item("Asked for by", asked),
    ];
    if let Some(reason) = &promotion.reason {
        let reason = Untrusted::new(reason).at_most(LONGEST_REASON).inline();
        rows.push(item("Reason", Markdown::from("“").with(reason).with("”")));
    }
    if !tuple.parameters.is_empty() {
        rows.push(item("Parameters", parameters(tuple)));
    }
    rows.push(item("Policy", Untrusted::new(tuple.policy.as_str()).code()));
    rows.push(item("Expires", time(tuple.expires_at)));
    Markdown::from("\n\n").with(Markdown::join(rows, "\n")).with("\n")
}

fn blocked(promotion: &Promotion) -> Markdown {
    let Some(missing) = missing(&promotion.requirements) else {
        return Markdown::from(
            "It was not evaluated yet. Nothing is deployed before every requirement holds.",
        );
    };
    Markdown::from("What stands in the way: ")
        .with(prose(&missing))
        .with(". Nothing is deployed before all of them hold; Countersign looks again by itself when something changes.")
}

fn awaiting(promotion: &Promotion) -> Markdown {
    let number = promotion.id().number;
    let wanted = missing(&promotion.requirements).unwrap_or_else(|| "approval".to_owned());
    let who: Vec<&str> = promotion
        .requirements
        .iter()
        .filter(|requirement| requirement.verdict != Verdict::Holds)
        .map(whom)
        .collect();
    Markdown::from("Everything else holds; it waits for ")
        .with(prose(&wanted))
        .with(". Who can act: ")
        .with(prose(&who.join("; and ")))
        .with(". They write ")
        .with(Untrusted::new(&format!("/approve {number}")).code())
        .with(" or ")
        .with(Untrusted::new(&format!("/reject {number} --reason \"…\"")).code())
        .with(" in a comment.")
}

fn deploying(promotion: &Promotion, run: Option<&Run>, since: Timestamp, pages: &Pages<'_>) -> Markdown {
    let told = match &promotion.deploy.workflow {
        Some(workflow) => Untrusted::new(workflow.as_str())
            .code()
            .with(" has been deploying it since ")
            .with(time(since))
            .with(in_brackets(pages.run(run))),
        None => Markdown::from("GitHub has had its deployment since ")
            .with(time(since))
            .with(", and whatever deploys there reports how it ends"),
    };
    told.with(". ").with(stoppable(promotion.id().number))
}

fn succeeded(promotion: &Promotion, run: Option<&Run>, at: Timestamp, pages: &Pages<'_>) -> Markdown {
    let done = Markdown::from("Deployed on ").with(time(at)).with(in_brackets(pages.run(run)));
    let Some(url) = &promotion.deploy.url else {
        return done.with(". Nothing is left to do.");
    };
    done.with(". Have a look at it: ").with(Untrusted::new(url).at_most(LONGEST_REASON).code())
}

fn ended(how: &'static str, at: Timestamp, code: Code, run: Option<Markdown>, sentence: &str) -> Markdown {
    let run = run.map(|run| Markdown::from(", ").with(run)).unwrap_or_default();
    Markdown::from(how)
        .with(time(at))
        .with(" (")
        .with(Untrusted::new(code.as_str()).code())
        .with(run)
        .with("): ")
        .with(prose(sentence))
        .with(if sentence.ends_with(['.', '!', '?', '…']) { "" } else { "." })
}

fn stoppable(number: PromotionNumber) -> Markdown {
    let cancel = Untrusted::new(&format!("/cancel {number}")).code();
    Markdown::from("Nobody has to do anything; ").with(cancel).with(" stops it.")
}

fn again(promotion: &Promotion) -> Markdown {
    let tuple = &promotion.tuple;
    let target = match &tuple.target {
        TargetKind::Head => String::new(),
        TargetKind::Sha => format!(" --sha {}", tuple.commit.short()),
        TargetKind::Tag(tag) => format!(" --tag {tag}"),
    };
    let command = format!("/promote {}{target}", tuple.environment);
    Markdown::from(" To ask again, write ").with(Untrusted::new(&command).code()).with(".")
}

fn in_brackets(link: Option<Markdown>) -> Markdown {
    link.map(|link| Markdown::from(" (").with(link).with(")")).unwrap_or_default()
}

fn item(name: &'static str, value: Markdown) -> Markdown {
    Markdown::from("- ").with(name).with(": ").with(value)
}

fn named(target: &TargetKind) -> Markdown {
    match target {
        TargetKind::Head => Markdown::from(", the head when it was asked for"),
        TargetKind::Sha => Markdown::from(", named by its SHA"),
        TargetKind::Tag(tag) => Markdown::from(", by the tag ").with(Untrusted::new(tag.as_str()).code()),
    }
}

fn parameters(tuple: &Tuple) -> Markdown {
    let pair = |(name, value): (&String, &String)| {
        Untrusted::new(&format!("{name}={value}")).at_most(LONGEST_VALUE).code()
    };
    let shown = Markdown::join(tuple.parameters.iter().take(MOST_PARAMETERS).map(pair), ", ");
    match tuple.parameters.len().saturating_sub(MOST_PARAMETERS) {
        0 => shown,
        more => shown.with(" and ").with(more).with(" more"),
    }
}
