//! Logs and metrics.

use std::error::Error;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::settings::{LogFormat, TelemetryFlags};

/// How many pieces of work shared one commit.
const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How long an answer took, in seconds.
const SECONDS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// Starts to log to standard error, with the filter `otherwise` when none is set. What was set up earlier in this process stays.
///
/// # Errors
/// When the filter is not one.
pub fn start_logging(flags: &TelemetryFlags, otherwise: &str) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(flags.filter(otherwise))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // What is written to a file is read without colours.
    let builder = if io::stderr().is_terminal() { builder } else { builder.with_ansi(false) };
    // A second program in the same process logs through the first one's.
    let _ = match flags.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// What `/metrics` reads. All programs in one process count together.
///
/// # Errors
/// When something else in this process has claimed the metrics.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*recorder {
        return Ok(handle.clone());
    }
    let handle = install()?;
    *recorder = Some(handle.clone());
    Ok(handle)
}

/// An error with its causes, in one line.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = next.source();
    }
    text
}

/// Histograms with buckets, which take the same memory however much is counted.
fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .set_buckets_for_metric(Matcher::Full("countersign_commit_batch".to_owned()), &BATCHES)?
        .install_recorder()
}
