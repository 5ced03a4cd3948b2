//! One problem as people see it, from everything that scanners say of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::alias::{Aliases, is_cve};
use super::fingerprint::short_rule;
use super::merge::{Group, Member};
use crate::report::dependency::is_single;
use crate::report::{Advisory, Category, Finding, Fingerprint, Novelty, Problem, Said, Severity, Text};

/// The fingerprints of the members of each problem: equals are counted, in the order in which they stand.
pub(super) fn fingerprints(groups: &[Group<'_>]) -> Vec<HashMap<Fingerprint, Fingerprint>> {
    let mut traces: Vec<(Fingerprint, u64, usize)> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let mut seen: HashMap<Fingerprint, u64> = HashMap::new();
        for member in group {
            seen.entry(member.trace.same).or_insert(member.trace.exact);
        }
        traces.extend(seen.into_iter().map(|(same, exact)| (same, exact, index)));
    }
    traces.sort_unstable();
    let mut fingerprints = vec![HashMap::new(); groups.len()];
    let (mut last, mut ordinal) = (None, 0);
    for (same, _, index) in traces {
        ordinal = if last == Some(same) { ordinal + 1 } else { 0 };
        last = Some(same);
        if let Some(of_group) = fingerprints.get_mut(index) {
            of_group.insert(same, same.nth(ordinal));
        }
    }
    fingerprints
}

/// One problem with everything that is needed to judge it.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    /// The members that no tool lets through; all of them where the tools let all through.
    pub(super) members: Group<'a>,
    /// By member: the names by which a waiver may mean it.
    pub(super) names: Vec<Arc<[String]>>,
    /// As people see it.
    pub(super) problem: Problem,
}

/// What is to be told of a group; nothing of an empty one.
pub(super) fn problem<'a>(
    group: &Group<'a>,
    fingerprints: &HashMap<Fingerprint, Fingerprint>,
    aliases: &Aliases,
    novelty: Novelty,
) -> Option<Merged<'a>> {
    let open: Group<'a> = group.iter().filter(|it| it.finding.suppressed.is_none()).copied().collect();
    let members = if open.is_empty() { group.clone() } else { open };
    let lead = *members.first()?;
    let fingerprint =
        |member: &Member<'_>| fingerprints.get(&member.trace.same).copied().unwrap_or(member.trace.same);
    let own_ids = members.iter().map(|member| own_id(member.finding, fingerprint(member)));
    let own_ids: Vec<String> = own_ids.collect();
    let (id, names, mut known) = match lead.finding.category {
        Category::Vulnerability => vulnerability(&members, &own_ids, &aliases.canonical(lead.finding)),
        _ => other(&members, &own_ids),
    };
    known.retain(|name| *name != id);
    let problem = Problem {
        id,
        aliases: known,
        fingerprint: fingerprint(&lead),
        severity: severity(&members),
        finding: shown(&members, lead.finding),
        said: said(&members),
        novelty,
        fork: false,
        waiver: None,
    };
    Some(Merged { members, names, problem })
}

/// Its id, what waivers may call each member, and all its names.
type Names = (String, Vec<Arc<[String]>>, Vec<String>);

/// A waiver of one CVE does not let through what is said to be another one too.
fn vulnerability(members: &Group<'_>, own_ids: &[String], canonical: &str) -> Names {
    let mut known: Vec<String> = members.iter().flat_map(|member| written(member.finding)).collect();
    sort(&mut known);
    let called = known.iter().find(|name| name.eq_ignore_ascii_case(canonical)).cloned();
    let called = called.unwrap_or_else(|| as_usual(canonical));
    let public = is_single(&called) || is_token(&called);
    let id = if public { called.clone() } else { own_ids.first().cloned().unwrap_or_default() };
    let cves = known.iter().filter(|name| is_cve(&name.to_ascii_uppercase())).count();
    let means = |name: &&String| cves <= 1 || **name == called || !is_cve(&name.to_ascii_uppercase());
    let mut accepted: Vec<String> = known.iter().filter(means).chain([&called]).cloned().collect();
    accepted.extend(own_ids.iter().cloned());
    sort(&mut accepted);
    (id, vec![accepted.into(); members.len()], known)
}

