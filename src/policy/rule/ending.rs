//! What ends a promotion for good.

use super::{Case, parameters, requester, source};
use crate::policy::Denial;
use crate::policy::eligibility::is_approver;
use crate::policy::facts::{Choice, Facts, TargetKind};

/// Whether the policy is no longer the one the promotion was asked under.
pub(in crate::policy) fn policy_changed(facts: &Facts) -> Option<Denial> {
    let (asked, now) = (&facts.tuple.policy, &facts.policy_now);
    (now.as_ref() != Some(asked)).then(|| Denial::PolicyChanged { asked: asked.clone(), now: now.clone() })
}

/// The first thing that ends this promotion, if anything does.
pub(in crate::policy) fn denial(case: Case<'_>) -> Option<Denial> {
    moved(case.facts)
        .or_else(|| closed(case.facts))
        .or_else(|| expired(case))
        .or_else(|| rejected(case))
        .or_else(|| source::refusal(case).map(Denial::NotAllowed))
        .or_else(|| requester::refusal(case).map(Denial::NotAllowed))
        .or_else(|| parameters::refusal(case).map(Denial::NotAllowed))
}

fn moved(facts: &Facts) -> Option<Denial> {
    let asked = &facts.tuple.commit;
    match &facts.tuple.target {
        TargetKind::Sha => None,
        TargetKind::Head => {
            let pull = facts.origin.pull.as_ref()?;
            (pull.head != *asked).then(|| Denial::HeadMoved { asked: asked.clone(), now: pull.head.clone() })
        }
        TargetKind::Tag(tag) => {
            let found = facts.origin.tag.as_ref().filter(|(name, _)| name == tag);
            let now = found.and_then(|(_, commit)| commit.clone());
            (now.as_ref() != Some(asked)).then(|| Denial::TagMoved {
                tag: tag.clone(),
                asked: asked.clone(),
                now,
            })
        }
    }
}

fn closed(facts: &Facts) -> Option<Denial> {
    let pull = facts.origin.pull.as_ref()?;
    let void = facts.tuple.target == TargetKind::Head && !pull.open && !pull.merged;
    void.then_some(Denial::PullClosed { number: pull.number })
}

fn expired(case: Case<'_>) -> Option<Denial> {
    let at = case.facts.tuple.expires_at;
    (case.now >= at).then_some(Denial::Expired { at })
}

/// A no from anybody a rule is about ends it, even from somebody whose yes would not count.
fn rejected(case: Case<'_>) -> Option<Denial> {
    let rules = case.environment.approval_rules();
    let rejections = case.facts.votes.iter().filter(|vote| vote.choice == Choice::Reject);
    let mut counted = rejections.filter(|vote| rules.iter().any(|rule| is_approver(rule, &vote.voter)));
    counted.next().map(|vote| Denial::Rejected { by: vote.voter.actor.clone() })
}
