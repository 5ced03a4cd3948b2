//! From the file to the rules: what each key means, and what no single key can tell is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use super::problem::Problem;
use super::read::{At, FromNode, Reader, Table};
use super::schema::{
    AfterSection, ApprovalSection, ApprovalsSection, CheckSection, DeploySection, EnvironmentSection,
    FormatVersion, PolicyFile, RequireSection,
};
use super::{
    After, ApprovalRule, Approvals, CheckRule, Deploy, Environment, Policy, Principal, Promote, Require,
    RoleLevel, Scans, node, soundness,
};
use crate::ids::EnvironmentName;

/// How long a promotion may wait when the policy does not say.
const EXPIRES: Duration = Duration::from_hours(24);

/// What a policy is asked beyond that each of its keys can be read.
#[derive(Clone, Copy)]
enum Asked {
    /// That its keys make sense together, and guard what they must.
    ToBeSound,
    /// Nothing: it was asked on the day it was first decided under.
    Nothing,
}

impl Policy {
    /// Reads a policy file. `path` is what the problems call it.
    ///
    /// # Errors
    /// Every problem that could be found, in the order of the file; only the first one where the
    /// text is not YAML at all.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Self::read(path, text, Asked::ToBeSound)
    }

    /// Reads a policy file that was decided under before, when it was sound by the rules of that day: what is
    /// asked of policies since then is not asked of it. What a key means may never change, nor may one go.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_decided(path: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Self::read(path, text, Asked::Nothing)
    }

    fn read(path: &str, text: &str, asked: Asked) -> Result<Self, Vec<Problem>> {
        let node = node::parse(path, text).map_err(|problem| vec![*problem])?;
        let mut reader = Reader { path, source: text, problems: Vec::new(), notes: Vec::new() };
        let file = PolicyFile::read(&node, &mut reader);
        let understood = reader.problems.len();
        let policy = file.map(|file| {
            soundness::check(&file, &mut reader);
            build(file, &mut reader)
        });
        match asked {
            Asked::ToBeSound => {}
            Asked::Nothing => reader.problems.truncate(understood),
        }
        match policy {
            Some(policy) if reader.problems.is_empty() => Ok(Self { notes: reader.notes, ..policy }),
            Some(_) | None => {
                reader.problems.sort_by_key(|problem| problem.span.start);
                Err(reader.problems)
            }
        }
    }
}

fn build(file: PolicyFile, reader: &mut Reader<'_>) -> Policy {
    let PolicyFile { version: At { value: FormatVersion, .. }, environments, scans } = file;
    let scans = super::scans::scans(scans.map(|section| section.value), reader);
    let environments = environments.value.0.into_iter();
    let built = environments.map(|(name, section)| (name.value, environment(section.value, &scans, reader)));
    Policy { environments: built.collect(), scans, notes: Vec::new() }
}

fn environment(section: EnvironmentSection, scans: &Scans, reader: &mut Reader<'_>) -> Environment {
    let promote = section.promote.value;
    let parameters = section.parameters.map(|table| table.value.0).unwrap_or_default().into_iter();
    let parameters = parameters
        .filter_map(|(name, rule)| Some((name.value.0, super::parameters::rule(&rule, reader)?)))
        .collect();
    Environment {
        promote: Promote { from: values(promote.from.value.0), by: values(promote.by.value.0) },
        cancel: section.cancel.map_or_else(maintainers, |section| values(section.value.by.value.0)),
        require: section
            .require
            .map_or_else(nothing_required, |section| require(section.value, scans, reader)),
        parameters,
        deploy: section.deploy.map(|section| deploy(section.value)),
        expires: section.expires.map_or(EXPIRES, |expires| expires.value.0),
        url: section.url.map(|url| url.value.0),
    }
}

/// Who may cancel when the policy does not say: a deployment under way is not stopped by everybody who may ask for one.
fn maintainers() -> Vec<Principal> {
    vec![Principal::Role(RoleLevel::Maintain.as_str().to_owned())]
}

fn nothing_required() -> Require {
    Require {
        workflows: Vec::new(),
        checks: Vec::new(),
        after: BTreeMap::new(),
        scans: None,
        approvals: Approvals::Unstated,
        known_authors: std::collections::BTreeSet::new(),
    }
}

fn require(section: RequireSection, scans: &Scans, reader: &mut Reader<'_>) -> Require {
    let known_authors = section.known_authors.map(|list| list.value.0).unwrap_or_default();
    let workflows = section.workflows.map(|list| list.value.0).unwrap_or_default();
    Require {
        workflows: workflows.into_iter().map(|workflow| workflow.value.0).collect(),
        checks: section.checks.map(|list| list.value.0.into_iter().map(check).collect()).unwrap_or_default(),
        after: section.after.map(|table| after(table.value)).unwrap_or_default(),
        scans: section.scans.map(|section| super::scans::gate(section, scans, reader)),
        approvals: section.approvals.map_or(Approvals::Unstated, |section| approvals(section.value)),
        known_authors: known_authors.into_iter().map(|author| author.value.0).collect(),
    }
}

fn check(section: At<CheckSection>) -> CheckRule {
    match section.value {
        CheckSection::Named(name) => CheckRule { name: name.0, app: None },
        CheckSection::Pinned(pinned) => {
            CheckRule { name: pinned.name.value.0, app: pinned.app.map(|app| app.value.0) }
        }
    }
}

fn after(table: Table<EnvironmentName, AfterSection>) -> BTreeMap<EnvironmentName, After> {
    let soak = |section: AfterSection| section.soak.map(|soak| soak.value.0);
    table.0.into_iter().map(|(name, section)| (name.value, After { soak: soak(section.value) })).collect()
}

fn approvals(section: ApprovalsSection) -> Approvals {
    match section {
        ApprovalsSection::None(_) => Approvals::None,
        ApprovalsSection::Rules(rules) => {
            Approvals::Rules(rules.0.into_iter().map(|rule| approval_rule(rule.value)).collect())
        }
    }
}

fn approval_rule(section: ApprovalSection) -> ApprovalRule {
    ApprovalRule {
        count: section.count.value.0,
        from: values(section.from.value.0),
        separation_of_duties: section.separation_of_duties.is_none_or(|separated| separated.value),
    }
}

fn deploy(section: DeploySection) -> Deploy {
    let inputs = section.inputs.map(|table| table.value.0).unwrap_or_default();
    Deploy {
        workflow: section.workflow.value.0,
        inputs: inputs.into_iter().map(|(name, value)| (name.value.0, value.value.0)).collect(),
    }
}

fn values<T>(list: Vec<At<T>>) -> Vec<T> {
    list.into_iter().map(|entry| entry.value).collect()
}
