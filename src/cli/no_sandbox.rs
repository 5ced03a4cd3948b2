//! `countersign sandbox` in a build for production, which has no GitHub in memory.

use std::ffi::OsString;
use std::future::{Ready, ready};
use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;

/// Not in this build, which is for production
#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// What the sandbox of another build would take.
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _anything: Vec<OsString>,
}

impl Sandbox {
    /// Says where there is one.
    #[expect(clippy::unused_self, reason = "it is called as the sandbox of another build would be")]
    pub(super) fn run(self) -> Ready<anyhow::Result<ExitCode>> {
        ready(Err(anyhow!(
            "this build is for production and has no sandbox: `cargo run --release -- sandbox` in Countersign's source makes one that has"
        )))
    }
}
