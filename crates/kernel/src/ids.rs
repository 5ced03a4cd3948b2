//! The names of things, parsed once at the edge and trusted inside.
//!
//! People and repositories are known by their numeric ids: a login or a name can be changed and
//! then taken by somebody else. Names are kept beside the ids for display and for URLs only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Why a text is not the name it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct InvalidName {
    text: String,
    wanted: &'static str,
}

impl InvalidName {
    fn new(text: &str, wanted: &'static str) -> Self {
        Self { text: text.chars().take(120).collect(), wanted }
    }
}

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id!(
    /// A repository, whatever it is called today.
    RepoId
);
numeric_id!(
    /// A person or a bot, whatever their login is today.
    UserId
);
numeric_id!(
    /// Where the App is installed: one organisation or one person's account.
    InstallationId
);
numeric_id!(
    /// A comment on an issue or a pull request.
    CommentId
);
numeric_id!(
    /// A check run on a commit.
    CheckRunId
);
numeric_id!(
    /// A run of a GitHub Actions workflow; a rerun keeps it.
    RunId
);
numeric_id!(
    /// An object of GitHub's Deployments API.
    DeploymentId
);
numeric_id!(
    /// An issue or a pull request: GitHub numbers both in one sequence per repository.
    IssueNumber
);

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $wanted:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as it was parsed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.to_owned())) } else { Err(InvalidName::new(text, $wanted)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

checked_text!(
    /// A full commit hash: 40 (SHA-1) or 64 (SHA-256) lowercase hexadecimal digits.
    CommitSha,
    "a full commit SHA (40 or 64 lowercase hexadecimal digits)",
    |text| matches!(text.len(), 40 | 64)
        && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
);
checked_text!(
    /// The hash git gives to the content of one file; it names one version of the policy.
    BlobSha,
    "a git blob SHA (40 or 64 lowercase hexadecimal digits)",
    |text| matches!(text.len(), 40 | 64)
        && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
);
checked_text!(
    /// What a person is called today; for display and for URLs, never for deciding.
    Login,
    "a GitHub login",
    |text| (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'[' | b']'))
);
checked_text!(
    /// An environment as GitHub means it: a named place that commits are deployed to.
    ///
    /// At most 255 bytes; only letters, digits and `. _ - /`, so that it is one word in a command,
    /// one key in the policy and harmless in a URL or in Markdown.
    EnvironmentName,
    "an environment name (letters, digits and . _ - /, at most 255)",
    |text| (1..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'))
);
checked_text!(
    /// One webhook delivery (`X-GitHub-Delivery`); a redelivery keeps it.
    DeliveryId,
    "a delivery id (1 to 200 visible ASCII characters)",
    |text| (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);
checked_text!(
    /// The file name of a workflow in `.github/workflows`, such as `cd.yml`.
    WorkflowFile,
    "a workflow's file name, such as cd.yml",
    |text| (5..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !text.starts_with('.')
        && (text.to_ascii_lowercase().ends_with(".yml") || text.to_ascii_lowercase().ends_with(".yaml"))
);
checked_text!(
    /// A branch or a tag, without `refs/heads/` or `refs/tags/`, as `git check-ref-format` allows it.
    RefName,
    "a branch or tag name",
    is_ref_name
);

impl CommitSha {
    /// What git writes where there is no commit.
    pub fn none() -> Self {
        Self("0".repeat(40))
    }

    /// The first seven digits, for reading.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl BlobSha {
    /// Whether git gives this hash to a file with that content: SHA-1, or SHA-256 where the repository uses it.
    pub fn is_of(&self, content: &[u8]) -> bool {
        let header = format!("blob {}\0", content.len());
        let hash = match self.0.len() {
            40 => hex::encode(Sha1::new_with_prefix(&header).chain_update(content).finalize()),
            _ => hex::encode(Sha256::new_with_prefix(&header).chain_update(content).finalize()),
        };
        self.0 == hash
    }
}

impl EnvironmentName {
    /// Whether end users probably use it: its name says so, as a word of its own, perhaps with a number,
    /// and does not take it back (`pre-production`).
    pub fn looks_like_production(&self) -> bool {
        let lower = self.0.to_ascii_lowercase();
        let mut words = lower.split(['-', '_', '/', '.']).peekable();
        let taken_back = words.peek().is_some_and(|first| matches!(*first, "pre" | "non" | "no" | "not"));
        !taken_back
            && words.any(|word| {
                let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
                matches!(name, "production" | "prod" | "prd" | "live")
            })
    }
}

/// The rules of `git check-ref-format` that matter for one name of a branch or tag.
fn is_ref_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && !text.starts_with(['/', '-', '.'])
        && !text.ends_with(['/', '.'])
        && !text.to_ascii_lowercase().ends_with(".lock")
        && !text.contains("..")
        && !text.contains("//")
        && !text.contains("@{")
        && !text.contains("/.")
        && text.chars().all(|c| !c.is_control() && !" ~^:?*[\\".contains(c))
}

/// `owner/name`, as it is called today.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    owner: String,
    name: String,
}

impl RepoName {
    /// The organisation or person that owns the repository.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository's own name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for RepoName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let part = |part: &str| {
            (1..=100).contains(&part.len())
                && part != "."
                && part != ".."
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        match text.split_once('/') {
            Some((owner, name)) if part(owner) && part(name) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(InvalidName::new(text, "a repository as owner/name")),
        }
    }
}

impl TryFrom<String> for RepoName {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<RepoName> for String {
    fn from(name: RepoName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A promotion's number within its repository, written `p42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromotionNumber(pub i64);

impl fmt::Display for PromotionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

impl FromStr for PromotionNumber {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        text.strip_prefix('p')
            .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .filter(|number| *number > 0)
            .map(Self)
            .ok_or_else(|| InvalidName::new(text, "a promotion's number, such as p42"))
    }
}

/// One promotion among all repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PromotionId {
    /// Where it was asked for.
    pub repo: RepoId,
    /// Its number there.
    pub number: PromotionNumber,
}

impl fmt::Display for PromotionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.repo, self.number)
    }
}

