//! What is live and what waits, in the whole repository.

use crate::comment::pages::Pages;
use crate::comment::prose::time;
use crate::comment::standing::{badge, next, subject};
use crate::ids::{EnvironmentName, RepoName};
use crate::markdown::{Markdown, Untrusted};
use crate::promotion::{Promotion, State};

/// What is live, and what waits and on whom; of one environment or of all.
pub fn status(
    repo: &RepoName,
    environment: Option<&EnvironmentName>,
    live: &[Promotion],
    open: &[Promotion],
) -> Markdown {
    let of = |promotion: &&Promotion| environment.is_none_or(|only| promotion.tuple.environment == *only);
    let live: Vec<&Promotion> = live.iter().filter(of).collect();
    let open: Vec<&Promotion> = open.iter().filter(of).collect();
    live_or_not(repo, environment, &live).with(waiting(environment, &open))
}

/// What is live, by environment.
pub(super) fn live_table<'a>(
    live: impl IntoIterator<Item = &'a Promotion>,
    pages: impl Fn(&'a Promotion) -> Pages<'a>,
) -> Markdown {
    let row = |promotion: &'a Promotion| {
        [
            Untrusted::new(promotion.tuple.environment.as_str()).code(),
            pages(promotion).commit(&promotion.tuple.commit),
            Markdown::from(promotion.id().number),
            since(&promotion.state),
        ]
    };
    Markdown::table(["Environment", "Live commit", "By", "Since"], live.into_iter().map(row))
}

fn live_or_not(repo: &RepoName, environment: Option<&EnvironmentName>, live: &[&Promotion]) -> Markdown {
    let repo = Untrusted::new(&repo.to_string()).code();
    if live.is_empty() {
        return Markdown::from("Nothing is live")
            .with(place(environment))
            .with(" of ")
            .with(repo)
            .with(", as far as Countersign deployed it.");
    }
    Markdown::from("**Live** in ")
        .with(repo)
        .with(live_table(live.iter().copied(), |promotion| Pages { repo: &promotion.repo, site: None }))
}

fn waiting(environment: Option<&EnvironmentName>, open: &[&Promotion]) -> Markdown {
    if open.is_empty() {
        return Markdown::from("\n\nNothing waits or is being deployed").with(place(environment)).with(".");
    }
    let lines = open.iter().map(|promotion| {
        let pages = Pages { repo: &promotion.repo, site: None };
        Markdown::from("- **")
            .with(subject(promotion, &pages))
            .with("** is ")
            .with(badge(&promotion.state))
            .with(", asked for on issue or pull request ")
            .with(promotion.tuple.subject.0)
            .with(". ")
            .with(next(promotion, &pages))
    });
    Markdown::from("\n\n**Open**\n\n").with(Markdown::join(lines, "\n"))
}

fn place(environment: Option<&EnvironmentName>) -> Markdown {
    match environment {
        Some(name) => Markdown::from(" in ").with(Untrusted::new(name.as_str()).code()),
        None => Markdown::new(),
    }
}

fn since(state: &State) -> Markdown {
    match state {
        State::Succeeded { at, .. } => time(*at),
        State::Blocked
        | State::AwaitingApproval
        | State::Approved { .. }
        | State::Deploying { .. }
        | State::Failed { .. }
        | State::Rejected { .. }
        | State::Cancelled { .. }
        | State::Superseded { .. }
        | State::Expired { .. } => Markdown::new(),
    }
}
