//! The one table of commands: what the parser takes, what `/help` says, what a near miss is near to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One command: how it is written and what it does.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Which command.
    pub name: CommandName,
    /// Its word, without the slash.
    pub word: &'static str,
    /// The one word it may be about.
    pub argument: Option<Argument>,
    /// Its options, in groups: of one group, at most one may be given.
    pub options: &'static [&'static [CommandOption]],
    /// Whether it takes `key=value` parameters.
    pub parameters: bool,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What else there is to know, in plain sentences.
    pub help: &'static str,
    /// Lines that work as they stand.
    pub examples: &'static [&'static str],
}

/// The one word a command is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Argument {
    /// How the usage calls it, such as `ENV`.
    pub placeholder: &'static str,
    /// Whether the command means nothing without it.
    pub required: bool,
}

/// One option of a command.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandOption {
    /// Its name, with the two dashes.
    pub name: &'static str,
    /// How the usage calls its value; none if it takes none.
    pub value: Option<&'static str>,
    /// Whether the command is refused without it.
    pub required: bool,
    /// What it does, in one line.
    pub summary: &'static str,
}

/// Every command that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandName {
    /// `/promote`
    Promote,
    /// `/approve`
    Approve,
    /// `/reject`
    Reject,
    /// `/cancel`
    Cancel,
    /// `/status`
    Status,
    /// `/why`
    Why,
    /// `/waive`
    Waive,
    /// `/unwaive`
    Unwaive,
    /// `/scan`
    Scan,
    /// `/help`
    Help,
}

impl CommandName {
    /// What the table says about it.
    pub fn row(self) -> &'static Row {
        match self {
            Self::Promote => &PROMOTE,
            Self::Approve => &APPROVE,
            Self::Reject => &REJECT,
            Self::Cancel => &CANCEL,
            Self::Status => &STATUS,
            Self::Why => &WHY,
            Self::Waive => &WAIVE,
            Self::Unwaive => &UNWAIVE,
            Self::Scan => &SCAN,
            Self::Help => &HELP,
        }
    }
}

impl fmt::Display for CommandName {
    /// As it is written in a comment, with the slash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.row().word)
    }
}

/// Every command in the order in which `/help` shows them.
pub fn help() -> &'static [&'static Row] {
    &TABLE
}

impl Row {
    /// How the command is written, such as `/approve [pN | ENV]`.
    pub fn usage(&self) -> String {
        let argument = self.argument.as_ref().map(|a| bracketed(a.placeholder, a.required));
        let options = self.options.iter().map(|group| {
            let alternatives: Vec<_> = group.iter().map(CommandOption::usage).collect();
            bracketed(&alternatives.join(" | "), group.iter().any(|option| option.required))
        });
        let parameters = self.parameters.then(|| "[key=value …]".to_owned());
        let words = [format!("/{}", self.word)].into_iter().chain(argument).chain(options).chain(parameters);
        words.collect::<Vec<_>>().join(" ")
    }
}

impl CommandOption {
    /// How the option is written, such as `--sha SHA`.
    pub fn usage(&self) -> String {
        match self.value {
            Some(value) => format!("{} {value}", self.name),
            None => self.name.to_owned(),
        }
    }
}

fn bracketed(text: &str, required: bool) -> String {
    if required { text.to_owned() } else { format!("[{text}]") }
}

static TABLE: [&Row; 10] =
    [&PROMOTE, &APPROVE, &REJECT, &CANCEL, &STATUS, &WHY, &WAIVE, &UNWAIVE, &SCAN, &HELP];

/// What votes and withdrawals are about.
const PROMOTION_OR_ENVIRONMENT: Argument = Argument { placeholder: "pN | ENV", required: false };

static PROMOTE: Row = Row {
    name: CommandName::Promote,
    word: "promote",
    argument: Some(Argument { placeholder: "ENV", required: true }),
    options: &[
        &[
            CommandOption {
                name: "--sha",
                value: Some("SHA"),
                required: false,
                summary: "the commit to promote, by 7 or more digits of its SHA",
            },
            CommandOption {
                name: "--tag",
                value: Some("TAG"),
                required: false,
                summary: "the tag whose commit to promote",
            },
        ],
        &[CommandOption {
            name: "--reason",
            value: Some("\"…\""),
            required: false,
            summary: "why, for those who approve and for the log",
        }],
        &[CommandOption {
            name: "--dry-run",
            value: None,
            required: false,
            summary: "only say what would happen and what is missing",
        }],
    ],
    parameters: true,
    summary: "asks for a promotion: one commit into one environment",
    help: "Without --sha or --tag it is about the head of this pull request as of your comment. \
           Approvals count for that very commit only: a new push makes them void. \
           Which key=value parameters are allowed, the policy says.",
    examples: &[
        "/promote staging",
        "/promote production --reason \"fixes the checkout\"",
        "/promote production --tag v1.4.2 --dry-run",
        "/promote staging --sha 3f2a9c1 region=eu-west-1",
    ],
};

static APPROVE: Row = Row {
    name: CommandName::Approve,
    word: "approve",
    argument: Some(PROMOTION_OR_ENVIRONMENT),
    options: &[],
    parameters: false,
    summary: "votes for a promotion",
    help: "Without an argument it works only when exactly one promotion waits here. \
           Whoever asked for the promotion or wrote its commits does not count, unless the policy says so.",
    examples: &["/approve", "/approve p42", "/approve production"],
};

