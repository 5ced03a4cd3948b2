//! Pull requests and reviews.

use serde_json::{Value, json};

use super::{Answer, Here, Reply, number, paged};
use crate::comments::Issue;
use crate::pull::{Pull, Verdict};
use crate::refused::{Act, Refused};
use crate::repo::Repo;
use crate::state::State;

pub(super) fn answer(state: &mut State, here: &Here<'_>) -> Answer {
    match (here.call.method.as_str(), here.rest.as_slice()) {
        ("GET", ["pulls", rest @ ..]) => {
            here.needs(&["pull_requests=read"])?;
            read(state, here, rest)
        }
        (_, ["pulls", rest @ ..]) => {
            here.needs(&["pull_requests=write"])?;
            write(state, here, rest)
        }
        _ => Ok(None),
    }
}

fn read(state: &State, here: &Here<'_>, rest: &[&str]) -> Answer {
    let repo = state.repo_by_id(here.repo)?;
    let list = |all: Vec<Value>| Ok(Some(paged(state, here.call, None, &all)));
    match rest {
        [] => list(matching(state, here, repo)?),
        [n] => {
            let pull = repo.pull(number(n)?)?;
            let before = pull.before.as_deref().filter(|_| here.call.stale);
            Ok(Some(Reply::ok(state.show_pull_full(repo, pull, before)?)))
        }
        [n, "commits"] => {
            let commits = state.pull_commits(repo.pull(number(n)?)?);
            let shown = |sha: &String| Ok(state.show_commit(repo, state.objects.get(sha)?));
            list(commits.iter().map(shown).collect::<Act<Vec<Value>>>()?)
        }
        [n, "files"] => {
            let pull = repo.pull(number(n)?)?;
            list(state.show_files(repo, &state.pull_base(pull), &pull.head_sha)?)
        }
        [n, "reviews"] => {
            let number = repo.pull(number(n)?)?.number;
            let reviews = repo.reviews.values().filter(|review| review.number == number);
            list(reviews.map(|review| state.show_review(repo, review)).collect())
        }
        _ => Ok(None),
    }
}

fn matching(state: &State, here: &Here<'_>, repo: &Repo) -> Act<Vec<Value>> {
    let wanted = here.call.query("state").unwrap_or("open");
    let owner = |pull: &Pull| state.repos.get(&pull.head_repo).map_or("", |r| state.account_login(r.owner));
    let fits = |pull: &&Pull| {
        let open = repo.issue(pull.number).is_ok_and(Issue::is_open);
        let head = format!("{}:{}", owner(pull), pull.head);
        (wanted == "all" || (wanted == "open") == open)
            && here.call.query("base").is_none_or(|base| base == pull.base)
            && here.call.query("head").is_none_or(|asked| asked == head || asked == pull.head)
    };
    repo.pulls.values().rev().filter(fits).map(|pull| state.show_pull(repo, pull, None)).collect()
}

fn write(state: &mut State, here: &Here<'_>, rest: &[&str]) -> Answer {
    let call = here.call;
    let body = call.text("body").unwrap_or_default();
    let (status, n) = match (call.method.as_str(), rest) {
        ("POST", []) => {
            let ends = (call.text("head").unwrap_or_default(), call.text("base").unwrap_or_default());
            let title = call.text("title").unwrap_or_default();
            (201, state.open_pull(here.repo, here.who, ends, (title, body))?)
        }
        ("PATCH", [n]) => {
            let n = number(n)?;
            if let Some(wanted) = call.text("state") {
                state.set_open(here.repo, here.who, n, wanted == "open")?;
            }
            if let Some(base) = call.text("base") {
                state.retarget(here.repo, here.who, n, base)?;
            }
            (200, n)
        }
        ("PUT", [n, "merge"]) => {
            let sha = state.merge(here.repo, here.who, number(n)?, call.text("sha"))?;
            let message = "Pull Request successfully merged";
            return Ok(Some(Reply::ok(json!({"sha": sha, "merged": true, "message": message}))));
        }
        ("POST", [n, "reviews"]) => {
            let verdict = match call.text("event") {
                Some("APPROVE") => Verdict::Approved,
                Some("REQUEST_CHANGES") => Verdict::ChangesRequested,
                Some("COMMENT") => Verdict::Commented,
                Some(_) | None => return Err(Refused::invalid("event is not included in the list")),
            };
            let id =
                state.review(here.repo, here.who, number(n)?, (verdict, body), call.text("commit_id"))?;
            let repo = state.repo_by_id(here.repo)?;
            let review = repo.reviews.get(&id).ok_or_else(Refused::not_found)?;
            return Ok(Some(Reply::ok(state.show_review(repo, review))));
        }
        _ => return Ok(None),
    };
    let repo = state.repo_by_id(here.repo)?;
    Ok(Some(Reply::with(status, state.show_pull_full(repo, repo.pull(n)?, None)?)))
}
