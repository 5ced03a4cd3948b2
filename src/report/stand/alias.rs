//! One vulnerability has many names. Which of them are names of the same one.

use std::collections::HashMap;

use crate::report::dependency::is_single;
use crate::report::{Category, Finding};

/// Which names belong together, by all findings of all scanners.
///
/// Two CVEs are never the same problem, whatever a third name is said to be an alias of: one GHSA may have
/// several CVEs. So names that are no CVE are united, and each united set knows whether it leads to one CVE.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    index: HashMap<String, usize>,
    parents: Vec<usize>,
    names: Vec<String>,
    /// By set: the CVE it leads to.
    leads: HashMap<usize, Lead>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Lead {
    One(String),
    Several,
}

impl Aliases {
    /// What these findings say.
    pub(super) fn of<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> Self {
        let mut aliases = Self::default();
        let about_packages = findings.filter(|finding| finding.category == Category::Vulnerability);
        for finding in about_packages.clone() {
            let mut first = None;
            for name in names(finding).filter(|name| is_single(name) && !is_cve(name)) {
                let node = aliases.node(&name);
                first = Some(first.map_or(node, |first| aliases.unite(first, node)));
            }
        }
        for finding in about_packages {
            aliases.lead(finding);
        }
        aliases
    }

    /// The name by which all findings of one vulnerability are called, in upper case.
    pub(super) fn canonical(&self, finding: &Finding) -> String {
        let rule = finding.rule.id.to_ascii_uppercase();
        if is_cve(&rule) {
            return rule;
        }
        let cves: Vec<String> = cves(finding);
        let set = self.set(finding);
        match (&*cves, set) {
            ([one], _) => one.clone(),
            ([], Some(set)) => match self.leads.get(&set) {
                Some(Lead::One(cve)) => cve.clone(),
                Some(Lead::Several) | None => self.names.get(set).cloned().unwrap_or(rule),
            },
            (_, Some(set)) => self.names.get(set).cloned().unwrap_or(rule),
            (_, None) => rule,
        }
    }

    fn lead(&mut self, finding: &Finding) {
        let Some(set) = self.set(finding) else { return };
        for cve in cves(finding) {
            match self.leads.get(&set) {
                Some(Lead::Several) => return,
                Some(Lead::One(known)) if *known == cve => {}
                Some(Lead::One(_)) => drop(self.leads.insert(set, Lead::Several)),
                None => drop(self.leads.insert(set, Lead::One(cve))),
            }
        }
    }

    fn set(&self, finding: &Finding) -> Option<usize> {
        let known = names(finding).find_map(|name| self.index.get(&name).copied());
        known.map(|node| self.root(node))
    }

    fn node(&mut self, name: &str) -> usize {
        if let Some(node) = self.index.get(name) {
            return *node;
        }
        let node = self.names.len();
        self.index.insert(name.to_owned(), node);
        self.names.push(name.to_owned());
        self.parents.push(node);
        node
    }

    fn root(&self, mut node: usize) -> usize {
        while let Some(parent) = self.parents.get(node).filter(|parent| **parent != node) {
            node = *parent;
        }
        node
    }

    /// The set keeps the name that sorts first, so that it does not matter in which order reports come.
    fn unite(&mut self, one: usize, other: usize) -> usize {
        let (one, other) = (self.shorten(one), self.shorten(other));
        let first = if self.names.get(one) <= self.names.get(other) { one } else { other };
        for root in [one, other] {
            if let Some(parent) = self.parents.get_mut(root) {
                *parent = first;
            }
        }
        first
    }

    /// Finds the root, and makes the way there shorter for the next time.
    fn shorten(&mut self, mut node: usize) -> usize {
        let root = self.root(node);
        while let Some(parent) = self.parents.get_mut(node).filter(|parent| **parent != root) {
            node = std::mem::replace(parent, root);
        }
        root
    }
}

/// All names that a finding gives its vulnerability, in upper case.
pub(super) fn names(finding: &Finding) -> impl Iterator<Item = String> {
    let others = finding.advisory.as_deref().map_or(&[][..], |advisory| &advisory.aliases);
    std::iter::once(&finding.rule.id).chain(others).map(|name| name.to_ascii_uppercase())
}

/// Whether this name is a CVE.
pub(super) fn is_cve(name: &str) -> bool {
    name.starts_with("CVE-")
}

fn cves(finding: &Finding) -> Vec<String> {
    let mut cves: Vec<String> = names(finding).filter(|name| is_cve(name)).collect();
    cves.sort_unstable();
    cves.dedup();
    cves
}
