//! The requirements of a promotion, as a table and in a few words.

use crate::comment::prose::prose;
use crate::comment::whom::whom;
use crate::markdown::{Markdown, Untrusted};
use crate::requirement::{Requirement, Verdict};

const HEADER: [&str; 4] = ["", "Requirement", "What is so, and who can act", "Code"];
const NAMED: usize = 3;

/// Every requirement: whether it holds, what is so, who can act, and the stable code.
pub(crate) fn table(requirements: &[Requirement]) -> Markdown {
    if requirements.is_empty() {
        return Markdown::from("\n\nNothing was evaluated yet.\n");
    }
    Markdown::table(HEADER, requirements.iter().map(row))
}

/// What does not hold yet, most pressing first, in a few words: `2 approvals from team:acme/sre`.
///
/// Plain text: what it quotes is untrusted.
pub(crate) fn missing(requirements: &[Requirement]) -> Option<String> {
    let mut open: Vec<&Requirement> =
        requirements.iter().filter(|one| one.verdict != Verdict::Holds).collect();
    open.sort_by_key(|requirement| std::cmp::Reverse(requirement.verdict));
    let words: Vec<String> = open.iter().take(NAMED).map(|requirement| in_short(requirement)).collect();
    let more = open.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!words.is_empty()).then(|| format!("{}{more}", words.join("; ")))
}

/// Three wide columns at most: in GitHub's narrow table a fourth would break every word.
fn row(requirement: &Requirement) -> [Markdown; 4] {
    let code = match requirement.verdict {
        Verdict::Holds => Markdown::new(),
        Verdict::Pending | Verdict::Fails => Untrusted::new(requirement.code.as_str()).code(),
    };
    [Markdown::from(sign(requirement.verdict)), prose(&requirement.title), what_is_so(requirement), code]
}

fn what_is_so(requirement: &Requirement) -> Markdown {
    let so = prose(&requirement.sentence);
    match requirement.verdict {
        Verdict::Holds => so,
        Verdict::Pending | Verdict::Fails => {
            so.with(" *Who can act:* ").with(prose(whom(requirement))).with(".")
        }
    }
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "✅",
        Verdict::Pending => "⏳",
        Verdict::Fails => "❌",
    }
}

/// Approvals by what is wanted and how far it is; the rest by what is so, without the advice after it.
fn in_short(requirement: &Requirement) -> String {
    match requirement.votes {
        Some(votes) if votes.counted > 0 => {
            format!("{} ({} of {} so far)", requirement.title, votes.counted, votes.required)
        }
        Some(_) => requirement.title.clone(),
        None => {
            let sentence = requirement.sentence.as_str();
            let clause = sentence.split_once("; ").map_or(sentence, |(clause, _)| clause);
            clause.trim_end_matches('.').to_owned()
        }
    }
}
