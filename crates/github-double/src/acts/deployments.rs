//! Deployments and their statuses.

use serde_json::{Value, json};

use super::Who;
use crate::deployments::{DESCRIPTION_LIMIT, Deployment, DeploymentStatus};
use crate::refused::{Act, Refused};
use crate::repo::Role;
use crate::state::State;

const STATES: [&str; 7] = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

impl State {
    /// Makes a deployment from the body of `POST /deployments` and gives its id.
    pub fn create_deployment(&mut self, repo: i64, who: Who, body: &Value) -> Act<i64> {
        self.demand(repo, who, Role::Write)?;
        let reference = text(body, "ref").ok_or_else(|| Refused::invalid("\"ref\" wasn't supplied."))?;
        let sha = self
            .resolve(repo, &reference)
            .map_err(|_| Refused::invalid(format!("No ref found for: {reference}")))?;
        self.demand_contexts(repo, &sha, body)?;
        let environment = text(body, "environment").unwrap_or_else(|| "production".to_owned());
        let production = body.get("production_environment").and_then(Value::as_bool);
        let (id, now) = (self.fresh_id(), self.now());
        let deployment = Deployment {
            id,
            sha,
            reference,
            task: text(body, "task").unwrap_or_else(|| "deploy".to_owned()),
            production: production.unwrap_or(environment == "production"),
            environment: environment.clone(),
            description: text(body, "description"),
            payload: body.get("payload").cloned().unwrap_or_else(|| json!({})),
            transient: body.get("transient_environment").and_then(Value::as_bool).unwrap_or(false),
            creator: who.user,
            app: who.app,
            statuses: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        let here = self.repo_by_id_mut(repo)?;
        here.environments.insert(environment);
        here.deployments.insert(id, deployment);
        let here = self.repo_by_id(repo)?;
        let shown = self.show_deployment(here, here.deployment(id)?);
        let payload = json!({"deployment": shown, "workflow": null, "workflow_run": null});
        self.emit(repo, "deployment", Some("created"), who, payload);
        Ok(id)
    }

    /// Without `required_contexts: []` GitHub refuses while anything on the commit is not green.
    fn demand_contexts(&self, repo: i64, sha: &str, body: &Value) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let listed = body.get("required_contexts").and_then(Value::as_array);
        let wanted = |name: &str| listed.is_none_or(|names| names.iter().any(|n| n.as_str() == Some(name)));
        let checks = here.checks.values().filter(|c| c.head_sha == sha && wanted(&c.name));
        let green = |conclusion: &Option<String>| {
            matches!(conclusion.as_deref(), Some("success" | "neutral" | "skipped"))
        };
        if checks.into_iter().all(|check| green(&check.conclusion)) {
            return Ok(());
        }
        Err(Refused::new(409, format!("Conflict: Commit status checks failed for {sha}.")))
    }

    /// Adds a status from the body of `POST /deployments/{id}/statuses` and gives its id.
    pub fn add_deployment_status(&mut self, repo: i64, who: Who, id: i64, body: &Value) -> Act<i64> {
        self.demand(repo, who, Role::Write)?;
        let state = text(body, "state").filter(|state| STATES.contains(&state.as_str()));
        let state = state.ok_or_else(|| {
            Refused::validation("DeploymentStatus", "state", "state is not included in the list")
        })?;
        let description = text(body, "description").unwrap_or_default();
        if description.chars().count() > DESCRIPTION_LIMIT {
            let message = format!("description is too long (maximum is {DESCRIPTION_LIMIT} characters)");
            return Err(Refused::validation("DeploymentStatus", "description", &message));
        }
        for field in ["log_url", "target_url", "environment_url"] {
            check_url(body, field)?;
        }
        let deployment = self.repo_by_id(repo)?.deployment(id)?;
        let environment = text(body, "environment").unwrap_or_else(|| deployment.environment.clone());
        let status = DeploymentStatus {
            id: 0,
            description,
            environment_url: text(body, "environment_url").unwrap_or_default(),
            log_url: text(body, "log_url").or_else(|| text(body, "target_url")).unwrap_or_default(),
            creator: who.user,
            app: who.app,
            created_at: self.now(),
            environment,
            state,
        };
        let auto_inactive = body.get("auto_inactive").and_then(Value::as_bool).unwrap_or(true);
        let succeeded = status.state == "success";
        let added = self.append_status(repo, who, id, status.clone())?;
        if succeeded && auto_inactive {
            self.retire_earlier(repo, who, id, &status)?;
        }
        Ok(added)
    }

    fn append_status(&mut self, repo: i64, who: Who, id: i64, status: DeploymentStatus) -> Act<i64> {
        let status = DeploymentStatus { id: self.fresh_id(), ..status };
        let added = status.id;
        let deployment =
            self.repo_by_id_mut(repo)?.deployments.get_mut(&id).ok_or_else(Refused::not_found)?;
        deployment.updated_at = status.created_at;
        deployment.statuses.push(status);
        let here = self.repo_by_id(repo)?;
        let deployment = here.deployment(id)?;
        let last = deployment.latest().ok_or_else(Refused::not_found)?;
        let payload = json!({
            "deployment_status": self.show_deployment_status(here, deployment, last),
            "deployment": self.show_deployment(here, deployment),
            "check_run": null, "workflow": null, "workflow_run": null,
        });
        self.emit(repo, "deployment_status", Some("created"), who, payload);
        Ok(added)
    }

    /// Earlier successes in the same environment become inactive; production and transient ones do not.
    fn retire_earlier(&mut self, repo: i64, who: Who, id: i64, status: &DeploymentStatus) -> Act<()> {
        let succeeded = |d: &&Deployment| d.latest().is_some_and(|s| s.state == "success");
        let earlier: Vec<i64> = self
            .repo_by_id(repo)?
            .deployments
            .values()
            .filter(|d| d.id < id && d.environment == status.environment && !d.transient && !d.production)
            .filter(succeeded)
            .map(|d| d.id)
            .collect();
        for old in earlier {
            let inactive = DeploymentStatus {
                state: "inactive".to_owned(),
                description: String::new(),
                ..status.clone()
            };
            self.append_status(repo, who, old, inactive)?;
        }
        Ok(())
    }

    /// The commit a branch, a tag, a full `refs/…` name or a commit id stands for.
    pub fn resolve(&self, repo: i64, reference: &str) -> Act<String> {
        let here = self.repo_by_id(repo)?;
        let name = reference.strip_prefix("refs/").unwrap_or(reference);
        let branch = name.strip_prefix("heads/").unwrap_or(name);
        let tag = name.strip_prefix("tags/").unwrap_or(name);
        let named = here.branches.get(branch).map(|b| &b.sha).or_else(|| here.tags.get(tag));
        let hex = reference.len() >= 7 && reference.bytes().all(|b| b.is_ascii_hexdigit());
        let by_id = || self.objects.commits.keys().find(|sha| hex && sha.starts_with(reference));
        named.or_else(by_id).cloned().ok_or_else(Refused::not_found)
    }
}

fn text(body: &Value, field: &str) -> Option<String> {
    body.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn check_url(body: &Value, field: &str) -> Act<()> {
    match text(body, field) {
        Some(url) if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") => {
            Err(Refused::validation("DeploymentStatus", field, &format!("{field} must use http(s) scheme")))
        }
        Some(_) | None => Ok(()),
    }
}
