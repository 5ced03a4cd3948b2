//! `countersign policy check` and `countersign policy schema`

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{complain, say};
use crate::ids::EnvironmentName;
use crate::policy::{
    self, After, ApprovalRule, Approvals, CheckRule, Environment, ParameterType, Principal, Source, Written,
};
use crate::report::Gate;

/// No policy that is taken is larger; what is larger is some other file.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Look at a policy file before it counts.
#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    Check(Check),
    /// Print the policy's JSON Schema, for editors.
    Schema,
}

/// Say what is wrong with a policy, or what it requires.
///
/// Exits with 0 when it is sound, and with 1 when it has problems.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The policy; - for standard input
    #[arg(default_value = ".github/countersign.yml")]
    file: PathBuf,
}

impl Policy {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Schema => {
                say(&format!("{:#}\n", policy::json_schema()));
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Check {
    fn run(self) -> anyhow::Result<ExitCode> {
        let shown = self.file.display().to_string();
        let text = read(&self.file).with_context(|| format!("{shown} cannot be read"))?;
        match policy::Policy::parse(&shown, &text) {
            Ok(policy) => {
                say(&summary(&shown, &policy));
                Ok(ExitCode::SUCCESS)
            }
            Err(problems) => {
                let colour = std::io::stderr().is_terminal();
                for problem in &problems {
                    complain(&format!("{}\n\n", problem.render(&text, colour)));
                }
                complain(&format!("{shown} has {}.\n", counted(problems.len(), "problem", "problems")));
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(LARGEST).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(LARGEST).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// What the policy requires, in plain words.
pub(super) fn summary(file: &str, policy: &policy::Policy) -> String {
    let mut text = format!(
        "{file} is sound. It lets commits be promoted to {}:\n",
        counted(policy.environments.len(), "environment", "environments")
    );
    for (name, environment) in &policy.environments {
        let _ = write!(text, "\n{name}\n");
        for line in described(name, environment) {
            let _ = writeln!(text, "  - {line}");
        }
    }
    for note in &policy.notes {
        let _ = write!(text, "\nNote, {note}\n");
    }
    text
}

fn described(name: &EnvironmentName, environment: &Environment) -> Vec<String> {
    let mut lines =
        vec![format!("`/promote {name}` may be written by {}", either(&environment.promote.by, who))];
    lines.push(format!("the commit must be {}", either(&environment.promote.from, from)));
    let require = &environment.require;
    lines.extend(
        require.workflows.iter().map(|workflow| format!("the workflow {workflow} must have succeeded on it")),
    );
    lines.extend(require.checks.iter().map(check));
    lines.extend(require.scans.iter().flat_map(scans));
    lines.extend(require.after.iter().map(|(earlier, after)| after_line(earlier, after)));
    match &require.approvals {
        Approvals::Rules(rules) => lines.extend(rules.iter().map(approval)),
        Approvals::None => lines.push("nobody has to approve, and the policy says so".to_owned()),
        Approvals::Unstated => lines.push("nobody has to approve".to_owned()),
    }
    lines.extend(environment.parameters.iter().map(|(name, rule)| {
        let need = match (&rule.default, rule.required) {
            (Some(default), _) => format!(", {default} if it is not given"),
            (None, true) => ", and has to be given".to_owned(),
            (None, false) => String::new(),
        };
        format!("`{name}=…` may be {}{need}", values(&rule.allowed))
    }));
    lines.push(match &environment.deploy {
        Some(deploy) => format!("then the workflow {} deploys it", deploy.workflow),
        None => "then a GitHub deployment is made, for somebody else to act on".to_owned(),
    });
    lines.push(format!("it is void after {}", Written(environment.expires)));
    lines
}

fn who(principal: &Principal) -> String {
    match principal {
        Principal::User(login) => login.to_string(),
        Principal::Team { organisation, slug } => format!("the team {organisation}/{slug}"),
        Principal::Role(role) => format!("everybody with the role {role}"),
    }
}

fn from(source: &Source) -> String {
    match source {
        Source::PullRequest => "the head of the pull request".to_owned(),
        Source::DefaultBranch => "on the default branch".to_owned(),
        Source::Tag(glob) => format!("tagged {glob}"),
    }
}

fn check(rule: &CheckRule) -> String {
    let by = rule.app.as_ref().map(|app| format!(" of the App {app}")).unwrap_or_default();
    format!("the check {}{by} must have succeeded on it", rule.name)
}

/// What its reports have to pass. That there are any, and that they can be read, goes without saying.
fn scans(gate: &Gate) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(gate.fail_on.map(|severity| {
        let new = if gate.new_only { "new " } else { "" };
        format!("no {new}finding of scanners may be {severity} or worse")
    }));
    if gate.known_exploited {
        lines.push("no finding may be known to be exploited".to_owned());
    }
    lines.extend(gate.must_have.iter().map(|name| format!("there must be a report of {name}")));
    if !gate.ignore_tests {
        lines.push("no test may fail that is reported".to_owned());
    }
    lines.extend(gate.coverage_minimum.map(|least| format!("the tests must run {least} % of the lines")));
    lines.extend(gate.coverage_max_drop.map(|most| format!("coverage may drop by {most} points")));
    lines.extend(gate.platforms.iter().map(|platform| format!("the image for {platform} must be scanned")));
    lines.extend(gate.signed.iter().map(|name| format!("the signature of {name} must hold")));
    lines
}

fn after_line(earlier: &EnvironmentName, after: &After) -> String {
    match after.soak {
        Some(soak) => format!("it must have been live in {earlier} for {}", Written(soak)),
        None => format!("it must have been live in {earlier}"),
    }
}

fn approval(rule: &ApprovalRule) -> String {
    let count = counted(usize::from(rule.count), "approval", "approvals");
    let own =
        if rule.separation_of_duties { "; who asked or took part in the change does not count" } else { "" };
    format!("it needs {count} by {}{own}", either(&rule.from, who))
}

fn values(kind: &ParameterType) -> String {
    match kind {
        ParameterType::Choice(values) => either(values, Clone::clone),
        ParameterType::Boolean => "true or false".to_owned(),
        ParameterType::Number { minimum, maximum } => format!("a number from {minimum} to {maximum}"),
        ParameterType::String { max_length } => format!("a word of at most {max_length} bytes"),
    }
}

fn either<T>(list: &[T], word: impl Fn(&T) -> String) -> String {
    list.iter().map(word).collect::<Vec<_>>().join(" or ")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
