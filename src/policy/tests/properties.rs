//! What holds for all policies, facts and times.

use proptest::prelude::*;
use proptest::sample::Index;

use super::world::*;
use super::{SHOP, SMALLEST};
use crate::clock::Timestamp;
use crate::policy::facts::{Choice, Facts, LiveSpan, Part};
use crate::policy::{Outcome, Policy, evaluate};

fn conclusion() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        8 => Just(Some("success".to_owned())),
        1 => Just(None),
        1 => Just(Some("failure".to_owned())),
    ]
}

prop_compose! {
    /// Facts near those in which everything holds.
    fn any_facts()(
        ci in conclusion(),
        build in conclusion(),
        other in proptest::option::weighted(0.3, conclusion()),
        voters in proptest::collection::vec((2_i64..7, prop::bool::weighted(0.9), prop::bool::weighted(0.05)), 0..6),
        author in 2_i64..7,
        known in prop::bool::weighted(0.9),
        live in -60_i64..10,
        busy in prop::bool::weighted(0.1),
        merged in prop::bool::weighted(0.9),
        on_default_branch in prop::bool::weighted(0.9),
    ) -> Facts {
        let mut facts = facts();
        facts.workflows.get_mut(&"ci.yml".parse().unwrap()).unwrap().conclusion = ci;
        let mut checks = vec![check(Some("github-actions"), build.as_deref())];
        checks.extend(other.map(|other| check(Some("other"), other.as_deref())));
        facts.checks.insert("build".to_owned(), checks);
        facts.votes = voters
            .into_iter()
            .map(|(id, member, reject)| {
                let login = format!("user{id}");
                let voter = if member { sre(id, &login) } else { person(id, &login, &[]) };
                vote(voter, if reject { Choice::Reject } else { Choice::Approve })
            })
            .collect();
        facts.contributors = vec![contributor(known.then_some(author), "author", Part::Author)];
        let span = LiveSpan { promotion: promotion(41), from: minutes(live), until: None };
        facts.live.insert("staging".parse().unwrap(), vec![span]);
        facts.busy = busy.then(|| promotion(41));
        facts.origin.pull.as_mut().unwrap().merged = merged;
        facts.origin.on_default_branch = on_default_branch;
        facts
    }
}

/// Facts without one thing that speaks for the promotion.
fn without(facts: &Facts, which: Index) -> Facts {
    let mut less = facts.clone();
    match which.index(9) {
        0 => less.workflows.clear(),
        1 => less.checks.clear(),
        2 => less.live.clear(),
        3 => less.contributors.clear(),
        4 => less.votes.retain(|vote| vote.choice == Choice::Reject),
        5 => less.dispatch_ref = None,
        6 => less.policy_now = None,
        7 => less.requester.is.clear(),
        _ => less.origin = crate::policy::facts::Origin::default(),
    }
    less
}

fn allows(facts: &Facts, now: Timestamp) -> bool {
    matches!(evaluate(&policy(), facts, now).verdict, Outcome::Allow(_))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn one_more_approval_never_hurts(facts in any_facts()) {
        let mut more = facts.clone();
        more.votes.push(vote(sre(77, "zoe"), Choice::Approve));
        prop_assert!(!allows(&facts, NOW) || allows(&more, NOW));
    }

    #[test]
    fn less_evidence_never_helps(facts in any_facts(), which in any::<Index>()) {
        let less = without(&facts, which);
        prop_assert!(allows(&facts, NOW) || !allows(&less, NOW));
    }

    #[test]
    fn more_time_only_soaks_or_expires(facts in any_facts(), later in 0_i64..1200) {
        let then = minutes(later);
        prop_assert!(then < facts.tuple.expires_at || !allows(&facts, then));
        prop_assert!(then >= facts.tuple.expires_at || !allows(&facts, NOW) || allows(&facts, then));
    }

    #[test]
    fn facts_survive_storage_and_decide_the_same(facts in any_facts(), later in 0_i64..1200) {
        let stored = serde_json::to_string(&facts).unwrap();
        let read: Facts = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(&read, &facts);
        let (first, second) = (evaluate(&policy(), &facts, minutes(later)), evaluate(&policy(), &read, minutes(later)));
        prop_assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap());
        prop_assert_eq!(first, second);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,200}|[ -~\\n]{0,200}|[\\[\\]{}:,&*#|>!%@`'\"\\- \\n\\t]{0,80}") {
        for problem in Policy::parse("x", &text).err().into_iter().flatten() {
            prop_assert!(problem.line > 0 && problem.column > 0 && !problem.to_string().contains('\n'));
            prop_assert!(!problem.render(&text, false).is_empty());
        }
    }

    #[test]
    fn no_mutation_breaks_the_parser(
        small in any::<bool>(),
        at in any::<Index>(),
        length in 0_usize..12,
        put in "\\PC{0,6}|[\\[\\]{}:,&*#|>!'\"\\- \\n\\t0-9]{0,6}",
    ) {
        let mut letters: Vec<char> = if small { SMALLEST } else { SHOP }.chars().collect();
        let start = at.index(letters.len());
        letters.splice(start..(start + length).min(letters.len()), put.chars());
        let text: String = letters.into_iter().collect();
        for problem in Policy::parse("x", &text).err().into_iter().flatten() {
            prop_assert!(problem.span.end <= text.len());
            prop_assert!(!problem.render(&text, true).is_empty());
        }
    }
}
