//! The typed allow-list for the `key=value` pairs of a command.
//!
//! What is let through ends as an input of a workflow and from there, in many a repository, in a
//! shell. So every kind is a closed set, a number or a word of harmless letters.

use std::collections::BTreeMap;

use super::Environment;
use super::problem::ProblemCode;
use super::read::{At, Reader};
use super::schema::{ParameterKind, ParameterSection};
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

/// Reads the rule from its section, or notes what is wrong and gives nothing.
pub(super) fn rule(section: &At<ParameterSection>, reader: &mut Reader<'_>) -> Option<ParameterRule> {
    refuse_foreign_keys(&section.value, reader)?;
    let allowed = allowed(section, reader)?;
    let ParameterSection { default, required, .. } = &section.value;
    let required = required.as_ref().filter(|required| required.value);
    if let Some(default) = default.as_ref().filter(|default| !allowed.allows(&default.value.0)) {
        let message = format!("this default is not allowed: {}", allowed.wanted());
        reader.wrong(&default.span, ProblemCode::InvalidValue, message, "write an allowed value");
        return None;
    }
    if let (Some(_), Some(required)) = (default, required) {
        let message = "a parameter with a default is never missing";
        reader.wrong(&required.span, ProblemCode::Unreachable, message, "remove `required` or `default`");
        return None;
    }
    Some(ParameterRule {
        allowed,
        default: default.as_ref().map(|default| default.value.0.clone()),
        required: required.is_some(),
    })
}

/// A key of another type would be a rule that is not kept.
fn refuse_foreign_keys(section: &ParameterSection, reader: &mut Reader<'_>) -> Option<()> {
    let ParameterSection { kind, values, minimum, maximum, max_length, .. } = section;
    let present = [
        ("values", ParameterKind::Choice, values.as_ref().map(|at| &at.span)),
        ("minimum", ParameterKind::Number, minimum.as_ref().map(|at| &at.span)),
        ("maximum", ParameterKind::Number, maximum.as_ref().map(|at| &at.span)),
        ("max_length", ParameterKind::String, max_length.as_ref().map(|at| &at.span)),
    ];
    let foreign = present.into_iter().find_map(|(key, home, span)| {
        let span = span?;
        (kind.value != home).then_some((key, home, span))
    });
    let Some((key, home, span)) = foreign else { return Some(()) };
    let message = format!("`{key}` means nothing for a {}", kind.value.as_str());
    let suggestion = format!("remove it, or write `type: {}`", home.as_str());
    reader.wrong(span, ProblemCode::UnknownKey, message, suggestion);
    None
}

fn allowed(section: &At<ParameterSection>, reader: &mut Reader<'_>) -> Option<ParameterType> {
    match section.value.kind.value {
        ParameterKind::Choice => choice(section, reader),
        ParameterKind::Boolean => Some(ParameterType::Boolean),
        ParameterKind::Number => number(section, reader),
        ParameterKind::String => string(section, reader),
    }
}

fn choice(section: &At<ParameterSection>, reader: &mut Reader<'_>) -> Option<ParameterType> {
    let Some(values) = &section.value.values else {
        reader.missing(&section.span, "values");
        return None;
    };
    let odd = values.value.0.iter().find(|value| value.value.0.is_empty() || !is_safe_text(&value.value.0));
    if let Some(odd) = odd {
        let message =
            format!("{:?} cannot be given in a command", odd.value.0.chars().take(80).collect::<String>());
        let suggestion = "use letters, digits and . _ - / : @ + , and no leading -";
        reader.wrong(&odd.span, ProblemCode::InvalidValue, message, suggestion);
        return None;
    }
    Some(ParameterType::Choice(values.value.0.iter().map(|value| value.value.0.clone()).collect()))
}

fn number(section: &At<ParameterSection>, reader: &mut Reader<'_>) -> Option<ParameterType> {
    let ParameterSection { minimum, maximum, .. } = &section.value;
    let (Some(minimum), Some(maximum)) = (minimum, maximum) else {
        reader.missing(&section.span, if minimum.is_none() { "minimum" } else { "maximum" });
        return None;
    };
    if minimum.value > maximum.value {
        let message = "no number is that large and that small";
        reader.wrong(&minimum.span, ProblemCode::Unreachable, message, "swap `minimum` and `maximum`");
        return None;
    }
    Some(ParameterType::Number { minimum: minimum.value, maximum: maximum.value })
}

fn string(section: &At<ParameterSection>, reader: &mut Reader<'_>) -> Option<ParameterType> {
    const USUAL: usize = 64;
    let Some(wanted) = &section.value.max_length else {
        return Some(ParameterType::String { max_length: USUAL });
    };
    let max_length = usize::try_from(wanted.value).ok().filter(|length| (1..=255).contains(length));
    if max_length.is_none() {
        let message = format!("{} is not a length", wanted.value);
        reader.wrong(&wanted.span, ProblemCode::InvalidValue, message, "write a number from 1 to 255");
    }
    max_length.map(|max_length| ParameterType::String { max_length })
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