/// Each tool's finding has names of its own: who waives one tool's rule has not seen what another one says.
fn other(members: &Group<'_>, own_ids: &[String]) -> Names {
    let names = members.iter().zip(own_ids).map(|(member, own_id)| {
        let rule = &member.finding.rule.id;
        Arc::from([rule.to_string(), short_rule(rule).to_owned(), own_id.clone()])
    });
    let names: Vec<Arc<[String]>> = names.collect();
    let mut known: Vec<String> = members
        .iter()
        .map(|member| member.finding.rule.id.to_string())
        .chain(own_ids.iter().cloned())
        .collect();
    sort(&mut known);
    (own_ids.first().cloned().unwrap_or_default(), names, known)
}

fn sort(names: &mut Vec<String>) {
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
}

fn written(finding: &Finding) -> impl Iterator<Item = String> {
    let others = finding.advisory.as_deref().map_or(&[][..], |advisory| &advisory.aliases);
    std::iter::once(&finding.rule.id).chain(others).map(ToString::to_string)
}

/// The rule with the first digits of the fingerprint, so that it can be written in a command.
fn own_id(finding: &Finding, fingerprint: Fingerprint) -> String {
    let rule = short_rule(&finding.rule.id).chars().take(60);
    let rule = rule.map(|letter| if is_plain(letter) { letter } else { '-' }).collect::<String>();
    format!("{}-{}", rule.trim_matches('-'), fingerprint.short())
}

/// A GitHub advisory is written in small letters but for its beginning.
fn as_usual(canonical: &str) -> String {
    match canonical.strip_prefix("GHSA-") {
        Some(rest) => format!("GHSA-{}", rest.to_ascii_lowercase()),
        None => canonical.to_owned(),
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ':' | '/')
}

fn is_token(name: &str) -> bool {
    name.len() <= 60 && name.chars().all(is_plain) && name.contains(|letter: char| letter.is_ascii_digit())
}

/// The worst that any scanner says. Of a vulnerability that somebody rated, it does not count that another one
/// has no rating: it is the same vulnerability. Of a secret or a weakness it does, since tools see different
/// sides of it (one of them may have tried whether the secret works).
fn severity(members: &Group<'_>) -> Severity {
    let rated = |member: &&Member<'_>| {
        member.finding.category == Category::Vulnerability && member.finding.severity != Severity::Unknown
    };
    let worst = members.iter().filter(rated).map(|member| member.finding.severity).max();
    let weights = members.iter().map(|member| member.finding.weight());
    worst.or_else(|| weights.max()).unwrap_or(Severity::Unknown)
}

/// What each tool says of it, worst first.
fn said(members: &Group<'_>) -> Vec<Said> {
    let mut said: HashMap<&Text, Said> = HashMap::new();
    for Member { tool, finding, .. } in members {
        let next = Said { tool: (*tool).clone(), severity: finding.severity, native: finding.native.clone() };
        let known = said.entry(*tool).or_insert_with(|| next.clone());
        if known.severity < next.severity {
            *known = next;
        }
    }
    let mut said: Vec<Said> = said.into_values().collect();
    said.sort_by(|one, other| (other.severity, &one.tool).cmp(&(one.severity, &other.tool)));
    said
}

/// The finding that says most, with what only others know: the fix, the names, that it is exploited.
fn shown(members: &Group<'_>, lead: &Finding) -> Finding {
    let mut shown = lead.clone();
    let advisories = members.iter().filter_map(|member| member.finding.advisory.as_deref());
    let Some(first) = advisories.clone().next() else {
        return shown;
    };
    let mut all = lead.advisory.as_deref().unwrap_or(first).clone();
    for other in advisories {
        join(&mut all, other);
    }
    let mut aliases = members.iter().flat_map(|member| written(member.finding)).collect::<Vec<_>>();
    aliases.retain(|name| !name.eq_ignore_ascii_case(&lead.rule.id));
    sort(&mut aliases);
    all.aliases = aliases.into_iter().map(Into::into).collect();
    shown.advisory = Some(Box::new(all));
    shown
}

fn join(all: &mut Advisory, other: &Advisory) {
    if all.fixed.is_empty() {
        all.fixed.clone_from(&other.fixed);
    }
    if all.fix_state.is_none() {
        all.fix_state.clone_from(&other.fix_state);
    }
    let higher = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    };
    all.score = higher(all.score, other.score);
    all.epss = higher(all.epss, other.epss);
    all.kev |= other.kev;
}
