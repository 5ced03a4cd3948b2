//! The commit's reports pass what the environment asks of them.

use super::Case;
use crate::requirement::{Code, Requirement};

/// How each thing stands that is asked of the reports.
pub(super) fn requirements(case: Case<'_>) -> Vec<Requirement> {
    let Some(gate) = &case.environment.require.scans else { return Vec::new() };
    let Some(tally) = &case.facts.scans else {
        let short = case.facts.tuple.commit.short();
        let sentence =
            format!("Nobody looked at the reports of {short}; ask again, or run its workflows again.");
        return vec![Requirement::fails("scans", Code::ReportMissing, sentence)];
    };
    let conditions = gate.judge(tally).into_iter();
    conditions
        .map(|condition| {
            let requirement = condition.requirement;
            Requirement { title: format!("scans: {}", requirement.title), ..requirement }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::policy::facts::Facts;
    use crate::policy::tests::world::{NOW, facts, policy};
    use crate::policy::{Outcome, evaluate};
    use crate::report::{Gate, Tally};
    use crate::requirement::{Code, Requirement};

    /// What is said of scans about these facts, when production requires them.
    fn said(facts: &Facts, gate: Option<Gate>) -> (Vec<Requirement>, bool) {
        let mut policy = policy();
        policy.environments.get_mut(&facts.tuple.environment).unwrap().require.scans = gate;
        let decision = evaluate(&policy, facts, NOW);
        let allowed = matches!(decision.verdict, Outcome::Allow(_));
        let about = |requirement: &Requirement| requirement.title.starts_with("scans");
        (decision.requirements.into_iter().filter(about).collect(), allowed)
    }

    #[test]
    fn what_was_not_looked_at_does_not_pass() {
        let (said, allowed) = said(&facts(), Some(Gate::default()));
        assert_eq!(
            said.iter().map(|requirement| requirement.code).collect::<Vec<_>>(),
            [Code::ReportMissing]
        );
        assert!(!allowed);
    }

    #[test]
    fn a_commit_whose_reports_are_still_to_come_waits() {
        let tally = Tally { pending: 1, ..Tally::default() };
        let (said, allowed) = said(&Facts { scans: Some(tally), ..facts() }, Some(Gate::default()));
        assert!(said.iter().any(|requirement| requirement.code == Code::ReportPending), "{said:?}");
        assert!(said.iter().all(|requirement| requirement.title.starts_with("scans: ")));
        assert!(!allowed);
    }

    #[test]
    fn where_nothing_is_required_of_them_nothing_is_said() {
        let (said, allowed) = said(&Facts { scans: Some(Tally::default()), ..facts() }, None);
        assert!(said.is_empty() && allowed);
    }

    #[test]
    fn facts_from_before_there_were_reports_are_read_as_they_were() {
        let before = serde_json::to_value(facts()).unwrap();
        assert!(before.get("scans").is_none());
        assert_eq!(serde_json::from_value::<Facts>(before).unwrap(), facts());
    }
}
