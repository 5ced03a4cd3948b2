//! The typed allow-list for the `key=value` pairs of a command.
//!
//! What is let through ends as an input of a workflow and from there, in many a repository, in a
//! shell. So every kind is a closed set, a number or a word of harmless letters.

use std::collections::BTreeMap;

use super::Environment;
use crate::requirement::{Code, Refusal};

/// One parameter that a command may give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterRule {
    /// Which values it may have.
    pub allowed: ParameterType,
    /// The value when the command gives none.
    pub default: Option<String>,
    /// Whether the command must give it. Never together with a default.
    pub required: bool,
}

/// Which values a parameter may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterType {
    /// One of these.
    Choice(Vec<String>),
    /// `true` or `false`.
    Boolean,
    /// A whole number from `minimum` to `maximum`, both included.
    Number {
        /// The least.
        minimum: i64,
        /// The most.
        maximum: i64,
    },
    /// Letters, digits and `. _ - / : @ + ,` without a leading `-`.
    String {
        /// The most bytes it may have.
        max_length: usize,
    },
}

/// The parameters as the workflow gets them: those given, and the defaults of the others.
///
/// # Errors
/// A refusal that names the parameter and what may be written, when one is unknown, missing or
/// not allowed.
pub fn check_parameters(
    environment: &Environment,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    if let Some(unknown) = given.keys().find(|name| !environment.parameters.contains_key(*name)) {
        return Err(refuse(unknown_parameter(environment, unknown)));
    }
    let mut complete = BTreeMap::new();
    for (name, rule) in &environment.parameters {
        let value = match given.get(name) {
            Some(value) if rule.allowed.allows(value) => value,
            Some(value) => {
                return Err(refuse(format!("{name}={value} is not allowed: {}.", rule.allowed.wanted())));
            }
            None if rule.required => {
                return Err(refuse(format!("{name} is missing: add {name}=…; {}.", rule.allowed.wanted())));
            }
            None => match &rule.default {
                Some(default) => default,
                None => continue,
            },
        };
        complete.insert(name.clone(), value.clone());
    }
    Ok(complete)
}

impl ParameterType {
    /// Whether a value is one of the allowed.
    pub fn allows(&self, value: &str) -> bool {
        match self {
            Self::Choice(values) => values.iter().any(|allowed| allowed == value),
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Number { minimum, maximum } => value
                .parse::<i64>()
                .is_ok_and(|number| (*minimum..=*maximum).contains(&number) && number.to_string() == value),
            Self::String { max_length } => (1..=*max_length).contains(&value.len()) && is_safe_text(value),
        }
    }

    /// What may be written, in words that follow “`name` is not allowed: ”.
    pub fn wanted(&self) -> String {
        match self {
            Self::Choice(values) => format!("it is one of {}", values.join(", ")),
            Self::Boolean => "it is true or false".to_owned(),
            Self::Number { minimum, maximum } => format!("it is a whole number from {minimum} to {maximum}"),
            Self::String { max_length } => {
                format!("it has 1 to {max_length} letters, digits or . _ - / : @ + , and no leading -")
            }
        }
    }
}

/// Whether no shell, template or option parser sees more than a word in it.
pub(super) fn is_safe_text(text: &str) -> bool {
    !text.starts_with('-') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:@+,".contains(&b))
}

fn unknown_parameter(environment: &Environment, name: &str) -> String {
    if environment.parameters.is_empty() {
        return format!("This environment takes no parameters, so {name} cannot be given: leave it out.");
    }
    let known: Vec<&str> = environment.parameters.keys().map(String::as_str).collect();
    format!("There is no parameter {name}: this environment takes {}.", known.join(", "))
}

fn refuse(sentence: String) -> Refusal {
    Refusal::new(Code::ParameterNotAllowed, sentence)
}
