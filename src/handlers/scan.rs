//! `/scan`: the reports of the head are read again.

use crate::comment;
use crate::handlers::Result;
use crate::handlers::ask::{Ask, Said};
use crate::requirement::{Code, Refusal};

pub(super) async fn scan(ask: &Ask) -> Result<Said> {
    let app = &ask.context.app;
    let _ = (app, comment::scanning);
    Ok(Said::no(&Refusal::new(
        Code::CommitNeeded,
        "An issue has no commit of its own: ask on a pull request.",
    )))
}
