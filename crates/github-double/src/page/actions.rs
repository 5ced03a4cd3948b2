//! What the page's buttons do: the acts of a person, done as that person.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::{Page, guard};
use crate::acts::Who;
use crate::acts::code::Push;
use crate::refused::{Act, Refused};
use crate::simulate::Step;
use crate::state::State as World;

/// What a form sends; each act reads what it needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    token: String,
    #[serde(rename = "as")]
    person: String,
    body: String,
    quick: String,
    button: String,
    on: bool,
    back: String,
    branch: String,
    path: String,
}

/// The part of the page that shows what was done.
type Anchor = String;

/// `POST /_sandbox/{owner}/{repo}/pulls/{number}/{deed}`; `deed` is what the button says.
pub(super) async fn on_pull(
    State(page): State<Page>,
    Path((owner, name, number, deed)): Path<(String, String, i64, String)>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Response {
    page.act(&headers, &sent, |world, who| {
        let repo = world.repo_id(&format!("{owner}/{name}"))?;
        match deed.as_str() {
            "comment" => {
                let body = if sent.quick.is_empty() { &sent.body } else { &sent.quick };
                return Ok(format!("issuecomment-{}", world.comment(repo, who, number, body)?));
            }
            "push" => return Ok(format!("commit-{}", push(world, repo, who, number)?)),
            "ci" => start_ci(world, repo, who, number)?,
            "merge" => world.merge(repo, who, number, None).map(drop)?,
            "close" => world.set_open(repo, who, number, false)?,
            "reopen" => world.set_open(repo, who, number, true)?,
            _ => return Err(Refused::not_found()),
        }
        Ok("controls".to_owned())
    })
}

/// `POST /_sandbox/{owner}/{repo}/runs/{id}/{deed}`: fate, which needs no rights, or a rerun.
pub(super) async fn on_run(
    State(page): State<Page>,
    Path((owner, name, id, deed)): Path<(String, String, i64, String)>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Response {
    page.act(&headers, &sent, |world, who| {
        let repo = world.repo_id(&format!("{owner}/{name}"))?;
        match deed.as_str() {
            "pass" => end_run(world, repo, id, "success")?,
            "fail" => end_run(world, repo, id, "failure")?,
            "rerun" => world.rerun(repo, who, id)?,
            _ => return Err(Refused::not_found()),
        }
        Ok(format!("run-{id}"))
    })
}

/// `POST /_sandbox/{owner}/{repo}/checks/{id}/press`.
pub(super) async fn press(
    State(page): State<Page>,
    Path((owner, name, id)): Path<(String, String, i64)>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Response {
    page.act(&headers, &sent, |world, who| {
        let repo = world.repo_id(&format!("{owner}/{name}"))?;
        world.press_button(repo, who, id, &sent.button)?;
        Ok(format!("check-{id}"))
    })
}

/// `POST /_sandbox/{owner}/{repo}/file`: commits an edited file to a branch.
pub(super) async fn save_file(
    State(page): State<Page>,
    Path((owner, name)): Path<(String, String)>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Response {
    page.act(&headers, &sent, |world, who| {
        let repo = world.repo_id(&format!("{owner}/{name}"))?;
        let content = sent.body.replace("\r\n", "\n");
        let message = format!("Update {}", sent.path);
        world.push(repo, who, &Push::file(&sent.branch, &message, &sent.path, &content))?;
        Ok("main".to_owned())
    })
}

/// `POST /_sandbox/auto`: whether runs move by themselves.
pub(super) async fn set_auto(
    State(page): State<Page>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Response {
    page.act(&headers, &sent, |world, _| {
        move_by_itself(world, sent.on);
        Ok("controls".to_owned())
    })
}

impl Page {
    /// Does one act as the person the form names, and leads back.
    fn act(
        &self,
        headers: &HeaderMap,
        sent: &Sent,
        deed: impl FnOnce(&mut World, Who) -> Act<Anchor>,
    ) -> Response {
        if let Err(refused) = guard::check(headers, &sent.token, &self.token) {
            return self.refuse(&refused);
        }
        match self.fake.change(|world| deed(world, person(world, &sent.person)?)) {
            Ok(anchor) => {
                let landing = format!("{}?as={}#{anchor}", back(&sent.back), sent.person);
                (StatusCode::SEE_OTHER, [(header::LOCATION, landing)]).into_response()
            }
            Err(refused) => self.refuse(&named(refused, &sent.person)),
        }
    }
}

/// A refusal for want of rights, with the name of whoever lacks them.
fn named(refused: Refused, person: &str) -> Refused {
    match refused.status {
        403 => Refused { message: format!("Refused to {person}: {}", refused.message), ..refused },
        _ => refused,
    }
}

/// The page the form was on, if it is one of ours.
fn back(path: &str) -> &str {
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && !b"\\?#".contains(&b));
    if plain && path.starts_with('/') && !path.starts_with("//") { path } else { "/" }
}

/// From now on, or from now on no more; runs that are under way are caught up with.
fn move_by_itself(world: &mut World, on: bool) {
    world.settings.auto = on;
    world.schedule.clear();
    if !on {
        return;
    }
    let at = world.now().plus(world.settings.pace);
    let all = world.repos.values().flat_map(|repo| repo.runs.values().map(|run| (repo.id, run)));
    let under_way = all.filter(|(_, run)| !run.is_completed());
    world.schedule = under_way.map(|(repo, run)| (at, Step::StartRun { repo, run: run.id })).collect();
}

/// Only people act here: bots have their own hands.
fn person(world: &World, login: &str) -> Act<Who> {
    let unknown = || Refused::invalid(format!("Nobody here is called {login:?}. Choose who you act as."));
    let user = world.user(login).map_err(|_| unknown())?;
    if user.is_bot() { Err(unknown()) } else { world.who(login) }
}

/// Pushes a commit that changes a note, to the pull request's branch.
fn push(world: &mut World, repo: i64, who: Who, number: i64) -> Act<String> {
    let pull = world.repo_by_id(repo)?.pull(number)?;
    let (head_repo, branch, count) = (pull.head_repo, pull.head.clone(), world.pull_commits(pull).len() + 1);
    let message = format!("Polish, part {count}");
    let content = format!("{message}, at {}\n", world.now());
    let sha = world.push(head_repo, who, &Push::file(&branch, &message, "NOTES.md", &content))?;
    if world.repo_by_id(repo)?.runs.values().all(|run| run.head_sha != sha) {
        start_ci(world, repo, who, number)?;
    }
    Ok(sha)
}

/// Starts what a push starts, for the head of a pull request.
fn start_ci(world: &mut World, repo: i64, who: Who, number: i64) -> Act<()> {
    let here = world.repo_by_id(repo)?;
    let pull = here.pull(number)?;
    let (branch, sha) = (pull.head.clone(), pull.head_sha.clone());
    let on_push = here.workflows.values().filter(|workflow| workflow.on_push);
    let files: Vec<String> = on_push.map(|workflow| workflow.file().to_owned()).collect();
    for file in files {
        world.start_run(repo, who, &file, (&branch, &sha), ("push", BTreeMap::new()))?;
    }
    Ok(())
}

/// Lets a run end; one that has not started starts first, as it would.
fn end_run(world: &mut World, repo: i64, id: i64, conclusion: &str) -> Act<()> {
    if world.repo_by_id(repo)?.run(id)?.status == "queued" {
        world.begin_run(repo, id)?;
    }
    world.finish_run(repo, id, conclusion)
}
