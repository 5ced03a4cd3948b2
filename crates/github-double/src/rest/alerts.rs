//! What GitHub's own scanners know.

use serde_json::Value;

use super::{Answer, Here, paged};
use crate::refused::Refused;
use crate::state::State;

pub(super) fn answer(state: &mut State, here: &Here<'_>) -> Answer {
    let (list, permission) = match (here.call.method.as_str(), here.rest.as_slice()) {
        ("GET", ["code-scanning", "alerts"]) => ("code-scanning", "security_events=read"),
        ("GET", ["code-scanning", "analyses"]) => ("analyses", "security_events=read"),
        ("GET", ["dependabot", "alerts"]) => ("dependabot", "vulnerability_alerts=read"),
        ("GET", ["secret-scanning", "alerts"]) => ("secret-scanning", "secret_scanning_alerts=read"),
        _ => return Ok(None),
    };
    here.needs(&[permission])?;
    let repo = state.repo_by_id(here.repo)?;
    let off = || match list {
        "dependabot" => Refused::forbidden("Dependabot alerts are disabled for this repository."),
        "secret-scanning" => Refused::new(404, "Secret scanning is disabled on this repository."),
        _ => Refused::new(404, "no analysis found"),
    };
    let all = repo.alerts.get(list).ok_or_else(off)?;
    let asked = |name: &str| here.call.query(name);
    let fits = |alert: &&Value| {
        let text = |pointer: &str| alert.pointer(pointer).and_then(Value::as_str);
        let state = text("/state").unwrap_or_default();
        let reference = text("/most_recent_instance/ref").or_else(|| text("/ref"));
        asked("state").is_none_or(|states| states.split(',').any(|one| one == state))
            && asked("ref").is_none_or(|wanted| reference == Some(wanted))
    };
    let found: Vec<Value> = all.iter().filter(fits).cloned().collect();
    Ok(Some(paged(state, here.call, None, &found)))
}
