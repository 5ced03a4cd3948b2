//! A comment's Markdown → commands, or why not.

use super::arguments::Arguments;
use super::error::{CommandError, short};
use super::table::{CommandName, Row, help};
use super::{Command, FindingId, Promote, Target, Waive, Which, lines, text};
use crate::ids::EnvironmentName;

/// The longest comment that is read, in bytes: GitHub takes 65,536 characters.
const LONGEST_COMMENT: usize = 4 * 65_536;
/// How many commands one comment may give.
const MOST_COMMANDS: usize = 10;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 1_000;
/// How much of a command's line is repeated, in characters.
const LONGEST_LINE: usize = 300;

/// What a comment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// Ordinary talk, or a command for somebody else: say nothing.
    NotForUs,
    /// What was asked for, line by line; at least one and at most 10.
    Commands(Vec<CommandLine>),
}

/// One command of a comment, with the line that gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The line as it was written, at most 300 characters of it: for saying what was asked. It is untrusted text.
    pub text: String,
    /// What it asks for, or why that is not clear.
    pub command: Result<Command, CommandError>,
}

impl CommandLine {
    fn new(line: &str, command: Result<Command, CommandError>) -> Self {
        Self { text: line.chars().take(LONGEST_LINE).collect(), command }
    }
}

/// Reads a comment.
///
/// It is for us if its first line that is not blank starts with one of our words, or with something
/// so near to one that it must be a slip. More command lines may follow directly; those for other
/// bots are passed over. Nothing counts that the page does not show as ordinary text: code, quotes,
/// lists, HTML.
pub fn parse(body: &str) -> Parsed {
    let slashed = lines::slashed(body);
    let Some(first) = slashed.first().map(|line| line.text) else { return Parsed::NotForUs };
    if Heard::of(first) == Heard::Foreign {
        return Parsed::NotForUs;
    }
    let refused = |error| Parsed::Commands(vec![CommandLine::new(first, Err(error))]);
    if body.len() > LONGEST_COMMENT {
        let message = "The comment is too long to be read. Write the command in one of its own.";
        return refused(CommandError::new("comment_too_long", message));
    }
    let lines = lines::shown(body, slashed);
    let commands: Vec<_> =
        lines.iter().filter_map(|line| read_line(line.text)).take(MOST_COMMANDS + 1).collect();
    match commands.len() {
        0 => Parsed::NotForUs,
        1..=MOST_COMMANDS => Parsed::Commands(commands),
        _ => refused(too_many_commands()),
    }
}

/// One line's command; none if it is for somebody else.
fn read_line(line: &str) -> Option<CommandLine> {
    let command = match Heard::of(line) {
        Heard::Foreign => return None,
        Heard::Command(row, rest) => read_command(row, line, rest),
        Heard::NearMiss(row, rest) => Err(near_miss(row, line, rest)),
    };
    Some(CommandLine::new(line, command))
}

/// What the first word of a line is to us, and what follows it.
#[derive(Debug, PartialEq, Eq)]
enum Heard<'a> {
    Foreign,
    Command(&'static Row, &'a str),
    NearMiss(&'static Row, &'a str),
}

impl<'a> Heard<'a> {
    fn of(line: &'a str) -> Self {
        let (first, rest) = line.split_at(line.find(char::is_whitespace).unwrap_or(line.len()));
        let word = first.strip_prefix('/').unwrap_or(first);
        if let Some(row) = row_named(word) {
            return Self::Command(row, rest);
        }
        if let Some(row) = nearest_row(word) {
            return Self::NearMiss(row, rest);
        }
        let (name, glued) =
            word.split_at(word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len()));
        match row_named(&name.to_ascii_lowercase()) {
            Some(row) if is_glue(glued) => {
                Self::NearMiss(row, line.get(1 + name.len()..).unwrap_or_default())
            }
            _ => Self::Foreign,
        }
    }
}

fn row_named(word: &str) -> Option<&'static Row> {
    help().iter().copied().find(|row| row.word == word)
}

