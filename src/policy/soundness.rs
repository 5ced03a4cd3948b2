//! What no single key can tell: rules that contradict each other, or that nobody can ever meet.

use std::collections::{BTreeMap, BTreeSet};

use super::Principal;
use super::problem::ProblemCode;
use super::read::{At, Reader, closest};
use super::schema::{ApprovalSection, ApprovalsSection, EnvironmentSection, PolicyFile};
use crate::ids::EnvironmentName;

/// The most environments of one policy.
const ENVIRONMENTS: usize = 50;
/// The most inputs that GitHub lets a `workflow_dispatch` have.
const INPUTS: usize = 25;
/// The input in which a workflow gets the promotion it is run for.
const OWN_INPUT: &str = "countersign_id";

type Named = (At<EnvironmentName>, At<EnvironmentSection>);

/// Notes every contradiction.
pub(super) fn check(file: &PolicyFile, reader: &mut Reader<'_>) {
    let environments = &file.environments.value.0;
    if let Some((name, _)) = environments.get(ENVIRONMENTS) {
        let message = format!("there are more than {ENVIRONMENTS} environments");
        reader.wrong(&name.span, ProblemCode::TooLarge, message, "remove some");
    }
    check_spelling(environments, reader);
    for named in environments {
        check_after(named, environments, reader);
        check_guard(named, reader);
        check_inputs(&named.1.value, reader);
        for rule in approval_rules(&named.1.value) {
            check_count(&rule.value, reader);
        }
    }
    check_cycles(environments, reader);
}

/// GitHub takes `Production` and `production` for one environment.
fn check_spelling(environments: &[Named], reader: &mut Reader<'_>) {
    let mut seen = BTreeSet::new();
    for (name, _) in environments {
        if !seen.insert(name.value.as_str().to_ascii_lowercase()) {
            let message =
                format!("{:?} differs from another environment only in its capitals", name.value.as_str());
            reader.wrong(&name.span, ProblemCode::DuplicateKey, message, "keep one of the two");
        }
    }
}

