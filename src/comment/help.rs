//! How to use the commands, from the parser's own table.

use crate::command::{self, CommandName, CommandOption, Row};
use crate::comment::prose::prose;
use crate::markdown::{Markdown, Untrusted};

/// Every command in one line each, or one command in detail.
pub fn help(command: Option<CommandName>) -> Markdown {
    match command {
        Some(name) => detail(name.row()),
        None => list(),
    }
}

fn list() -> Markdown {
    let rows = command::help().iter().map(|row| [usage(row), prose(row.summary)]);
    Markdown::from(
        "Write a command on the first line of a comment; more may follow on the next lines. \
         Editing a comment later changes nothing.",
    )
    .with(Markdown::table(["Command", "What it does"], rows))
    .with("\n`ENV` is an environment of the policy, and `pN` a promotion such as `p42`. ")
    .with("`/help promote` shows one command in detail.")
}

fn detail(row: &Row) -> Markdown {
    let examples = row.examples.iter().map(|example| Untrusted::new(example).code());
    usage(row)
        .with(" ")
        .with(prose(row.summary))
        .with(".\n\n")
        .with(prose(row.help))
        .with(options(row))
        .with("\n\nExamples:\n\n- ")
        .with(Markdown::join(examples, "\n- "))
}

fn options(row: &Row) -> Markdown {
    let options: Vec<&CommandOption> = row.options.iter().copied().flatten().collect();
    if options.is_empty() {
        return Markdown::new();
    }
    let lines = options.into_iter().map(|option| {
        Untrusted::new(&option.usage())
            .code()
            .with(" ")
            .with(prose(option.summary))
            .with(if option.required { " (required)" } else { "" })
    });
    Markdown::from("\n\n- ").with(Markdown::join(lines, "\n- "))
}

fn usage(row: &Row) -> Markdown {
    Untrusted::new(&row.usage()).code()
}
