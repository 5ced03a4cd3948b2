//! The commit comes from where the policy allows.

use super::Case;
use crate::policy::Source;
use crate::policy::facts::{PullFact, TargetKind};
use crate::requirement::{Code, Refusal, Requirement};

const TITLE: &str = "source";

/// How the rule stands.
pub(in crate::policy) fn requirement(case: Case<'_>) -> Requirement {
    match judge(case) {
        Ok(sentence) => Requirement::holds(TITLE, sentence),
        Err(refusal) => Requirement::fails(TITLE, refusal.code, refusal.sentence),
    }
}

/// Why the commit's source is not allowed, if it is not.
pub(in crate::policy) fn refusal(case: Case<'_>) -> Option<Refusal> {
    judge(case).err()
}

fn judge(case: Case<'_>) -> Result<String, Refusal> {
    let tuple = &case.facts.tuple;
    let short = tuple.commit.short();
    match (&tuple.target, &case.facts.origin.pull) {
        (TargetKind::Head, None) => return Err(head_unknown(short)),
        (TargetKind::Head, Some(pull)) if pull.head != tuple.commit => {
            let sentence =
                format!("{short} is no longer the head of pull request {}; ask again.", pull.number);
            return Err(Refusal::new(Code::HeadMoved, sentence));
        }
        (TargetKind::Head, Some(pull)) if pull.fork => return Err(fork(pull)),
        (TargetKind::Head | TargetKind::Sha | TargetKind::Tag(_), _) => {}
    }
    let mut allowed = case.environment.promote.from.iter();
    allowed.find_map(|source| found_in(source, case)).ok_or_else(|| not_allowed(case))
}

/// Says where the commit was found, if it was found there.
fn found_in(source: &Source, case: Case<'_>) -> Option<String> {
    let (tuple, origin) = (&case.facts.tuple, &case.facts.origin);
    let short = tuple.commit.short();
    match source {
        Source::PullRequest => {
            let pull = origin.pull.as_ref()?;
            let sound = pull.head == tuple.commit && !pull.fork && (pull.open || pull.merged);
            sound.then(|| format!("{short} is the head of pull request {}.", pull.number))
        }
        Source::DefaultBranch => {
            origin.on_default_branch.then(|| format!("{short} is on the default branch."))
        }
        Source::Tag(glob) => {
            let (name, commit) = origin.tag.as_ref()?;
            let sound = commit.as_ref() == Some(&tuple.commit) && glob.matches(name.as_str());
            sound.then(|| format!("The tag {name} points at {short} and fits {glob}."))
        }
    }
}

fn head_unknown(short: &str) -> Refusal {
    let sentence = format!(
        "{short} was asked for as the head of a pull request, but no pull request is known; ask again."
    );
    Refusal::new(Code::HeadUnknown, sentence)
}

fn fork(pull: &PullFact) -> Refusal {
    let sentence = format!(
        "Pull request {} comes from a fork; merge it, then ask with --sha for the commit on the default branch.",
        pull.number
    );
    Refusal::new(Code::Fork, sentence)
}

fn not_allowed(case: Case<'_>) -> Refusal {
    let (tuple, origin) = (&case.facts.tuple, &case.facts.origin);
    let sources = &case.environment.promote.from;
    if let Some(pull) = &origin.pull
        && pull.fork
        && pull.head == tuple.commit
    {
        return fork(pull);
    }
    let words: Vec<String> = sources.iter().map(describe).collect();
    let advice =
        if sources.contains(&Source::DefaultBranch) { "merge it first" } else { "ask for such a commit" };
    let sentence = format!(
        "{} takes commits from {}, and {} is not there; {advice}.",
        tuple.environment,
        words.join(" or "),
        tuple.commit.short(),
    );
    Refusal::new(Code::SourceNotAllowed, sentence)
}

fn describe(source: &Source) -> String {
    match source {
        Source::PullRequest => "the head of the pull request".to_owned(),
        Source::DefaultBranch => "the default branch".to_owned(),
        Source::Tag(glob) => format!("tags like {glob} named with --tag"),
    }
}
