//! The words after a command, sorted and checked against the command's row of the table.

use std::collections::BTreeMap;

use super::ParameterName;
use super::error::{CommandError, short};
use super::table::{CommandOption, Row};
use super::text::Word;

/// The longest value of a parameter, in bytes.
const LONGEST_VALUE: usize = 1_000;

/// What was said after a command's word.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) argument: Option<String>,
    options: BTreeMap<&'static str, String>,
    pub(super) parameters: BTreeMap<ParameterName, String>,
}

impl Arguments {
    /// Sorts the words as the row says.
    pub(super) fn read(row: &'static Row, words: Vec<Word>) -> Result<Self, CommandError> {
        let mut arguments = Self::default();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            if word.is_option() {
                let next = words.next_if(|next| takes_value(row, &word.text) && !next.is_option());
                arguments.add_option(row, &word.text, next)?;
            } else if row.parameters && word.text.contains('=') {
                arguments.add_parameter(&word.text)?;
            } else {
                arguments.add_argument(row, word.text)?;
            }
        }
        Ok(arguments)
    }

    /// The value of an option, if it was given.
    pub(super) fn option(&mut self, name: &str) -> Option<String> {
        self.options.remove(name)
    }

    fn add_option(&mut self, row: &'static Row, text: &str, next: Option<Word>) -> Result<(), CommandError> {
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let (group, option) = find(row, name).ok_or_else(|| unknown_option(row, name))?;
        self.refuse_second(group, option)?;
        let value = value_of(option, inline.or(next.map(|word| word.text)))?;
        self.options.insert(option.name, value);
        Ok(())
    }

    fn refuse_second(&self, group: &[CommandOption], option: &CommandOption) -> Result<(), CommandError> {
        let Some(given) = group.iter().find(|other| self.options.contains_key(other.name)) else {
            return Ok(());
        };
        if given.name == option.name {
            let message = format!("{} is given twice. Give it once.", option.name);
            return Err(CommandError::new("doubled_option", message));
        }
        let message = format!("{} and {} exclude each other. Give one of them.", given.name, option.name);
        Err(CommandError::new("conflicting_options", message))
    }

    fn add_parameter(&mut self, text: &str) -> Result<(), CommandError> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let parsed: ParameterName = name.parse().map_err(|invalid| {
            let message = format!("“{}” cannot be a parameter: {invalid}.", short(name));
            CommandError::new("invalid_parameter", message)
        })?;
        if value.len() > LONGEST_VALUE {
            let message = format!("The value of {parsed} is longer than {LONGEST_VALUE} bytes. Shorten it.");
            return Err(CommandError::new("value_too_long", message));
        }
        if self.parameters.contains_key(&parsed) {
            let message = format!("The parameter {parsed} is given twice. Give it once.");
            return Err(CommandError::new("doubled_parameter", message));
        }
        self.parameters.insert(parsed, value.to_owned());
        Ok(())
    }

    fn add_argument(&mut self, row: &Row, text: String) -> Result<(), CommandError> {
        if row.argument.is_none() || self.argument.is_some() {
            let message = format!(
                "“{}” is one word too many. Write {}; put text that has spaces in double quotes.",
                short(&text),
                row.usage()
            );
            return Err(CommandError::new("unexpected_argument", message));
        }
        self.argument = Some(text);
        Ok(())
    }
}

/// Whether the word is an option that takes the next word as its value.
fn takes_value(row: &'static Row, text: &str) -> bool {
    find(row, text).is_some_and(|(_, option)| option.value.is_some())
}

fn find(row: &'static Row, name: &str) -> Option<(&'static [CommandOption], &'static CommandOption)> {
    row.options.iter().find_map(|group| Some((*group, group.iter().find(|option| option.name == name)?)))
}

fn value_of(option: &CommandOption, given: Option<String>) -> Result<String, CommandError> {
    let name = option.name;
    match (option.value, given) {
        (None, None) => Ok(String::new()),
        (None, Some(_)) => {
            let message = format!("{name} takes no value. Write only {name}.");
            Err(CommandError::new("unexpected_value", message).suggesting(name))
        }
        (Some(_), Some(value)) if !value.trim().is_empty() => Ok(value.trim().to_owned()),
        (Some(_), _) => {
            let message =
                format!("{name} needs a value. Write {}, in double quotes if it has spaces.", option.usage());
            Err(CommandError::new("missing_value", message).suggesting(option.usage()))
        }
    }
}

fn unknown_option(row: &Row, name: &str) -> CommandError {
    let known: Vec<_> = row.options.iter().flat_map(|group| group.iter().map(|o| o.name)).collect();
    let shown = short(name);
    if let Some(near) = nearest_option(&known, name) {
        let message = format!("/{} has no option {shown}. Did you mean {near}?", row.word);
        return CommandError::new("unknown_option", message).suggesting(near);
    }
    let message = match known.as_slice() {
        [] => format!("/{} has no option {shown}: it takes none. Write {}.", row.word, row.usage()),
        _ => format!("/{} has no option {shown}. It has: {}.", row.word, known.join(", ")),
    };
    CommandError::new("unknown_option", message)
}

/// The option that was probably meant: one dash, another case, `_` for `-`, or up to two slips.
fn nearest_option(known: &[&'static str], name: &str) -> Option<&'static str> {
    if name.len() > 32 {
        return None;
    }
    let typed = format!("--{}", name.trim_start_matches('-').to_lowercase().replace('_', "-"));
    known
        .iter()
        .map(|option| (strsim::damerau_levenshtein(option, &typed), *option))
        .filter(|(distance, option)| *distance <= if option.len() > 5 { 2 } else { 1 })
        .min()
        .map(|(_, option)| option)
}
