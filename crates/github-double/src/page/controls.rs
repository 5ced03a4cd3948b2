//! What one decides in the sandbox that people, machines and fate decide elsewhere.

use maud::{Markup, html};

use super::mark;
use super::pull::Thread;
use super::view::{FORM, View};
use crate::actions::Run;
use crate::pull::Pull;

/// How many deployment runs that have ended are listed.
const ENDED: usize = 2;

/// Where the policy stands on the default branch.
pub(super) const POLICY: &str = ".github/countersign.yml";

impl<'s> View<'s> {
    /// The panel.
    pub(super) fn controls(&self, thread: Thread<'_>) -> Markup {
        html! {
            section.box.panel.controls #controls aria-label="Sandbox controls" {
                header { h2 { "Sandbox controls" } }
                @if let Some(pull) = thread.pull {
                    (self.ci(thread, pull))
                }
                (self.runs("Deployment workflows", "None yet: a promotion starts one.", &self.deployment_runs()))
                (self.auto())
                (self.pull_buttons(thread))
                p.pad {
                    a href=(self.path(&format!("edit/{}/{POLICY}", self.repo.default_branch))) { "Edit the policy" }
                    span.quiet { " on " code { (self.repo.default_branch) } ": what each environment requires" }
                }
            }
        }
    }

    /// The policy's text on the default branch.
    pub(super) fn policy(&self) -> Option<String> {
        let tip = self.repo.tip(&self.repo.default_branch).ok()?;
        let commit = self.state.objects.get(tip).ok()?;
        let (_, content) = self.state.objects.file(commit, POLICY)?;
        Some(String::from_utf8_lossy(content).into_owned())
    }

    fn ci(&self, thread: Thread<'_>, pull: &Pull) -> Markup {
        let runs = self.ci_runs(pull);
        let action = self.action(&format!("pulls/{}/ci", thread.issue.number));
        html! {
            (self.runs("CI on the head", "CI did not run on this commit.", &runs))
            @if runs.is_empty() {
                div.buttons.pad {
                    button type="submit" form=(FORM) formaction=(action) formnovalidate { "Run CI" }
                }
            }
        }
    }

    fn ci_runs(&self, pull: &Pull) -> Vec<&'s Run> {
        let here = |run: &&Run| run.head_sha == pull.head_sha && run.event != "workflow_dispatch";
        self.repo.runs.values().filter(here).collect()
    }

    /// Those under way, and the last that ended.
    fn deployment_runs(&self) -> Vec<&'s Run> {
        let dispatched = self.repo.runs.values().rev().filter(|run| run.event == "workflow_dispatch");
        let (ended, mut under_way): (Vec<&Run>, Vec<&Run>) = dispatched.partition(|run| run.is_completed());
        under_way.extend(ended.into_iter().take(ENDED));
        under_way
    }

    fn runs(&self, title: &str, otherwise: &str, runs: &[&Run]) -> Markup {
        html! {
            h3 { (title) }
            @if runs.is_empty() { p.quiet.pad { (otherwise) } }
            ul.rows { @for run in runs { (self.run_row(run)) } }
        }
    }

    /// A run, with the buttons that decide how it ends.
    pub(super) fn run_row(&self, run: &Run) -> Markup {
        let button = |deed: &str, class: &str, label: &str| {
            let action = self.action(&format!("runs/{}/{deed}", run.id));
            html! { button class=(class) type="submit" form=(FORM) formaction=(action) formnovalidate { (label) } }
        };
        html! {
            li.row.run id={ "run-" (run.id) } {
                (mark::of(&run.status, run.conclusion.as_deref()).draw())
                span.what {
                    a href=(self.path(&format!("actions/runs/{}", run.id))) { (self.run_name(run)) }
                    span.quiet.title { (run_about(run)) }
                }
                span.deeds {
                    @if run.is_completed() { (button("rerun", "small", "Rerun")) }
                    @else { (button("pass", "small good", "Pass")) (button("fail", "small bad", "Fail")) }
                }
            }
        }
    }

    /// The workflow's name and the run's number.
    pub(super) fn run_name(&self, run: &Run) -> String {
        let name =
            self.repo.workflows.get(&run.workflow).map_or("workflow", |workflow| workflow.name.as_str());
        format!("{name} #{}", run.run_number)
    }

    fn auto(&self) -> Markup {
        let on = self.state.settings.auto;
        html! {
            h3 { "Let time pass" }
            p.row.switch-row {
                span.what {
                    strong { (if on { "Runs move by themselves" } else { "You decide every run" }) }
                    span.quiet.title { (if on { "after a few seconds they succeed" } else { "with the buttons above" }) }
                }
                button.toggle type="submit" form=(FORM) formaction="/_sandbox/auto" formnovalidate
                    name="on" value=(!on) role="switch" aria-checked=(on) aria-label="Runs move by themselves" {
                    span.knob aria-hidden="true" {}
                }
            }
        }
    }

    fn pull_buttons(&self, thread: Thread<'_>) -> Markup {
        let button = |deed: &str, label: &str| {
            let action = self.action(&format!("pulls/{}/{deed}", thread.issue.number));
            html! { button type="submit" form=(FORM) formaction=(action) formnovalidate { (label) } }
        };
        let merged = thread.pull.is_some_and(|pull| pull.merged.is_some());
        let open = thread.issue.is_open();
        html! {
            h3 { (if thread.pull.is_some() { "This pull request" } else { "This issue" }) }
            div.buttons.pad {
                @if thread.pull.is_some() && !merged { (button("push", "Push a commit")) }
                @if thread.pull.is_some() && open { (button("merge", "Merge")) }
                @if open { (button("close", "Close")) } @else if !merged { (button("reopen", "Reopen")) }
            }
            p.quiet.pad { "Done as whoever you act as, with their rights." }
        }
    }
}

/// What a run runs on or for, and how it stands.
fn run_about(run: &Run) -> String {
    let attempt = if run.run_attempt > 1 { format!(", attempt {}", run.run_attempt) } else { String::new() };
    let state = run.conclusion.as_deref().unwrap_or(&run.status).replace('_', " ");
    let inputs: Vec<&str> =
        run.inputs.values().map(String::as_str).filter(|value| (1..=24).contains(&value.len())).collect();
    let what = if inputs.is_empty() { run.head_branch.clone() } else { inputs.join(", ") };
    format!("{what} · {state}{attempt}")
}
