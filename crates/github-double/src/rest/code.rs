//! The repository, its files, branches, tags and commits.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{Answer, Here, Reply};
use crate::acts::code::Push;
use crate::git::object_id;
use crate::refused::{Act, Refused};
use crate::repo::{Repo, Role};
use crate::show::merged;
use crate::state::State;

pub(super) fn answer(state: &mut State, here: &Here<'_>) -> Answer {
    match here.call.method.as_str() {
        "GET" => read(state, here),
        _other => write(state, here),
    }
}

fn read(state: &State, here: &Here<'_>) -> Answer {
    let repo = state.repo_by_id(here.repo)?;
    let body = match here.rest.as_slice() {
        [] => {
            here.needs(&["metadata=read"])?;
            full(state, repo)
        }
        ["contents", path @ ..] => {
            here.needs(&["contents=read"])?;
            contents(state, here, repo, &path.join("/"))?
        }
        ["branches", name @ ..] if !name.is_empty() => {
            here.needs(&["contents=read"])?;
            let name = name.join("/");
            let found = repo.branches.get(&name).ok_or_else(|| Refused::new(404, "Branch not found"))?;
            let tip = found.before.as_ref().filter(|_| here.call.stale).unwrap_or(&found.sha);
            state.show_branch(repo, &name, tip)?
        }
        ["git", "ref", kind @ ("heads" | "tags"), name @ ..] => {
            here.needs(&["contents=read"])?;
            git_ref(state, repo, kind, &name.join("/"))?
        }
        ["commits"] => {
            here.needs(&["contents=read"])?;
            return history(state, here, repo).map(Some);
        }
        ["commits", sha, "pulls"] => {
            here.needs(&["pull_requests=read", "contents=read"])?;
            return pulls_of(state, here, repo, sha).map(Some);
        }
        ["commits", reference @ ..] if !matches!(reference, [] | [.., "check-runs" | "status"]) => {
            here.needs(&["contents=read"])?;
            commit(state, repo, &reference.join("/"))?
        }
        ["compare", basehead @ ..] => {
            here.needs(&["contents=read"])?;
            compare(state, repo, &basehead.join("/"))?
        }
        ["collaborators", login, "permission"] => {
            here.needs(&["metadata=read"])?;
            permission(state, repo, login)?
        }
        _ => return Ok(None),
    };
    Ok(Some(Reply::ok(body)))
}

fn full(state: &State, repo: &Repo) -> Value {
    let organization = state.organizations.get(&repo.owner).map(|_| state.show_account(repo.owner));
    let shown = state.show_repo(repo);
    organization.map_or(shown.clone(), |o| merged(shown, json!({"organization": o})))
}

fn permission(state: &State, repo: &Repo, login: &str) -> Act<Value> {
    let user = state.user_id(login)?;
    let role = state.role(repo, user);
    let flags = json!({"permissions": {
        "pull": role.permission() != "none", "push": (role >= Role::Write),
        "admin": role.permission() == "admin",
    }, "role_name": role.name()});
    let shown = merged(state.show_account(user), flags);
    Ok(json!({"permission": role.permission(), "role_name": role.name(), "user": shown}))
}

fn contents(state: &State, here: &Here<'_>, repo: &Repo, path: &str) -> Act<Value> {
    let reference = here.call.query("ref").unwrap_or(&repo.default_branch);
    let missing = || Refused::new(404, format!("No commit found for the ref {reference}"));
    let sha = state.resolve(repo.id, reference).map_err(|_| missing())?;
    let commit = state.objects.get(&sha)?;
    if let Some((blob, content)) = state.objects.file(commit, path) {
        return Ok(state.show_entry(repo, (path, blob, reference), Some(content)));
    }
    let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut entries = std::collections::BTreeMap::new();
    for (full, blob) in &commit.tree {
        let Some(rest) = full.strip_prefix(&folder) else { continue };
        match rest.split_once('/') {
            Some((name, _)) => entries.insert(format!("{folder}{name}"), object_id("tree", name.as_bytes())),
            None => entries.insert(full.clone(), blob.clone()),
        };
    }
    if entries.is_empty() {
        return Err(Refused::not_found());
    }
    let shown = entries.iter().map(|(path, sha)| state.show_entry(repo, (path, sha, reference), None));
    Ok(Value::Array(shown.collect()))
}

fn git_ref(state: &State, repo: &Repo, kind: &str, name: &str) -> Act<Value> {
    let sha = match kind {
        "heads" => repo.branches.get(name).map(|branch| &branch.sha),
        _tags => repo.tags.get(name),
    };
    Ok(state.show_ref(repo, &format!("{kind}/{name}"), sha.ok_or_else(Refused::not_found)?))
}

fn commit(state: &State, repo: &Repo, reference: &str) -> Act<Value> {
    let missing = |_| Refused::invalid(format!("No commit found for SHA: {reference}"));
    let commit = state.objects.get(&state.resolve(repo.id, reference).map_err(missing)?)?;
    let parent = commit.parents.first();
    let files = parent.map(|parent| state.show_files(repo, parent, &commit.sha)).transpose()?;
    Ok(merged(state.show_commit(repo, commit), json!({"files": files.unwrap_or_default()})))
}

