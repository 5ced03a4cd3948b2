//! This very commit was live in an earlier environment, for long enough.

use std::time::Duration;

use super::Case;
use crate::clock::Timestamp;
use crate::ids::EnvironmentName;
use crate::policy::After;
use crate::policy::duration::Written;
use crate::policy::facts::LiveSpan;
use crate::requirement::{Code, Requirement};

/// How each earlier environment stands.
pub(super) fn requirements(case: Case<'_>) -> Vec<Requirement> {
    case.environment.require.after.iter().map(|(name, after)| judge(name, after, case)).collect()
}

fn judge(name: &EnvironmentName, after: &After, case: Case<'_>) -> Requirement {
    let short = case.facts.tuple.commit.short();
    let soak = after.soak.unwrap_or(Duration::ZERO);
    let title = title(name, after);
    let spans = case.facts.live.get(name).map(Vec::as_slice).unwrap_or_default();
    if spans.is_empty() {
        let sentence = format!("{short} has not been deployed to {name}; do that first: /promote {name}");
        return Requirement::pending(title, Code::NotYetDeployed, sentence);
    }
    if spans.iter().any(|span| is_long_enough(span, soak, case.now)) {
        return Requirement::holds(title, held(name, short, after));
    }
    let ends = spans.iter().filter(|span| span.until.is_none()).map(|span| span.from.plus(soak));
    if let Some(end) = ends.min() {
        let sentence =
            format!("{short} is live in {name} and has to stay so until {end}; this goes on then.");
        return Requirement::pending(title, Code::Soaking, sentence).until(end);
    }
    let sentence = format!(
        "{short} was replaced in {name} before it had been live for {}; deploy it there again: /promote {name}",
        Written(soak)
    );
    Requirement::pending(title, Code::NotYetDeployed, sentence)
}

fn is_long_enough(span: &LiveSpan, soak: Duration, now: Timestamp) -> bool {
    let end = span.until.map_or(now, |until| until.min(now));
    end >= span.from.plus(soak)
}

fn title(name: &EnvironmentName, after: &After) -> String {
    match after.soak {
        Some(soak) => format!("after {name} for {}", Written(soak)),
        None => format!("after {name}"),
    }
}

fn held(name: &EnvironmentName, short: &str, after: &After) -> String {
    match after.soak {
        Some(soak) => format!("{short} was live in {name} for {} or longer.", Written(soak)),
        None => format!("{short} was deployed to {name}."),
    }
}
