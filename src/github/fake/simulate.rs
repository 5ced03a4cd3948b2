//! What happens by itself in the sandbox: runs start and end after a few seconds.

/// What differs between github.com, GHES and the sandbox.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether runs move on by themselves; tests move them by hand.
    pub auto: bool,
    /// How a dispatch answers.
    pub dispatch: DispatchAnswer,
}

impl Default for Settings {
    fn default() -> Self {
        Self { auto: false, dispatch: DispatchAnswer::RunDetails }
    }
}

/// How a dispatch of a workflow answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchAnswer {
    /// github.com: 200 with the run when `return_run_details` asks for it, else 204.
    RunDetails,
    /// Always 204, the parameter is ignored.
    NoContent,
    /// GHES: 422 that names the parameter it does not know.
    Ghes,
}

/// Something that will happen by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A queued run starts.
    StartRun {
        /// The repository.
        repo: i64,
        /// The run.
        run: i64,
    },
    /// A run that nobody decided about succeeds.
    FinishRun {
        /// The repository.
        repo: i64,
        /// The run.
        run: i64,
    },
}