/// A commit and what came before it, the newest first.
fn history(state: &State, here: &Here<'_>, repo: &Repo) -> Act<Reply> {
    let from = here.call.query("sha").unwrap_or(&repo.default_branch);
    let from = state.resolve(repo.id, from)?;
    let mut found: Vec<String> = state.objects.ancestors(&from).into_iter().collect();
    found.sort_by_cached_key(|sha| (std::cmp::Reverse(state.objects.ancestors(sha).len()), sha.clone()));
    let all: Act<Vec<Value>> =
        found.iter().map(|sha| Ok(state.show_commit(repo, state.objects.get(sha)?))).collect();
    Ok(super::paged(state, here.call, None, &all?))
}

fn pulls_of(state: &State, here: &Here<'_>, repo: &Repo, sha: &str) -> Act<Reply> {
    state.objects.get(sha)?;
    let has = |pull: &crate::pull::Pull| {
        pull.head_sha == sha
            || state.pull_commits(pull).iter().any(|commit| commit == sha)
            || pull
                .merged
                .as_ref()
                .is_some_and(|merge| merge.sha == sha || merge.rebased.iter().any(|it| it == sha))
    };
    let found = repo.pulls.values().filter(|pull| has(pull));
    let all: Act<Vec<Value>> = found.map(|pull| state.show_pull(repo, pull, None)).collect();
    Ok(super::paged(state, here.call, None, &all?))
}

fn compare(state: &State, repo: &Repo, basehead: &str) -> Act<Value> {
    let (base, head) = basehead.split_once("...").ok_or_else(Refused::not_found)?;
    let (base, head) = (state.resolve(repo.id, base)?, state.resolve(repo.id, head)?);
    let found = state.objects.compare(&base, &head)?;
    state.show_comparison(repo, (&base, &head), &found)
}

fn write(state: &mut State, here: &Here<'_>) -> Answer {
    here.needs(&["contents=write"]).or_else(|refusal| match here.rest.first() {
        Some(&("contents" | "git")) => Err(refusal),
        _elsewhere => Ok(()),
    })?;
    let reply = match (here.call.method.as_str(), here.rest.as_slice()) {
        ("PUT", ["contents", path @ ..]) => put(state, here, &path.join("/"))?,
        ("POST", ["git", "refs"]) => {
            let name = here.call.text("ref").and_then(|name| name.strip_prefix("refs/"));
            let name = name.ok_or_else(|| Refused::invalid("Reference name must start with 'refs/'"))?;
            move_ref(state, here, name, true)?
        }
        ("POST", ["git", "trees"]) => super::git::make_tree(state, here)?,
        ("POST", ["git", "commits"]) => super::git::make_commit(state, here)?,
        ("PATCH", ["git", "refs", name @ ..]) => move_ref(state, here, &name.join("/"), false)?,
        _ => return Ok(None),
    };
    Ok(Some(reply))
}

fn put(state: &mut State, here: &Here<'_>, path: &str) -> Act<Reply> {
    let encoded: String = here.call.text("content").unwrap_or_default().split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded);
    let bytes = bytes.map_err(|_| Refused::invalid("content is not valid Base64"))?;
    let content = String::from_utf8(bytes).map_err(|_| Refused::invalid("only text files are kept here"))?;
    let repo = state.repo_by_id(here.repo)?;
    let branch = here.call.text("branch").unwrap_or(&repo.default_branch).to_owned();
    let tip = repo.tip(&branch)?.to_owned();
    let there = state.objects.get(&tip)?.tree.get(path).cloned();
    if there.as_deref() != here.call.text("sha") {
        let message = if there.is_some() { "does not match" } else { "wasn't supplied" };
        return Err(Refused::new(409, format!("{path} {message}")));
    }
    let message = here.call.text("message").unwrap_or("Update a file");
    let sha = state.push(here.repo, here.who, &Push::file(&branch, message, path, &content))?;
    let repo = state.repo_by_id(here.repo)?;
    let commit = state.objects.get(&sha)?;
    let blob = commit.tree.get(path).ok_or_else(Refused::not_found)?;
    let entry = state.show_entry(repo, (path, blob, &branch), None);
    let status = if there.is_some() { 200 } else { 201 };
    Ok(Reply::with(status, json!({"content": entry, "commit": state.show_commit(repo, commit)})))
}

fn move_ref(state: &mut State, here: &Here<'_>, name: &str, create: bool) -> Act<Reply> {
    let sha = here.call.text("sha").ok_or_else(|| Refused::invalid("\"sha\" wasn't supplied."))?;
    let forced = here.call.body.get("force").and_then(Value::as_bool).unwrap_or(false);
    let repo = state.repo_by_id(here.repo)?;
    let (kind, short) = name.split_once('/').ok_or_else(Refused::not_found)?;
    let old = match kind {
        "heads" => repo.branches.get(short).map(|b| b.sha.clone()),
        "tags" => repo.tags.get(short).cloned(),
        _other => return Err(Refused::invalid("Reference update failed")),
    };
    match (&old, create) {
        (Some(_), true) => return Err(Refused::invalid("Reference already exists")),
        (None, false) => return Err(Refused::invalid("Reference does not exist")),
        (Some(old), false) if !forced && !state.objects.is_ancestor(old, sha) => {
            return Err(Refused::invalid("Update is not a fast forward"));
        }
        (Some(_) | None, _) => {}
    }
    if kind == "heads" {
        state.move_branch(here.repo, here.who, short, sha)?;
    } else {
        state.move_tag(here.repo, here.who, short, sha)?;
    }
    let shown = state.show_ref(state.repo_by_id(here.repo)?, name, sha);
    Ok(Reply::with(if create { 201 } else { 200 }, shown))
}
