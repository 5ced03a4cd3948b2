//! The policy: from the default branch, and from nowhere else.

use crate::app::App;
use crate::clock::Timestamp;
use crate::facts::Result;
use crate::ids::{BlobSha, CommitSha, EnvironmentName, RefName, Repo};
use crate::policy::facts::Facts;
use crate::policy::{Decided, Environment, PATH, Policy, PolicyText, Problem, evaluate};
use crate::requirement::{Code, Refusal};

/// How many of its problems are told in a comment.
const SHOWN: usize = 3;

/// The policy as it is on the default branch now.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The file, and which version of it.
    pub file: PolicyText,
    /// The branch it was read from.
    pub default_branch: RefName,
    /// The commit that branch was at then: a branch's name alone could also be a tag's.
    pub tip: CommitSha,
    /// What it says.
    pub policy: Policy,
}

impl Loaded {
    /// The branch it was read from, and the commit that was at.
    pub fn at(&self) -> (&RefName, &CommitSha) {
        (&self.default_branch, &self.tip)
    }

    /// Decides about a promotion under this policy.
    pub fn decide(&self, facts: Facts, now: Timestamp) -> Decided {
        let decision = evaluate(&self.policy, &facts, now);
        Decided { facts, decision, policy: self.file.clone() }
    }

    /// What it says about an environment.
    pub fn environment(&self, name: &EnvironmentName) -> std::result::Result<&Environment, Refusal> {
        self.policy.environment(name).ok_or_else(|| {
            let known: Vec<&str> = self.policy.environments.keys().map(EnvironmentName::as_str).collect();
            Refusal::new(
                Code::UnknownEnvironment,
                format!("The policy knows no environment {name}; it knows {}.", known.join(", ")),
            )
        })
    }
}

/// What there is at the policy's place.
#[derive(Debug)]
pub struct PolicyFile {
    /// Which version of the file; none when there is none.
    pub blob: Option<BlobSha>,
    /// What it says, or why nothing may be deployed by it.
    pub loaded: std::result::Result<Loaded, Refusal>,
}

/// Reads the policy of a repository, or says what is wrong with it.
pub async fn read_policy(app: &App, repo: &Repo) -> Result<PolicyFile> {
    let default_branch = app.reader.repository(repo).await?.default_branch;
    let tip = app.reader.branch_tip(repo, &default_branch).await?;
    let file = match &tip {
        Some(tip) => app.reader.file(repo, PATH, tip.as_str()).await?,
        None => None,
    };
    let (Some(tip), Some(file)) = (tip, file) else {
        let sentence = format!(
            "There is no policy: add {PATH} to the branch {default_branch}, so that somebody decides who may deploy where."
        );
        return Ok(PolicyFile { blob: None, loaded: Err(Refusal::new(Code::PolicyMissing, sentence)) });
    };
    let blob = Some(file.blob.clone());
    let loaded = match Policy::parse(PATH, &file.text) {
        Ok(policy) => {
            let file = PolicyText { blob: file.blob, text: file.text.into() };
            Ok(Loaded { file, default_branch, tip, policy })
        }
        Err(problems) => Err(unusable(&problems)),
    };
    Ok(PolicyFile { blob, loaded })
}

fn unusable(problems: &[Problem]) -> Refusal {
    let shown: Vec<String> = problems.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = match problems.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" And {more} more: `countersign policy check` shows them all."),
    };
    let sentence =
        format!("The policy cannot be used, so nothing may be deployed. {}.{more}", shown.join(". "));
    Refusal::new(Code::PolicyInvalid, sentence)
}
