//! `countersign report show`: what the check run would say of reports on this disk.

mod files;
mod json;
mod terminal;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use url::Url;

use self::files::{Files, read};
use super::{complain, say};
use crate::check_run::scans::{Gated, Overall, View, of_commit, overall};
use crate::clock::{Clock, Timestamp, random};
use crate::report::signature::verify;
use crate::report::{Changed, Evidence, Gate, Marker, Severity, SignatureFact, Standing, State, stand};

/// Exit code when something that was named could not be read.
const UNREADABLE: u8 = 2;

/// Look at reports of scanners and tests.
#[derive(Debug, Subcommand)]
pub(super) enum Report {
    Show(Show),
}

/// Say what the check run would say of reports: files, or zips of them.
///
/// Exits with 0 when what is asked of them holds, with 1 when it does not, with 2 when something could not be
/// read, and with 3 when the command line is wrong. Without any flag they are judged as the server does where a
/// policy says `scans: {}`: reports have to be complete, tests have to pass, nothing may be known to be exploited,
/// and every scan must have looked at something that is still supported. The flags ask for more.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The reports, in any format that is known, or zips of them; - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// As JSON: each file with its tool, format, state, counts and findings
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// As Markdown, exactly as GitHub would be sent it
    #[arg(long)]
    markdown: bool,
    /// No open finding of this severity or worse
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    fail_on: Option<Severity>,
    /// A report that has to be there: a tool, a format, or sbom, tests, coverage, signature, provenance
    #[arg(long, value_name = "NAME", num_args = 1..)]
    must_have: Vec<String>,
    /// Earlier reports, to tell what is new
    #[arg(long, value_name = "FILE", num_args = 1..)]
    baseline: Vec<PathBuf>,
    /// Only what the baseline does not have counts for --fail-on
    #[arg(long)]
    new_only: bool,
}

impl Report {
    pub(super) fn run(self) -> ExitCode {
        match self {
            Self::Show(show) => {
                let shown = show.look(Clock::System.now());
                say(&shown.text);
                shown.problems.iter().for_each(|problem| complain(&format!("{problem}\n")));
                ExitCode::from(shown.code)
            }
        }
    }
}

/// What is printed.
#[derive(Debug)]
struct Shown {
    text: String,
    /// What could not be read at all, and why.
    problems: Vec<String>,
    code: u8,
}

impl Show {
    fn look(&self, now: Timestamp) -> Shown {
        // The marks tell secrets apart within this run, and nothing afterwards.
        let marker = Marker::new(&random());
        let files = read(&self.files, &marker, now);
        let before = read(&self.baseline, &marker, now);
        let baselines = before.baselines();
        // Nothing here says under what signatures have to verify.
        let signatures: Vec<SignatureFact> =
            files.reports.iter().map(|received| verify(&received.report, None)).collect();
        let standing = stand(&Evidence {
            reports: &files.reports.iter().collect::<Vec<_>>(),
            signatures: &signatures,
            baselines: &baselines,
            waivers: &[],
            pending: 0,
            unfinished: &[],
            forks: false,
            today: now.day(),
        });
        let standing = Standing { passed_over: files.passed_over.clone(), ..standing };
        let gates = [Gated { environments: Vec::new(), conditions: self.gate().judge(&standing.tally) }];
        let text = if self.json {
            json::document(&files, &standing, &gates)
        } else {
            self.words(&standing, &gates, now)
        };
        let broken = files.broken() || before.broken();
        let code = match overall(&standing, &gates) {
            _ if broken => UNREADABLE,
            Overall::Passed | Overall::Ungated => 0,
            Overall::Blocked | Overall::Waiting => 1,
        };
        Shown { text, problems: [files.problems, before.problems].concat(), code }
    }

    fn gate(&self) -> Gate {
        Gate {
            fail_on: self.fail_on,
            must_have: self.must_have.clone(),
            new_only: self.new_only,
            ..Gate::standard()
        }
    }

    fn words(&self, standing: &Standing, gates: &[Gated], now: Timestamp) -> String {
        let nowhere: Option<&Url> = None;
        let view = View { standing, gates, page: nowhere, changed: &Changed::default(), annotations: 0, now };
        let scans = of_commit(&view);
        let markdown = [scans.shown.summary.as_str(), scans.text.as_deref().unwrap_or_default()].concat();
        if self.markdown {
            return format!("## {}\n\n{markdown}", scans.shown.title);
        }
        format!("{}\n\n{}", scans.shown.title, terminal::plain(&markdown))
    }
}

impl Files {
    /// Something that was named was not read.
    fn broken(&self) -> bool {
        let unreadable = |state: &State| matches!(state, State::Unreadable { .. });
        !self.problems.is_empty() || self.reports.iter().any(|received| unreadable(&received.report.state))
    }
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::from_word(word)
        .filter(|severity| *severity != Severity::Unknown)
        .ok_or_else(|| "write critical, high, medium, low or info".to_owned())
}
