//! The findings of all reports, put together: one problem, however many scanners and formats tell of it.

use std::collections::HashMap;

use super::alias::Aliases;
use super::fingerprint::{Scope, Trace, mark, short_rule};
use super::meet::{Meeting, meet};
use super::package::{Affected, Identity, place};
use crate::report::{Category, Finding, Fingerprint, Report, Text};

/// A report to be merged: who wrote it, about what.
#[derive(Debug, Clone)]
pub(super) struct Told<'a> {
    /// What it says.
    pub(super) report: &'a Report,
    /// What it is about, the same from commit to commit.
    pub(super) subject: String,
}

/// One finding of one report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    /// Which report, by its place in the list.
    pub(super) report: usize,
    /// Who found it.
    pub(super) tool: &'a Text,
    /// What was found.
    pub(super) finding: &'a Finding,
    /// Where it stands.
    pub(super) trace: Trace,
}

/// What is one problem, in an order that does not depend on the order of the reports.
pub(super) type Group<'a> = Vec<Member<'a>>;

/// All findings of these reports, each in the group of those that are the same problem.
pub(super) fn merge<'a>(told: &'a [Told<'a>], aliases: &Aliases) -> Vec<Group<'a>> {
    let mut groups = by_own(members(told, aliases));
    let meetings = groups.iter().map(meeting).collect::<Vec<_>>();
    let columns = meet(&meetings);
    let mut merged: HashMap<usize, Group<'a>> = HashMap::new();
    for (group, column) in groups.drain(..).zip(columns) {
        merged.entry(column).or_default().extend(group);
    }
    let mut merged: Vec<Group<'a>> = merged.into_values().collect();
    for group in &mut merged {
        group.sort_by(|one, other| order(one).cmp(&order(other)));
    }
    merged.sort_by_key(|group| group.iter().map(|member| member.trace.own).min());
    merged
}

fn members<'a>(told: &'a [Told<'a>], aliases: &Aliases) -> Vec<Member<'a>> {
    let mut members = Vec::new();
    let (mut packaged, mut affected) = (Vec::new(), Vec::new());
    for (index, it) in told.iter().enumerate() {
        let mut scope = Scope::new(&it.report.tool.name, &it.subject, &it.report.findings);
        for finding in &it.report.findings {
            let trace = match finding.category {
                Category::Vulnerability | Category::License => {
                    let canonical = match finding.category {
                        Category::Vulnerability => aliases.canonical(finding),
                        _ => format!("licence {}", finding.rule.id),
                    };
                    packaged.push(members.len());
                    let package = Identity::of(finding.package.as_deref());
                    affected.push(Affected { canonical, package });
                    Trace::default()
                }
                _ => scope.trace(finding),
            };
            members.push(Member { report: index, tool: &it.report.tool.name, finding, trace });
        }
    }
    for (index, trace) in packaged.into_iter().zip(place(&affected)) {
        if let Some(member) = members.get_mut(index) {
            member.trace = trace;
        }
    }
    members
}

fn by_own(members: Vec<Member<'_>>) -> Vec<Group<'_>> {
    let mut places: HashMap<Fingerprint, usize> = HashMap::with_capacity(members.len());
    let mut groups: Vec<Group<'_>> = Vec::new();
    for member in members {
        let place = *places.entry(member.trace.own).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(member),
            None => groups.push(vec![member]),
        }
    }
    groups
}

/// Where findings of different tools are the same: code by file, line and weakness, secrets by file and line.
fn meeting(group: &Group<'_>) -> Option<Meeting> {
    let own = group.iter().map(|member| member.trace.own).min()?;
    // A secret may be at several lines: the first one is where it meets others.
    let lines = group.iter().filter_map(|member| Some((line(member.finding)?, member.finding.category)));
    let ((file, line), category) = lines.min()?;
    let tools = group.iter().map(|member| format!("tool {}", member.tool));
    let reports = group.iter().map(|member| format!("report {}", member.report));
    match category {
        Category::Code | Category::Misconfiguration => {
            let cwe = group.iter().flat_map(|member| &member.finding.rule.cwe).min()?;
            Some(Meeting::new("code", file, line, u64::from(*cwe), own, tools))
        }
        // A report without marks tells its secrets apart; one with marks speaks for all reports of its tool.
        Category::Secret => {
            let marked = group.iter().any(|member| mark(member.finding).is_some());
            let by = tools.filter(|_| marked).chain(reports);
            Some(Meeting::new("secret", file, line, 0, own, by))
        }
        _ => None,
    }
}

/// The file and the line, where it is at one of the repository.
fn line(finding: &Finding) -> Option<(&Text, u64)> {
    let place = finding.place.as_ref().filter(|place| !place.pseudo)?;
    Some((&place.file, u64::from(place.line?)))
}

/// Security before the rest, what tells more before what tells less; then by whatever tells two apart.
fn order<'a>(member: &Member<'a>) -> impl Ord + use<'a> {
    let finding = member.finding;
    let fixes = finding.advisory.as_ref().is_some_and(|advisory| !advisory.fixed.is_empty());
    let package = finding.package.as_deref();
    (
        (!finding.category.is_security(), package.is_none_or(|package| package.version.is_empty()), !fixes),
        member.tool,
        short_rule(&finding.rule.id),
        finding.place.as_ref().map(|place| (&place.file, place.line, place.column)),
        (member.trace.same, member.trace.exact),
        (finding.target.as_ref(), &finding.message, finding.severity),
    )
}