fn check_after((name, section): &Named, environments: &[Named], reader: &mut Reader<'_>) {
    for (earlier, _) in after(&section.value) {
        if earlier.value == name.value {
            let message = format!("{name} waits for itself", name = name.value);
            reader.wrong(
                &earlier.span,
                ProblemCode::Cycle,
                message,
                "name an earlier environment, or remove it",
            );
            continue;
        }
        if environments.iter().any(|(known, _)| known.value == earlier.value) {
            continue;
        }
        let known = || environments.iter().map(|(known, _)| known.value.as_str());
        let suggestion = match closest(earlier.value.as_str(), known()) {
            Some(likely) => format!("did you mean `{likely}`?"),
            None => format!("name one of {}", known().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("there is no environment {:?}", earlier.value.as_str());
        reader.wrong(&earlier.span, ProblemCode::UnknownEnvironment, message, suggestion);
    }
}

/// Takes away every environment whose earlier ones are gone; those that stay wait for each other.
fn check_cycles(environments: &[Named], reader: &mut Reader<'_>) {
    let mut waiting: BTreeMap<&EnvironmentName, BTreeSet<&EnvironmentName>> = environments
        .iter()
        .map(|(name, section)| {
            let earlier = after(&section.value).map(|(earlier, _)| &earlier.value);
            (&name.value, earlier.filter(|earlier| **earlier != name.value).collect())
        })
        .collect();
    loop {
        let stuck: BTreeSet<&EnvironmentName> = waiting.keys().copied().collect();
        waiting.retain(|_, earlier| earlier.iter().any(|name| stuck.contains(name)));
        if waiting.len() == stuck.len() {
            break;
        }
    }
    for (name, section) in environments.iter().filter(|(name, _)| waiting.contains_key(&name.value)) {
        let ring = after(&section.value)
            .find(|(earlier, _)| earlier.value != name.value && waiting.contains_key(&earlier.value));
        if let Some((earlier, _)) = ring {
            let message = format!(
                "{} waits for {}, which waits in turn for {0} or for others that wait",
                name.value, earlier.value
            );
            reader.wrong(&earlier.span, ProblemCode::Cycle, message, "remove one of these `after` entries");
        }
    }
}

fn check_guard((name, section): &Named, reader: &mut Reader<'_>) {
    let stated = section.value.require.as_ref().is_some_and(|require| require.value.approvals.is_some());
    if stated || !name.value.looks_like_production() {
        return;
    }
    let message = format!("{} looks like production, and nobody has to approve", name.value);
    let suggestion = "add `approvals: [{ count: 1, from: [team:ORGANISATION/SLUG] }]` under `require`, or say `approvals: none`";
    reader.wrong(&name.span, ProblemCode::Unguarded, message, suggestion);
}

fn check_inputs(section: &EnvironmentSection, reader: &mut Reader<'_>) {
    let deploy = section.deploy.as_ref().and_then(|deploy| deploy.value.inputs.as_ref());
    let inputs = deploy.map(|table| table.value.0.as_slice()).unwrap_or_default();
    let parameters = section.parameters.as_ref().map(|table| table.value.0.as_slice()).unwrap_or_default();
    let taken: BTreeSet<&str> = inputs.iter().map(|(name, _)| name.value.0.as_str()).collect();
    let names = inputs.iter().map(|(name, _)| name).chain(parameters.iter().map(|(name, _)| name));
    for name in names.clone().filter(|name| name.value.0 == OWN_INPUT) {
        let message = format!("{OWN_INPUT} is given to the workflow by Countersign itself");
        reader.wrong(&name.span, ProblemCode::Shadowed, message, "choose another name");
    }
    for (name, _) in parameters.iter().filter(|(name, _)| taken.contains(name.value.0.as_str())) {
        let message = format!("the parameter {} would replace the input of this name", name.value.0);
        reader.wrong(
            &name.span,
            ProblemCode::Shadowed,
            message,
            "rename it, or remove the input under `deploy`",
        );
    }
    if let Some(first) = names.clone().nth(INPUTS - 1) {
        let message = format!("inputs and parameters are more than {}", INPUTS - 1);
        let suggestion = format!("remove some: GitHub takes {INPUTS} inputs, and {OWN_INPUT} is one of them");
        reader.wrong(&first.span, ProblemCode::TooLarge, message, suggestion);
    }
}

fn check_count(rule: &ApprovalSection, reader: &mut Reader<'_>) {
    let from = rule.from.value.0.iter().map(|principal| &principal.value);
    let named: Option<BTreeSet<String>> = from.map(named_user).collect();
    let Some(named) = named else { return };
    let count = usize::from(rule.count.value.0);
    if count > named.len() {
        let message = format!("{count} approvals are needed, but only {} can give one", named.len());
        let suggestion = format!("lower it to {}, or name more people or a team under `from`", named.len());
        reader.wrong(&rule.count.span, ProblemCode::Unreachable, message, suggestion);
    }
}

/// Logins differ in more than their capitals.
fn named_user(principal: &Principal) -> Option<String> {
    match principal {
        Principal::User(login) => Some(login.as_str().to_ascii_lowercase()),
        Principal::Team { .. } | Principal::Role(_) => None,
    }
}

fn approval_rules(section: &EnvironmentSection) -> impl Iterator<Item = &At<ApprovalSection>> {
    let approvals = section.require.as_ref().and_then(|require| require.value.approvals.as_ref());
    let rules = approvals.map(|approvals| match &approvals.value {
        ApprovalsSection::None(_) => [].as_slice(),
        ApprovalsSection::Rules(rules) => rules.0.as_slice(),
    });
    rules.unwrap_or_default().iter()
}

fn after(
    section: &EnvironmentSection,
) -> impl Iterator<Item = &(At<EnvironmentName>, At<super::schema::AfterSection>)> {
    let after = section.require.as_ref().and_then(|require| require.value.after.as_ref());
    after.map(|table| table.value.0.as_slice()).unwrap_or_default().iter()
}
