//! What happens by itself in the sandbox: runs start and end after a few seconds.

use std::time::Duration;

use super::refused::Act;
use super::state::State;

/// GitHub Actions' own App id on github.com.
pub const ACTIONS_APP: i64 = 15_368;

/// The event that starts CI.
pub(super) const CI_EVENT: &str = "push";

/// What differs between github.com, GHES and the sandbox.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether runs start at a push and move on by themselves; tests move everything by hand.
    pub auto: bool,
    /// How long a run is queued, and then runs, when it moves by itself.
    pub pace: Duration,
    /// How a dispatch answers.
    pub dispatch: DispatchAnswer,
}

impl Default for Settings {
    fn default() -> Self {
        Self { auto: false, pace: Duration::from_secs(3), dispatch: DispatchAnswer::RunDetails }
    }
}

/// How a dispatch of a workflow answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchAnswer {
    /// github.com: 200 with the run when `return_run_details` asks for it, else 204.
    RunDetails,
    /// Always 204; the parameter is ignored.
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

impl Step {
    /// Whether it is about this run.
    pub(super) fn is_about(&self, id: i64) -> bool {
        match self {
            Self::StartRun { run, .. } | Self::FinishRun { run, .. } => *run == id,
        }
    }
}

impl State {
    /// Does what is due by now; gives how many things that were.
    pub fn tick(&mut self) -> usize {
        let now = self.now();
        let due: Vec<Step> =
            self.schedule.iter().filter(|(at, _)| *at <= now).map(|(_, step)| step.clone()).collect();
        self.schedule.retain(|(at, _)| *at > now);
        due.iter().filter(|step| self.take(step).is_ok()).count()
    }

    fn take(&mut self, step: &Step) -> Act<()> {
        match *step {
            Step::StartRun { repo, run } => {
                self.begin_run(repo, run)?;
                let at = self.now().plus(self.settings.pace);
                self.schedule.push((at, Step::FinishRun { repo, run }));
                Ok(())
            }
            Step::FinishRun { repo, run } => self.finish_run(repo, run, "success"),
        }
    }
}
