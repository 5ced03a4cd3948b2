//! A commit's reports with everything that the policy asks of them, for whoever shows them.

use super::scans::standing;
use crate::app::App;
use crate::check_run::scans::{Gated, Judged};
use crate::clock::Timestamp;
use crate::facts::{Loaded, Missing, Result, read_policy};
use crate::ids::{CommitSha, EnvironmentName, Repo};
use crate::policy::{Policy, Scans};
use crate::report::{Condition, Gate};
use crate::requirement::{Code, Refusal, Requirement};

/// How a commit stands now, and what nobody has asked to be read yet.
pub async fn judged(app: &App, repo: &Repo, commit: &CommitSha, now: Timestamp) -> Result<(Judged, Missing)> {
    let loaded = read_policy(app, repo).await?.loaded;
    let policy = loaded.as_ref().ok().map(|loaded| &loaded.policy);
    let policy_at = loaded.as_ref().ok().map(Loaded::at);
    let runs = app.reader.workflow_runs_of(repo, commit).await?;
    let (standing, missing) =
        Box::pin(standing(app, repo, (commit, &runs), (policy, policy_at), now)).await?;
    let gates = match &loaded {
        Ok(loaded) => asked(&loaded.policy)
            .into_iter()
            .map(|(gate, environments)| Gated { environments, conditions: gate.judge(&standing.tally) })
            .collect(),
        Err(refusal) => unusable(refusal),
    };
    let annotations = policy.map_or(Scans::default().annotations, |policy| policy.scans.annotations);
    Ok((Judged { gates, annotations: usize::from(annotations), standing }, missing))
}

/// Every gate that the policy has, with the environments that ask for it; none for what every commit is asked.
fn asked(policy: &Policy) -> Vec<(&Gate, Vec<EnvironmentName>)> {
    let mut gates: Vec<(&Gate, Vec<EnvironmentName>)> = Vec::new();
    for (name, environment) in &policy.environments {
        let Some(gate) = &environment.require.scans else { continue };
        match gates.iter_mut().find(|(known, _)| *known == gate) {
            Some((_, environments)) => environments.push(name.clone()),
            None => gates.push((gate, vec![name.clone()])),
        }
    }
    if policy.scans.stated {
        gates.insert(0, (&policy.scans.gate, Vec::new()));
    }
    gates
}

/// Where there is no policy nothing is asked. One that cannot be read may ask anything, and so nothing passes.
fn unusable(refusal: &Refusal) -> Vec<Gated> {
    if refusal.code == Code::PolicyMissing {
        return Vec::new();
    }
    let title = "a policy that can be read";
    let condition = Condition {
        title: title.to_owned(),
        actual: "the policy cannot be used".to_owned(),
        requirement: Requirement::fails(title, refusal.code, &refusal.sentence),
        decided_by: Vec::new(),
    };
    vec![Gated { environments: Vec::new(), conditions: vec![condition] }]
}
