//! Reports that say less than their silence seems to: of what is no longer supported, and of nothing at all.

use super::super::{Condition, ReportFact, Tally};
use super::{Gate, Judged, few, tools, who};
use crate::requirement::Code;

/// For a distribution that is no longer supported, nothing new is ever listed.
pub(super) fn ended(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let ended = looked_for(gate, tally, |fact| fact.end_of_life.is_some());
    if gate.end_of_life_passes || ended.is_empty() {
        return None;
    }
    let named = |fact: &&ReportFact| Some(format!("{} ({})", fact.end_of_life.as_ref()?, who(fact)));
    let distributions: Vec<String> = ended.iter().filter_map(named).collect();
    let distributions = few(&distributions, distributions.len() as u64);
    let judged = Judged {
        title: "what was scanned is still supported".to_owned(),
        actual: distributions.clone(),
        decided_by: tools(&ended),
    };
    let sentence = format!(
        "No longer supported: {distributions}. New vulnerabilities of its packages are not listed, so that none were \
         found says nothing. Build on a supported release, or write `end_of_life: show` under the policy's `scans`."
    );
    Some(judged.fails(Code::EndOfLife, sentence))
}

/// A scanner that names nothing that it looked at looked at nothing.
pub(super) fn nothing(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let blind = looked_for(gate, tally, |fact| fact.looked_at_nothing);
    if gate.nothing_to_look_at_passes || blind.is_empty() {
        return None;
    }
    let scans: Vec<String> = blind.iter().map(|fact| who(fact)).collect();
    let scans = few(&scans, scans.len() as u64);
    let judged = Judged {
        title: "every scan looked at something".to_owned(),
        actual: scans.clone(),
        decided_by: tools(&blind),
    };
    let sentence = format!(
        "Nothing that it can look at: {scans}. Check its target and what it was told to look for, or write \
         `nothing_to_look_at: show` under the policy's `scans`."
    );
    Some(judged.fails(Code::NothingToLookAt, sentence))
}

/// Those of the reports that are so, where the gate asks what scanners found, or for them by name.
fn looked_for<'t>(gate: &Gate, tally: &'t Tally, is: impl Fn(&ReportFact) -> bool) -> Vec<&'t ReportFact> {
    let asked = |fact: &ReportFact| {
        gate.fail_on.is_some()
            || gate.known_exploited
            || gate.must_have.iter().any(|name| super::answers(fact, name))
    };
    gate.believed(tally).filter(|fact| is(fact) && asked(fact)).collect()
}