/// The command that was probably meant: another case, or a slip or two in a word long enough that
/// it can hardly be another bot's.
fn nearest_row(word: &str) -> Option<&'static Row> {
    if word.len() > 32 {
        return None;
    }
    let slips_allowed = |row: &Row| match row.word.len() {
        0..4 => 0,
        4..7 => 1,
        7.. => 2,
    };
    let typed = word.to_lowercase();
    help()
        .iter()
        .map(|row| (strsim::damerau_levenshtein(row.word, &typed), *row))
        .filter(|(distance, row)| *distance <= slips_allowed(row))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, row)| row)
}

/// Whether what follows a command's word without a space is a slip, as in `/promote:` and
/// `/promote:production`, and not the rest of a path or a file's name.
fn is_glue(glued: &str) -> bool {
    glued.starts_with([':', '=', ',', ';', '(', '"', '“', '—', '–', '-'])
        || (!glued.contains('/') && glued.chars().all(|c| c.is_ascii_punctuation()))
}

fn near_miss(row: &'static Row, line: &str, rest: &str) -> CommandError {
    if let Err(refused) = text::check(line) {
        return refused;
    }
    let typed = line.split(char::is_whitespace).next().unwrap_or(line);
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | ',' | ';'));
    let message = format!("There is no command {}. Did you mean /{}?", short(typed), row.word);
    let correction = format!("/{} {rest}", row.word);
    CommandError::new("unknown_command", message).suggesting(correction.trim_end())
}

fn too_many_commands() -> CommandError {
    let message = format!(
        "The comment gives more than {MOST_COMMANDS} commands, so none of them was done. \
         Split them over several comments."
    );
    CommandError::new("too_many_commands", message)
}

fn read_command(row: &'static Row, line: &str, rest: &str) -> Result<Command, CommandError> {
    text::check(line)?;
    let mut arguments = Arguments::read(row, text::words(rest)?)?;
    match row.name {
        CommandName::Promote => promote(arguments),
        CommandName::Approve => Ok(Command::Approve { which: which(&arguments)? }),
        CommandName::Reject => reject(arguments),
        CommandName::Cancel => Ok(Command::Cancel { which: which(&arguments)? }),
        CommandName::Status => {
            Ok(Command::Status { environment: arguments.argument.as_deref().map(environment).transpose()? })
        }
        CommandName::Why => why(&arguments),
        CommandName::Waive => waive(arguments),
        CommandName::Unwaive => Ok(Command::Unwaive { finding: finding(&mut arguments)? }),
        CommandName::Scan => Ok(Command::Scan),
        CommandName::Help => {
            let asked = arguments.argument.take();
            Ok(Command::Help { command: asked.as_deref().map(command_name).transpose()? })
        }
    }
}

fn promote(mut arguments: Arguments) -> Result<Command, CommandError> {
    let Some(argument) = arguments.argument.take() else {
        let message =
            "It is not said which environment to promote to. Name it first, such as /promote staging.";
        return Err(CommandError::new("missing_environment", message));
    };
    Ok(Command::Promote(Promote {
        environment: environment(&argument)?,
        target: target(&mut arguments)?,
        reason: reason(&mut arguments)?,
        dry_run: arguments.option("--dry-run").is_some(),
        parameters: arguments.parameters,
    }))
}

fn reject(mut arguments: Arguments) -> Result<Command, CommandError> {
    let which = which(&arguments)?;
    let Some(reason) = reason(&mut arguments)? else {
        let message =
            "A rejection needs a reason. Say what should change, after --reason and in double quotes.";
        let named = arguments.argument.map(|word| format!(" {word}")).unwrap_or_default();
        let correction = format!("/reject{named} --reason \"…\"");
        return Err(CommandError::new("missing_reason", message).suggesting(correction));
    };
    Ok(Command::Reject { which, reason })
}

fn why(arguments: &Arguments) -> Result<Command, CommandError> {
    let Some(word) = arguments.argument.as_deref() else { return Ok(Command::Why { which: None }) };
    let number = word.parse().map_err(|_| {
        let message = format!("“{}” is not the number of a promotion. Write it as p42.", short(word));
        CommandError::new("invalid_promotion", message)
    })?;
    Ok(Command::Why { which: Some(number) })
}

