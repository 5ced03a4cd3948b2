//! The tokens that jobs get from GitHub Actions (`OpenID` Connect), issued by this GitHub itself.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::Fake;
use crate::auth::APP_KEY;
use crate::refused::{Act, Refused};
use crate::state::State;

/// The name of the key that signs them.
const KEY: &str = "fake-actions-key";
/// How long they live, in seconds.
const LIFE: i64 = 300;

impl Fake {
    /// What the token of a run's job says, when it is made for this audience.
    pub fn job_claims(&self, repo: &str, run: i64, audience: &str) -> Act<Value> {
        self.with_state(|state| state.job_claims(repo, run, audience))
    }

    /// Signs claims as GitHub Actions does.
    pub fn sign_claims(&self, claims: &Value) -> Act<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(KEY.to_owned());
        encode(&header, claims, &signing_key()?).map_err(|_| unusable())
    }

    /// The token of a run's job.
    pub fn job_token(&self, repo: &str, run: i64, audience: &str) -> Act<String> {
        self.sign_claims(&self.job_claims(repo, run, audience)?)
    }
}

impl State {
    fn job_claims(&self, repo: &str, run: i64, audience: &str) -> Act<Value> {
        let here = self.repo(repo)?;
        let run = here.run(run)?;
        let workflow = here.workflows.get(&run.workflow).map_or("", |workflow| workflow.path.as_str());
        let (name, branch, now) = (here.full_name(self), &run.head_branch, self.now().seconds());
        Ok(json!({
            "iss": self.api_url, "aud": audience, "sub": format!("repo:{name}:ref:refs/heads/{branch}"),
            "iat": now, "nbf": now - 5, "exp": now + LIFE, "jti": format!("{}-{now}", run.id),
            "repository": name, "repository_id": here.id.to_string(),
            "repository_owner": self.account_login(here.owner), "run_id": run.id.to_string(),
            "run_number": run.run_number.to_string(), "run_attempt": run.run_attempt.to_string(),
            "sha": run.head_sha, "ref": format!("refs/heads/{branch}"), "ref_type": "branch",
            "event_name": run.event, "workflow_ref": format!("{name}/{workflow}@refs/heads/{branch}"),
            "actor": self.account_login(run.actor), "actor_id": run.actor.to_string(),
            "runner_environment": "github-hosted",
        }))
    }

    /// The public half of the key, as `/.well-known/jwks` has it.
    pub(crate) fn jwks() -> Act<Value> {
        let key = Jwk::from_encoding_key(&signing_key()?, Algorithm::RS256).map_err(|_| unusable())?;
        let mut key = serde_json::to_value(key).map_err(|_| unusable())?;
        if let Some(fields) = key.as_object_mut() {
            fields.insert("kid".to_owned(), json!(KEY));
            fields.insert("use".to_owned(), json!("sig"));
        }
        Ok(json!({ "keys": [key] }))
    }
}

fn signing_key() -> Act<EncodingKey> {
    EncodingKey::from_rsa_pem(APP_KEY.as_bytes()).map_err(|_| unusable())
}

fn unusable() -> Refused {
    Refused::new(500, "The key cannot be used")
}