/// A repository by its id, with what is needed to ask GitHub about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    /// Its lasting id.
    pub id: RepoId,
    /// What it is called today.
    pub name: RepoName,
    /// The installation that lets us in.
    pub installation: InstallationId,
}

/// A person or bot by their id, with the login they had when we last heard of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Their lasting id.
    pub id: UserId,
    /// What they were called then.
    pub login: Login,
    /// Whether GitHub says this is a bot (`type: Bot`).
    #[serde(default)]
    pub bot: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_break_out_are_refused() {
        for text in ["", "a b", "prod;rm", "$(id)", "prod`", "prod\n", "@acme"] {
            assert!(text.parse::<EnvironmentName>().is_err(), "{text:?}");
        }
        for text in ["", "../x", "a/b/c", "a/..", "a", "/b", "a/", "a/b?c"] {
            assert!(text.parse::<RepoName>().is_err(), "{text:?}");
        }
        for text in ["", "-x", "a..b", "a b", "x.lock", "a@{1}", "/a", "a/", "a\\b", ".a", "a/.b"] {
            assert!(text.parse::<RefName>().is_err(), "{text:?}");
        }
        for text in ["p", "p0", "p-1", "42", "p1x", "p99999999999999999999"] {
            assert!(text.parse::<PromotionNumber>().is_err(), "{text:?}");
        }
        for text in ["abc", "A".repeat(40).as_str(), "g".repeat(40).as_str(), "a".repeat(41).as_str()] {
            assert!(text.parse::<CommitSha>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn good_names_survive_a_round_trip_through_json() {
        let repo: RepoName = "acme/shop.web".parse().unwrap();
        let json = serde_json::to_string(&repo).unwrap();
        assert_eq!(json, "\"acme/shop.web\"");
        assert_eq!(serde_json::from_str::<RepoName>(&json).unwrap(), repo);
        assert!(serde_json::from_str::<RepoName>("\"acme\"").is_err());
        assert_eq!("p42".parse::<PromotionNumber>().unwrap().to_string(), "p42");
        assert!("feature/größe#1".parse::<RefName>().is_ok());
    }

    #[test]
    fn a_blob_is_known_by_its_content() {
        // git hash-object -t blob, with and without --object-format=sha256.
        let [sha1, sha256]: [BlobSha; 2] = [
            "95d09f2b10159347eece71399a7e2e907ea3df4f",
            "fee53a18d32820613c0527aa79be5cb30173c823a9b448fa4817767cc84c6f03",
        ]
        .map(|text| text.parse().unwrap());
        assert!(sha1.is_of(b"hello world") && sha256.is_of(b"hello world"));
        assert!(!sha1.is_of(b"hello World") && !sha256.is_of(b""));
    }
}
