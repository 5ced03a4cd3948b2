//! What is live where, and how it came there.

use std::collections::BTreeSet;

use countersign_page::Mark;
use maud::{Markup, html};

use super::mark;
use super::view::View;
use crate::deployments::Deployment;
use crate::pull::Pull;

/// How many deployments an environment's history shows.
const HISTORY: usize = 6;

/// GitHub's word for a deployment's state.
pub(super) fn word(state: &str) -> &str {
    match state {
        "success" => "Active",
        "failure" | "error" => "Failed",
        "in_progress" => "In progress",
        "queued" => "Queued",
        "pending" => "Pending",
        "inactive" => "Inactive",
        other => other,
    }
}

fn state_of(deployment: &Deployment) -> &str {
    deployment.latest().map_or("pending", |status| status.state.as_str())
}

impl<'s> View<'s> {
    /// The deployment that is live in an environment.
    pub(super) fn live(&self, environment: &str) -> Option<&'s Deployment> {
        self.deployments(environment).find(|deployment| state_of(deployment) == "success")
    }

    /// An environment's deployments, the newest first.
    fn deployments(&self, environment: &str) -> impl Iterator<Item = &'s Deployment> {
        let here = self.repo.deployments.values().rev();
        here.filter(move |deployment| deployment.environment == environment)
    }

    /// All environments, each with what is live and what happened.
    pub(super) fn environments(&self, pull: Option<&Pull>) -> Markup {
        let used = self.repo.deployments.values().map(|deployment| &deployment.environment);
        let known: BTreeSet<&String> = self.repo.environments.iter().chain(used).collect();
        let mut names: Vec<&String> = known.into_iter().collect();
        names.sort_by_key(|name| name.as_str() == "production");
        html! {
            section.box.panel #environments aria-label="Environments" {
                header { h2 { "Environments" } }
                @if names.is_empty() { p.quiet.pad { "Nothing was deployed yet: " code { "/promote staging" } " is a start." } }
                @for name in names { (self.environment(name, pull)) }
            }
        }
    }

    fn environment(&self, name: &str, pull: Option<&Pull>) -> Markup {
        let newest: Vec<&Deployment> = self.deployments(name).take(HISTORY).collect();
        let moving = newest.first().filter(|d| !matches!(state_of(d), "success" | "inactive"));
        html! {
            div.environment id={ "environment-" (name) } {
                h3 { (name) }
                p {
                    @match self.live(name) {
                        Some(live) => {
                            (Mark::Passed.draw()) " " (self.sha(&live.sha)) " is live "
                            @if pull.is_some_and(|pull| pull.head_sha == live.sha) {
                                span.label { "this head" }
                            }
                        }
                        None => { span.quiet { "nothing is live" } }
                    }
                }
                @if let Some(deployment) = moving {
                    p { (mark::of_deployment(state_of(deployment)).draw()) " " (self.sha(&deployment.sha)) " "
                        (word(state_of(deployment)))
                        @if let Some(status) = deployment.latest() { span.quiet { " " (status.description) } }
                    }
                }
                @if !newest.is_empty() {
                    details.history id={ "history-" (name) } {
                        summary { "History" }
                        ol { @for deployment in newest { (self.history(deployment)) } }
                    }
                }
            }
        }
    }

    fn history(&self, deployment: &Deployment) -> Markup {
        html! {
            li {
                p {
                    (self.sha(&deployment.sha)) " by " (self.name(deployment.creator))
                    " " (self.ago(deployment.created_at))
                }
                ul.statuses {
                    @for (place, status) in deployment.statuses.iter().enumerate() {
                        li {
                            @if place + 1 == deployment.statuses.len() {
                                (mark::of_deployment(&status.state).draw()) " "
                            }
                            (word(&status.state))
                            @if !status.description.is_empty() { span.quiet { " " (status.description) } }
                            " " span.quiet { (self.ago(status.created_at)) }
                        }
                    }
                }
            }
        }
    }
}