fn waive(mut arguments: Arguments) -> Result<Command, CommandError> {
    let finding = finding(&mut arguments)?;
    let Some(until) = arguments.option("--until") else {
        let message = "It is not said until when. Write the last day, such as --until 2026-12-31.";
        return Err(CommandError::new("missing_date", message));
    };
    let until = until.parse().ok().filter(|_| until.len() == 10).ok_or_else(|| {
        let message = format!("“{}” is not a day. Write it as --until 2026-12-31.", short(&until));
        CommandError::new("invalid_date", message)
    })?;
    let Some(reason) = reason(&mut arguments)? else {
        let message = "A finding is let through for a reason. Say why, after --reason and in double quotes.";
        let correction = format!("/waive {finding} --until {until} --reason \"…\"");
        return Err(CommandError::new("missing_reason", message).suggesting(correction));
    };
    let only = arguments.option("--only");
    if only.as_ref().is_some_and(|only| only.chars().count() > 500 || only.contains(char::is_whitespace)) {
        let message = "What follows --only is one package URL or one path, without spaces.";
        return Err(CommandError::new("invalid_place", message));
    }
    Ok(Command::Waive(Waive { finding, until, reason, only }))
}

fn finding(arguments: &mut Arguments) -> Result<FindingId, CommandError> {
    let Some(word) = arguments.argument.take() else {
        let message = "It is not said which finding. Name it as the check run does, such as CVE-2026-1234.";
        return Err(CommandError::new("missing_finding", message));
    };
    word.parse().map_err(|invalid| {
        let message = format!("“{}” is not the name of a finding: {invalid}.", short(&word));
        CommandError::new("invalid_finding", message)
    })
}

fn which(arguments: &Arguments) -> Result<Option<Which>, CommandError> {
    let read = |word: &str| match word.parse() {
        Ok(number) => Ok(Which::Number(number)),
        Err(_) => environment(word).map(Which::Environment),
    };
    arguments.argument.as_deref().map(read).transpose()
}

fn environment(word: &str) -> Result<EnvironmentName, CommandError> {
    word.parse().map_err(|_| {
        let message = format!(
            "“{}” cannot be the name of an environment: it is one word of at most 255 letters, digits and . _ - /.",
            short(word)
        );
        CommandError::new("invalid_environment", message)
    })
}

fn target(arguments: &mut Arguments) -> Result<Target, CommandError> {
    if let Some(sha) = arguments.option("--sha") {
        return sha.parse().map(Target::Sha).map_err(|invalid| {
            let message = format!("“{}” is not a commit: {invalid}.", short(&sha));
            CommandError::new("invalid_sha", message)
        });
    }
    let Some(tag) = arguments.option("--tag") else { return Ok(Target::Head) };
    tag.parse().map(Target::Tag).map_err(|_| {
        let message = format!("“{}” cannot be the name of a tag. Write it without refs/tags/.", short(&tag));
        CommandError::new("invalid_tag", message)
    })
}

fn reason(arguments: &mut Arguments) -> Result<Option<String>, CommandError> {
    let reason = arguments.option("--reason");
    if reason.as_ref().is_some_and(|text| text.chars().count() > LONGEST_REASON) {
        let message =
            format!("The reason is longer than {LONGEST_REASON} characters. Shorten it, or link to it.");
        return Err(CommandError::new("reason_too_long", message));
    }
    Ok(reason)
}

fn command_name(word: &str) -> Result<CommandName, CommandError> {
    let bare = word.strip_prefix('/').unwrap_or(word);
    if let Some(row) = row_named(bare) {
        return Ok(row.name);
    }
    let message = format!("There is no command /{}. Write /help to see them all.", short(bare));
    let error = CommandError::new("unknown_command", message);
    Err(match nearest_row(bare) {
        Some(row) => error.suggesting(format!("/help {}", row.word)),
        None => error.suggesting("/help"),
    })
}