static REJECT: Row = Row {
    name: CommandName::Reject,
    word: "reject",
    argument: Some(PROMOTION_OR_ENVIRONMENT),
    options: &[&[CommandOption {
        name: "--reason",
        value: Some("\"…\""),
        required: true,
        summary: "why, for whoever asked and for the log",
    }]],
    parameters: false,
    summary: "votes against a promotion and ends it",
    help: "Without an argument it works only when exactly one promotion waits here. The reason is required.",
    examples: &["/reject p42 --reason \"the migration locks the orders table\""],
};

static CANCEL: Row = Row {
    name: CommandName::Cancel,
    word: "cancel",
    argument: Some(PROMOTION_OR_ENVIRONMENT),
    options: &[],
    parameters: false,
    summary: "withdraws a promotion, and cancels its workflow if that runs",
    help: "Without an argument it works only when exactly one promotion is open here.",
    examples: &["/cancel", "/cancel p42", "/cancel staging"],
};

static STATUS: Row = Row {
    name: CommandName::Status,
    word: "status",
    argument: Some(Argument { placeholder: "ENV", required: false }),
    options: &[],
    parameters: false,
    summary: "shows what is live, what waits, and on whom",
    help: "Without an argument it shows every environment.",
    examples: &["/status", "/status production"],
};

static WHY: Row = Row {
    name: CommandName::Why,
    word: "why",
    argument: Some(Argument { placeholder: "pN", required: false }),
    options: &[],
    parameters: false,
    summary: "shows every requirement of a promotion, its verdict and its code",
    help: "Without an argument it is about the latest promotion here.",
    examples: &["/why", "/why p42"],
};

static WAIVE: Row = Row {
    name: CommandName::Waive,
    word: "waive",
    argument: Some(Argument { placeholder: "FINDING", required: true }),
    options: &[
        &[CommandOption {
            name: "--until",
            value: Some("DATE"),
            required: true,
            summary: "the last day on which it is let through, in UTC, at most a year ahead",
        }],
        &[CommandOption {
            name: "--reason",
            value: Some("\"…\""),
            required: true,
            summary: "why, for whoever reads the check and for the log",
        }],
        &[CommandOption {
            name: "--only",
            value: Some("PURL | PATH"),
            required: false,
            summary: "only in this package, in this file or below this folder",
        }],
    ],
    parameters: false,
    summary: "lets one finding through, in the whole repository",
    help: "The finding is named as the check run names it: a CVE or another public id, or a rule's id. \
           Who may do this, the policy says. After its last day the finding counts again.",
    examples: &[
        "/waive CVE-2026-1234 --until 2026-12-31 --reason \"the parser is not reached\"",
        "/waive B101 --until 2026-12-31 --only tests/ --reason \"asserts are what tests do\"",
    ],
};

static UNWAIVE: Row = Row {
    name: CommandName::Unwaive,
    word: "unwaive",
    argument: Some(Argument { placeholder: "FINDING", required: true }),
    options: &[],
    parameters: false,
    summary: "takes back what /waive let through",
    help: "The finding counts again at once, wherever it was let through. \
           What the policy's file lets through, only a change of that file takes back.",
    examples: &["/unwaive CVE-2026-1234"],
};

static SCAN: Row = Row {
    name: CommandName::Scan,
    word: "scan",
    argument: None,
    options: &[],
    parameters: false,
    summary: "reads the reports of this pull request's head again",
    help: "No scanner is run by it: what the workflow runs left behind is fetched and judged anew.",
    examples: &["/scan"],
};

static HELP: Row = Row {
    name: CommandName::Help,
    word: "help",
    argument: Some(Argument { placeholder: "command", required: false }),
    options: &[],
    parameters: false,
    summary: "shows the commands, or one of them in detail",
    help: "The command may be written with or without its slash.",
    examples: &["/help", "/help promote"],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{CommandLine, Parsed, parse};

    #[test]
    fn every_command_is_in_the_table_once() {
        let place = |name: CommandName| match name {
            CommandName::Promote => 0,
            CommandName::Approve => 1,
            CommandName::Reject => 2,
            CommandName::Cancel => 3,
            CommandName::Status => 4,
            CommandName::Why => 5,
            CommandName::Waive => 6,
            CommandName::Unwaive => 7,
            CommandName::Scan => 8,
            CommandName::Help => 9,
        };
        assert_eq!(help().len(), 10);
        for (index, row) in help().iter().enumerate() {
            assert_eq!(place(row.name), index);
            assert_eq!(row.name.row(), *row);
        }
    }

    #[test]
    fn every_example_is_a_command_of_its_own_row() {
        for row in help() {
            assert!(!row.examples.is_empty(), "/{}", row.word);
            for example in row.examples {
                let Parsed::Commands(commands) = parse(example) else { panic!("{example}") };
                let [CommandLine { text, command: Ok(command) }] = commands.as_slice() else {
                    panic!("{example}: {commands:?}")
                };
                assert_eq!(text, example);
                assert_eq!(command.name(), row.name, "{example}");
            }
        }
    }

    #[test]
    fn usage_is_made_from_what_the_parser_checks() {
        let usages: Vec<_> = help().iter().map(|row| row.usage()).collect();
        insta::assert_snapshot!(usages.join("\n"), @r#"
        /promote ENV [--sha SHA | --tag TAG] [--reason "…"] [--dry-run] [key=value …]
        /approve [pN | ENV]
        /reject [pN | ENV] --reason "…"
        /cancel [pN | ENV]
        /status [ENV]
        /why [pN]
        /waive FINDING --until DATE --reason "…" [--only PURL | PATH]
        /unwaive FINDING
        /scan
        /help [command]
        "#);
    }
}
