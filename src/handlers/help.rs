//! `/help`: from the parser's own table.

use crate::command::CommandName;
use crate::comment;
use crate::handlers::ask::Said;

pub(super) fn help(command: Option<CommandName>) -> Said {
    Said::words(comment::help(command))
}
