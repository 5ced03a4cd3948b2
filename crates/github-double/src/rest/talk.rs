//! Issues, comments and reactions.

use serde_json::Value;

use super::{Answer, Here, Reply, number, paged};
use crate::comments::Comment;
use crate::refused::Refused;
use crate::state::State;
use countersign_kernel::clock::Timestamp;

const READ: [&str; 2] = ["issues=read", "pull_requests=read"];
const WRITE: [&str; 2] = ["issues=write", "pull_requests=write"];

pub(super) fn answer(state: &mut State, here: &Here<'_>) -> Answer {
    match here.rest.as_slice() {
        ["issues", "comments", id, rest @ ..] => comment(state, here, number(id)?, rest),
        ["issues", rest @ ..] => issue(state, here, rest),
        _ => Ok(None),
    }
}

fn issue(state: &mut State, here: &Here<'_>, rest: &[&str]) -> Answer {
    let body = here.call.text("body").unwrap_or_default();
    match (here.call.method.as_str(), rest) {
        ("GET", [n]) => {
            here.needs(&READ)?;
            let repo = state.repo_by_id(here.repo)?;
            Ok(Some(Reply::ok(state.show_issue(repo, repo.issue(number(n)?)?))))
        }
        ("POST", []) => {
            here.needs(&["issues=write"])?;
            let title = here.call.text("title").unwrap_or_default();
            let n = state.open_issue(here.repo, here.who, title, body)?;
            let repo = state.repo_by_id(here.repo)?;
            Ok(Some(Reply::with(201, state.show_issue(repo, repo.issue(n)?))))
        }
        ("GET", [n, "comments"]) => {
            here.needs(&READ)?;
            list(state, here, number(n)?)
        }
        ("POST", [n, "comments"]) => {
            here.needs(&WRITE)?;
            let id = state.comment(here.repo, here.who, number(n)?, body)?;
            show(state, here, id, 201)
        }
        _ => Ok(None),
    }
}

fn list(state: &State, here: &Here<'_>, n: i64) -> Answer {
    let repo = state.repo_by_id(here.repo)?;
    let n = repo.issue(n)?.number;
    let since = here.call.query("since").and_then(|since| Timestamp::parse(since).ok());
    let fits =
        |c: &&Comment| c.number == n && since.is_none_or(|since| c.updated_at.seconds() >= since.seconds());
    let all: Vec<Value> = repo.comments.values().filter(fits).map(|c| state.show_comment(repo, c)).collect();
    Ok(Some(paged(state, here.call, None, &all)))
}

fn show(state: &State, here: &Here<'_>, id: i64, status: u16) -> Answer {
    let repo = state.repo_by_id(here.repo)?;
    let comment = repo.comments.get(&id).ok_or_else(Refused::not_found)?;
    Ok(Some(Reply::with(status, state.show_comment(repo, comment))))
}

fn comment(state: &mut State, here: &Here<'_>, id: i64, rest: &[&str]) -> Answer {
    match (here.call.method.as_str(), rest) {
        ("GET", []) => {
            here.needs(&READ)?;
            show(state, here, id, 200)
        }
        ("PATCH", []) => {
            here.needs(&WRITE)?;
            state.edit_comment(here.repo, here.who, id, here.call.text("body").unwrap_or_default())?;
            show(state, here, id, 200)
        }
        ("DELETE", []) => {
            here.needs(&WRITE)?;
            state.delete_comment(here.repo, here.who, id)?;
            Ok(Some(Reply::with(204, Value::Null)))
        }
        (_, ["reactions", rest @ ..]) => reactions(state, here, id, rest),
        _ => Ok(None),
    }
}

fn reactions(state: &mut State, here: &Here<'_>, comment: i64, rest: &[&str]) -> Answer {
    let reply = match (here.call.method.as_str(), rest) {
        ("GET", []) => {
            here.needs(&["issues=read"])?;
            let repo = state.repo_by_id(here.repo)?;
            let found = repo.comments.get(&comment).ok_or_else(Refused::not_found)?;
            let wanted = here.call.query("content");
            let fits = found.reactions.iter().filter(|r| wanted.is_none_or(|content| content == r.content));
            let all: Vec<Value> = fits.map(|reaction| state.show_reaction(reaction)).collect();
            paged(state, here.call, None, &all)
        }
        ("POST", []) => {
            here.needs(&["issues=write"])?;
            let content = here.call.text("content").unwrap_or_default();
            let (reaction, new) = state.react(here.repo, here.who, comment, content)?;
            Reply::with(if new { 201 } else { 200 }, state.show_reaction(&reaction))
        }
        ("DELETE", [id]) => {
            here.needs(&["issues=write"])?;
            state.unreact(here.repo, here.who, comment, number(id)?)?;
            Reply::with(204, Value::Null)
        }
        _ => return Ok(None),
    };
    Ok(Some(reply))
}
