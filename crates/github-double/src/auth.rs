//! Who is calling: the App with its JWT, an installation with its token, or a person.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::acts::Who;
use super::git::object_id;
use super::refused::{Act, Refused};
use super::show::time;
use super::state::State;
use countersign_kernel::clock::Timestamp;

/// The App's private key, as GitHub would have given it: PKCS#1. It guards nothing.
pub const APP_KEY: &str = include_str!("app_key.pem");

/// How long an installation token lives.
const TOKEN_LIFE: Duration = Duration::from_hours(1);
/// How far in the future a JWT may end, as GitHub allows.
const JWT_LIFE: i64 = 600;
/// What a person's token starts with; the login follows.
const PERSON: &str = "sandbox-";

/// An installation token and what it may do.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) installation: i64,
    pub(super) permissions: BTreeMap<String, String>,
    pub(super) repositories: Option<BTreeSet<i64>>,
    pub(super) expires_at: Timestamp,
}

/// Who makes a request.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// Nobody we know.
    Stranger,
    /// The App itself, by JWT.
    App,
    /// The App in one installation.
    Installation(Token),
    /// A person, by id.
    Person(i64),
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: Value,
    iat: i64,
    exp: i64,
}

impl State {
    /// Who an `Authorization` header stands for.
    pub(super) fn caller(&self, header: Option<&str>) -> Act<Caller> {
        let Some(header) = header else { return Ok(Caller::Stranger) };
        let (_, token) = header.split_once(' ').ok_or_else(bad_credentials)?;
        if let Some(login) = token.strip_prefix(PERSON) {
            return self.user_id(login).map(Caller::Person).map_err(|_| bad_credentials());
        }
        if token.starts_with("ghs_") {
            return self.live_token(token).map(Caller::Installation);
        }
        self.check_jwt(token).map(|()| Caller::App)
    }

    fn live_token(&self, token: &str) -> Act<Token> {
        let found =
            self.tokens.get(token).filter(|t| t.expires_at > self.now()).ok_or_else(bad_credentials)?;
        let suspended = self.installations.get(&found.installation).is_none_or(|i| i.suspended_at.is_some());
        if suspended {
            return Err(Refused::forbidden("This installation has been suspended"));
        }
        Ok(found.clone())
    }

    fn check_jwt(&self, token: &str) -> Act<()> {
        let undecodable = || Refused::new(401, "A JSON web token could not be decoded");
        let key = EncodingKey::from_rsa_pem(APP_KEY.as_bytes()).map_err(|_| undecodable())?;
        let public = Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(|_| undecodable())?;
        let public = DecodingKey::from_jwk(&public).map_err(|_| undecodable())?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.validate_exp = false;
        let claims = decode::<Claims>(token, &public, &rules).map_err(|_| undecodable())?.claims;
        let app = self.our_app()?;
        let now = self.now().seconds();
        let issuer = claims.iss.as_str().map_or_else(|| claims.iss.to_string(), str::to_owned);
        if issuer != app.id.to_string() && issuer != app.client_id {
            return Err(Refused::new(401, "Integration not found"));
        }
        if claims.exp <= now {
            return Err(Refused::new(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            ));
        }
        if claims.exp > now + JWT_LIFE {
            return Err(Refused::new(401, "'Expiration time' claim ('exp') is too far in the future"));
        }
        if claims.iat > now {
            return Err(Refused::new(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
            ));
        }
        Ok(())
    }

    /// Mints an installation token from the body of the request; all or nothing.
    pub(super) fn mint(&mut self, installation: i64, body: &Value) -> Act<Value> {
        let found = self.installations.get(&installation).ok_or_else(Refused::not_found)?.clone();
        if found.suspended_at.is_some() {
            return Err(Refused::forbidden("This installation has been suspended"));
        }
        let permissions = asked_permissions(&found.permissions, body)?;
        let repositories = self.asked_repositories(found.account, found.selected.as_ref(), body)?;
        let expires_at = self.now().plus(TOKEN_LIFE);
        let id = self.fresh_id();
        let long: String =
            (0..12).map(|part| object_id("token", format!("{id}.{part}").as_bytes())).collect();
        let token = format!("ghs_{}_{}.{}", self.our_app, long, object_id("signature", long.as_bytes()));
        let selection = if repositories.is_some() { "selected" } else { "all" };
        let shown = repositories.as_ref().map(|ids| -> Vec<Value> {
            ids.iter().filter_map(|id| self.repos.get(id)).map(|repo| self.show_repo(repo)).collect()
        });
        let mut answer = json!({"token": token, "expires_at": time(expires_at),
            "permissions": permissions, "repository_selection": selection});
        if let (Some(shown), Some(fields)) = (shown, answer.as_object_mut()) {
            fields.insert("repositories".to_owned(), json!(shown));
        }
        self.tokens.insert(token, Token { installation, permissions, repositories, expires_at });
        Ok(answer)
    }

    fn asked_repositories(
        &self,
        account: i64,
        selected: Option<&BTreeSet<i64>>,
        body: &Value,
    ) -> Act<Option<BTreeSet<i64>>> {
        let refused = || {
            Refused::invalid(
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            )
        };
        let list = |field: &str| body.get(field).and_then(Value::as_array);
        let mut asked = BTreeSet::new();
        for name in list("repositories").into_iter().flatten() {
            let found =
                self.repos.values().find(|r| r.owner == account && Some(r.name.as_str()) == name.as_str());
            asked.insert(found.map(|r| r.id).ok_or_else(refused)?);
        }
        for id in list("repository_ids").into_iter().flatten() {
            let found = id.as_i64().and_then(|id| self.repos.get(&id)).filter(|r| r.owner == account);
            asked.insert(found.map(|r| r.id).ok_or_else(refused)?);
        }
        if asked.iter().any(|id| selected.is_some_and(|chosen| !chosen.contains(id))) {
            return Err(refused());
        }
        Ok(if asked.is_empty() { selected.cloned() } else { Some(asked) })
    }

    /// Whether a token reaches a repository at all.
    pub(super) fn reaches(&self, token: &Token, repo: i64) -> bool {
        let account = self.installations.get(&token.installation).map(|i| i.account);
        let owner = self.repos.get(&repo).map(|r| r.owner);
        account == owner && token.repositories.as_ref().is_none_or(|chosen| chosen.contains(&repo))
    }

    /// Our App, as one who acts.
    pub(super) fn our_bot(&self) -> Act<Who> {
        self.our_app().map(|app| Who { user: app.bot, app: Some(app.id) })
    }
}

impl Token {
    /// Whether it holds a permission, such as `("checks", "write")`; write includes read.
    pub(super) fn holds(&self, name: &str, level: &str) -> bool {
        self.permissions.get(name).is_some_and(|held| held == level || held == "write")
    }
}

fn bad_credentials() -> Refused {
    Refused::new(401, "Bad credentials")
}

fn asked_permissions(granted: &BTreeMap<String, String>, body: &Value) -> Act<BTreeMap<String, String>> {
    let Some(asked) = body.get("permissions").and_then(Value::as_object) else { return Ok(granted.clone()) };
    let mut permissions = BTreeMap::from([("metadata".to_owned(), "read".to_owned())]);
    for (name, level) in asked {
        let level = level.as_str().unwrap_or_default();
        let held = granted.get(name).is_some_and(|held| held == level || held == "write" && level == "read");
        if !held {
            return Err(Refused::invalid("The permissions requested are not granted to this installation."));
        }
        permissions.insert(name.clone(), level.to_owned());
    }
    Ok(permissions)
}
