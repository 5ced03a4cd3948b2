//! The REST API: who may call what, and what is answered.

mod alerts;
mod app;
mod checks;
mod code;
mod deployments;
mod git;
mod orgs;
mod page;
mod pulls;
mod runs;
mod talk;

use serde_json::Value;

use super::acts::Who;
use super::auth::Caller;
use super::refused::{Act, Refused};
use super::state::State;
pub(super) use page::paged;
pub(super) use runs::STORAGE;

/// A request, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Value,
    pub(super) caller: Caller,
    /// Whether pull requests and branches are to be shown as before their last change.
    pub(super) stale: bool,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: Vec<(String, String)>,
}

impl Reply {
    /// 200 with a body.
    pub(super) fn ok(body: Value) -> Self {
        Self::with(200, body)
    }

    /// A status with a body; null means none.
    pub(super) fn with(status: u16, body: Value) -> Self {
        Self { status, body, headers: Vec::new() }
    }
}

/// What one area says to a request: nothing, if it is not about it.
type Answer = Act<Option<Reply>>;

impl Call {
    /// A query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A string of the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// The method and the parts of the path, to match on.
    pub(super) fn route(&self) -> (&str, Vec<&str>) {
        (self.method.as_str(), self.segments.iter().map(String::as_str).collect())
    }

    fn in_repo(&self) -> Option<(String, Vec<&str>)> {
        match self.route().1.as_slice() {
            ["repos", owner, name, rest @ ..] => Some((format!("{owner}/{name}"), rest.to_vec())),
            _ => None,
        }
    }
}

/// A request about one repository that the caller may see.
pub(super) struct Here<'a> {
    pub(super) call: &'a Call,
    pub(super) repo: i64,
    pub(super) who: Who,
    /// What follows `/repos/{owner}/{repo}` in the path.
    pub(super) rest: Vec<&'a str>,
}

impl Here<'_> {
    /// Refuses an installation token that holds none of these permissions, such as `issues=write`.
    pub(super) fn needs(&self, permissions: &[&str]) -> Act<()> {
        let Caller::Installation(token) = &self.call.caller else { return Ok(()) };
        let holds =
            |wanted: &&str| wanted.split_once('=').is_some_and(|(name, level)| token.holds(name, level));
        if permissions.iter().any(holds) { Ok(()) } else { Err(Refused::lacks(&permissions.join("; "))) }
    }

    /// Whether a person calls, not the App.
    pub(super) fn is_person(&self) -> bool {
        matches!(self.call.caller, Caller::Person(_))
    }
}

/// A number in the path.
pub(super) fn number(text: &str) -> Act<i64> {
    text.parse().map_err(|_| Refused::not_found())
}

impl State {
    /// Answers a request.
    pub(super) fn answer(&mut self, call: &Call) -> Act<Reply> {
        if let Some(reply) = app::answer(self, call)? {
            return Ok(reply);
        }
        if let Some(reply) = orgs::answer(self, call)? {
            return Ok(reply);
        }
        if let Some(moved) = self.moved_to(call) {
            return Ok(moved);
        }
        let Some((full_name, rest)) = call.in_repo() else { return Err(self.unknown(call)) };
        let here = self.enter(call, &full_name, rest)?;
        let areas = [
            code::answer,
            pulls::answer,
            talk::answer,
            checks::answer,
            deployments::answer,
            runs::answer,
            alerts::answer,
        ];
        for area in areas {
            if let Some(reply) = area(self, &here)? {
                return Ok(reply);
            }
        }
        Err(self.unknown(call))
    }

    /// A repository that was renamed: GitHub sends people to its id.
    fn moved_to(&self, call: &Call) -> Option<Reply> {
        let (full_name, rest) = call.in_repo()?;
        if self.repo_id(&full_name).is_ok() {
            return None;
        }
        let now = self.repos.get(self.moved.get(&full_name.to_ascii_lowercase())?)?.full_name(self);
        let path: Vec<&str> = [now.as_str()].into_iter().chain(rest).collect();
        let url = format!("{}/repos/{}", self.api_url, path.join("/"));
        let status = if call.method == "GET" { 301 } else { 307 };
        let body = serde_json::json!({"message": "Moved Permanently", "url": url});
        Some(Reply { headers: vec![("Location".to_owned(), url)], ..Reply::with(status, body) })
    }

    fn enter<'a>(&self, call: &'a Call, full_name: &str, rest: Vec<&'a str>) -> Act<Here<'a>> {
        let repo = self.repo_id(full_name)?;
        let who = match &call.caller {
            Caller::Stranger => return Err(Refused::new(401, "Requires authentication")),
            Caller::App => return Err(Refused::new(401, "A JSON web token is not accepted here")),
            Caller::Installation(token) if self.reaches(token, repo) => self.our_bot()?,
            Caller::Installation(_) => return Err(Refused::not_found()),
            Caller::Person(user) => Who { user: *user, app: None },
        };
        self.demand(repo, who, super::repo::Role::Read)?;
        Ok(Here { call, repo, who, rest })
    }

    fn unknown(&mut self, call: &Call) -> Refused {
        self.unknown_routes.insert(format!("{} {}", call.method, call.path));
        Refused::not_found()
    }
}
