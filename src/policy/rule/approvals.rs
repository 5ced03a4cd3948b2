//! Enough people agreed, who may and who took no part.

use std::collections::BTreeMap;

use super::Case;
use crate::ids::UserId;
use crate::policy::eligibility::{either, involvement, is_approver};
use crate::policy::facts::{Choice, Contributor, Vote};
use crate::policy::{ApprovalRule, Approvals};
use crate::requirement::{Code, Requirement};

const NAMED: usize = 5;

/// How each approval rule stands.
pub(super) fn requirements(case: Case<'_>) -> Vec<Requirement> {
    match &case.environment.require.approvals {
        Approvals::Rules(rules) => rules.iter().map(|rule| judge(rule, case)).collect(),
        Approvals::None => {
            vec![Requirement::holds("approvals", "Nobody has to approve: the policy says `approvals: none`.")]
        }
        Approvals::Unstated => Vec::new(),
    }
}

fn judge(rule: &ApprovalRule, case: Case<'_>) -> Requirement {
    let wanted = usize::from(rule.count);
    let title = format!("{} from {}", approvals(wanted), either(&rule.from));
    let Tally { counted, discounted } = tally(rule, case);
    let discounted = discounted.concat();
    let names: Vec<&str> = counted.values().copied().collect();
    let listed = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let sentence = format!("{} of {}{listed}.{discounted}", names.len(), approvals(wanted));
    let requirement = match wanted.saturating_sub(names.len()) {
        0 => Requirement::holds(title, sentence),
        missing => {
            Requirement::pending(title, Code::ApprovalsMissing, sentence).by(who(rule, missing, &names, case))
        }
    };
    requirement.votes(names.len(), wanted)
}

/// Whose approvals count, and the words about those that do not.
struct Tally<'a> {
    /// By id, so that a person counts once whatever they are called.
    counted: BTreeMap<UserId, &'a str>,
    discounted: Vec<String>,
}

fn tally<'a>(rule: &ApprovalRule, case: Case<'a>) -> Tally<'a> {
    let mut tally = Tally { counted: BTreeMap::new(), discounted: Vec::new() };
    for vote in case.facts.votes.iter().filter(|vote| vote.choice == Choice::Approve) {
        if !is_approver(rule, &vote.voter) {
            continue;
        }
        let actor = &vote.voter.actor;
        match why_not(rule, vote, case) {
            None => {
                tally.counted.insert(actor.id, actor.login.as_str());
            }
            Some(reason) => {
                tally.discounted.push(format!(" {} does not count: they {reason}.", actor.login));
            }
        }
    }
    tally
}

fn why_not(rule: &ApprovalRule, vote: &Vote, case: Case<'_>) -> Option<String> {
    if !rule.separation_of_duties {
        return None;
    }
    let involved = involvement(&case.facts.tuple, &case.facts.contributors, vote.voter.actor.id)?;
    Some(involved.to_string())
}

/// `any 2 of team:acme/sre, not alice (asked for it)`
fn who(rule: &ApprovalRule, missing: usize, have: &[&str], case: Case<'_>) -> String {
    let more = if have.is_empty() { "" } else { " more" };
    let from = either(&rule.from);
    if !rule.separation_of_duties {
        return format!("any {missing}{more} of {from}");
    }
    let requester = &case.facts.tuple.requester;
    let mut excluded = BTreeMap::from([(requester.id, requester.login.to_string())]);
    for contributor in &case.facts.contributors {
        if let Contributor { id: Some(id), called, .. } = contributor {
            excluded.entry(*id).or_insert_with(|| super::clip(called));
        }
    }
    let reason = |id| involvement(&case.facts.tuple, &case.facts.contributors, id);
    let mut names: Vec<String> = excluded
        .into_iter()
        .filter_map(|(id, name)| reason(id).map(|reason| format!("{name} (who {reason})")))
        .collect();
    let rest = names.split_off(names.len().min(NAMED)).len();
    let others = if rest == 0 { String::new() } else { format!(", nor {rest} more who took part") };
    format!("any {missing}{more} of {from}, not {}{others}", names.join(" or "))
}

fn approvals(count: usize) -> String {
    if count == 1 { "1 approval".to_owned() } else { format!("{count} approvals") }
}
