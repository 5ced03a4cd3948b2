//! One problem that a tool found, in the words of no tool in particular.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Severity;

/// A text that many findings share, kept once.
pub type Text = Arc<str>;

/// One problem.
///
/// Every text is as the tool wrote it, only cut: it is untrusted, and escaped where it is shown. What a
/// secret scanner found is never in here, in no field: see [`Secret`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of problem.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// The tool's own word for that, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<Text>,
    /// By which rule: a rule's id, a CVE, a test's name.
    pub rule: Arc<Rule>,
    /// What is wrong here, in the tool's words; may be empty where the rule's title says it all.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub message: Box<str>,
    /// Where in the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// In what that was scanned, where one report is about several (an image's layer, a lock file, a site).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
    /// The vulnerable package, for [`Category::Vulnerability`] and [`Category::License`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Box<Package>>,
    /// What is known of the vulnerability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory: Option<Box<Advisory>>,
    /// The request that showed it, for [`Category::Dast`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Box<Endpoint>>,
    /// What may be told of a secret, for [`Category::Secret`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Why the tool itself lets it through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Box<Suppression>>,
    /// How the tool says that it is the same one as before. Not believed where it is not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_fingerprint: Option<Box<str>>,
    /// In how many places the tool saw it, where it is told once for all of them.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub occurrences: u32,
}

/// What kind of problem a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A known vulnerability of a dependency or a package in an image.
    Vulnerability,
    /// A weakness in the code.
    Code,
    /// A password, key or token where none may be.
    Secret,
    /// A weakness in a configuration: Dockerfile, Kubernetes, Terraform.
    Misconfiguration,
    /// A weakness of the running program, seen from outside.
    Dast,
    /// A licence that is not allowed.
    License,
    /// Style, complexity, formatting.
    Lint,
    /// A type error.
    Type,
    /// A test that failed.
    Test,
}

impl Category {
    /// Whether the severity gate looks at it. Lint is not a vulnerability, whatever its tool calls it.
    pub fn is_security(self) -> bool {
        match self {
            Self::Vulnerability | Self::Code | Self::Secret | Self::Misconfiguration | Self::Dast => true,
            Self::License | Self::Lint | Self::Type | Self::Test => false,
        }
    }

    /// The word that people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability",
            Self::Code => "code",
            Self::Secret => "secret",
            Self::Misconfiguration => "misconfiguration",
            Self::Dast => "dast",
            Self::License => "license",
            Self::Lint => "lint",
            Self::Type => "type",
            Self::Test => "test",
        }
    }
}

/// What a tool says about all findings of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Rule {
    /// Its id: `B105`, `CVE-2021-44228`, `java/sql-injection`.
    pub id: Box<str>,
    /// What it is about, in a few words; may be empty.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub title: Box<str>,
    /// The weaknesses it is an instance of, as numbers of the CWE list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<u32>,
    /// Where to read more. Untrusted; only `https` and `http` are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Box<str>>,
}

/// Where in the repository. Lines and columns count from one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, relative to the repository's root with `/`, as far as that can be told from the report.
    pub file: Text,
    /// The first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The last line, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// The first column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// It names no file of the repository but a layer, a package or an image: never annotated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pseudo: bool,
}

/// A package in some version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Package {
    /// Its package URL (ECMA-427), where the report has or implies one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<Box<str>>,
    /// Its name.
    pub name: Box<str>,
    /// Its version; may be empty where the tool does not tell.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub version: Box<str>,
}

/// What is known of a vulnerability.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Advisory {
    /// Its other names: CVE, GHSA, PYSEC, GO, OSV ids. The rule's id is not repeated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Box<str>>,
    /// The versions without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<Box<str>>,
    /// What its maintainers say of a fix, in the tool's word: `will_not_fix`, `not-fixed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix_state: Option<Text>,
    /// CVSS base score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The probability that somebody exploits it in the next 30 days, by EPSS. Shown, never judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<f64>,
    /// It stands in CISA's catalogue of known exploited vulnerabilities.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kev: bool,
}

/// The request that showed a weakness of the running program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Endpoint {
    /// The address, without its query: queries carry tokens.
    pub url: Box<str>,
    /// The method; may be empty.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub method: Box<str>,
    /// The parameter it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<Box<str>>,
}

/// What may be told of a secret: never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The tool tried it, and it works.
    pub verified: Option<bool>,
    /// Tells two secrets apart without telling either: a keyed hash, in hexadecimal. None where the report
    /// does not carry the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Box<str>>,
}

/// Why a tool lets a finding through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// By what: `inSource`, `.trivyignore`, `VEX not_affected`.
    pub kind: Text,
    /// Why, as somebody wrote it; may be empty.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub reason: Box<str>,
}

impl Finding {
    /// A finding of this rule, with nothing else known yet.
    pub fn new(category: Category, severity: Severity, rule: Arc<Rule>) -> Self {
        Self {
            category,
            severity,
            native: None,
            rule,
            message: Box::default(),
            place: None,
            target: None,
            package: None,
            advisory: None,
            endpoint: None,
            secret: None,
            suppressed: None,
            tool_fingerprint: None,
            occurrences: 1,
        }
    }

    /// How bad a gate takes it to be: as the tool says, and where no tool said, what is prudent for its
    /// category. Nothing goes unseen for want of a rating.
    pub fn weight(&self) -> Severity {
        match (self.severity, self.category) {
            (Severity::Unknown, Category::Secret) => match &self.secret {
                Some(Secret { verified: Some(true), .. }) => Severity::Critical,
                Some(_) | None => Severity::High,
            },
            (Severity::Unknown, Category::Vulnerability | Category::Code | Category::Misconfiguration) => {
                Severity::High
            }
            (Severity::Unknown, Category::Dast) => Severity::Info,
            (rated, _) => rated,
        }
    }
}

impl Rule {
    /// A rule of which only the id is known.
    pub fn named(id: &str) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_once(occurrences: &u32) -> bool {
    *occurrences == 1
}
