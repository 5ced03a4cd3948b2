//! Texts and rules that stand in a report many times, in memory once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::{Report, Rule, Text};

impl Report {
    /// Makes findings share their equal rules and texts again, as they did when they were read. What was
    /// stored comes back with each of them apart, which takes many times the room.
    pub fn share(&mut self) {
        let mut rules: HashSet<Arc<Rule>> = HashSet::new();
        let mut texts: HashSet<Text> = HashSet::new();
        for finding in &mut self.findings {
            share(&mut rules, &mut finding.rule);
            let place = finding.place.as_mut().map(|place| &mut place.file);
            let kind = finding.suppressed.as_mut().map(|suppressed| &mut suppressed.kind);
            let fix = finding.advisory.as_mut().and_then(|advisory| advisory.fix_state.as_mut());
            let told = [finding.native.as_mut(), finding.target.as_mut(), place, kind, fix];
            told.into_iter().flatten().for_each(|text| share(&mut texts, text));
        }
    }
}

fn share<T: Clone + Eq + Hash>(known: &mut HashSet<T>, it: &mut T) {
    match known.get(it) {
        Some(same) => *it = same.clone(),
        None => drop(known.insert(it.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Category, Finding, Place, Severity, Tool};

    #[test]
    fn what_was_stored_shares_again() {
        let mut report = Report::new("x", Tool { name: "x".into(), version: None });
        for _ in 0..2 {
            let mut finding = Finding::new(Category::Code, Severity::High, Arc::new(Rule::named("A")));
            (finding.native, finding.target) = (Some("HIGH".into()), Some("app".into()));
            let file = "a.py".into();
            finding.place = Some(Place { file, line: None, end_line: None, column: None, pseudo: false });
            report.findings.push(finding);
        }
        let mut stored: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        let texts = |finding: &Finding| {
            let file = finding.place.as_ref().unwrap().file.clone();
            [finding.native.clone().unwrap(), finding.target.clone().unwrap(), file]
        };
        let shared = |report: &Report| {
            let [one, other] = &*report.findings else { panic!("{report:?}") };
            let texts = texts(one).into_iter().zip(texts(other));
            let texts = texts.map(|(one, other)| Arc::ptr_eq(&one, &other));
            [Arc::ptr_eq(&one.rule, &other.rule)].into_iter().chain(texts).collect::<Vec<_>>()
        };
        assert_eq!(shared(&stored), [false; 4]);
        stored.share();
        assert_eq!(shared(&stored), [true; 4]);
        assert_eq!(stored, report);
    }
}
