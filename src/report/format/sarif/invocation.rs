//! How a run went, by its own words (section 3.20): a tool that failed writes an empty list of results too.

use serde::Deserialize;

use super::result::Message;
use crate::report::input::Result;
use crate::report::input::json::Json;
use crate::report::input::loose::{One, Truth, Word};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Notification<'a> {
    #[serde(borrow)]
    level: Word<'a>,
    #[serde(borrow)]
    message: One<Message<'a>>,
}

/// What a run's invocations say.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// One of them did not succeed.
    failed: bool,
    /// What the tool calls errors, and the first of them.
    errors: u64,
    first: Option<String>,
    /// The exit code's description or another reason.
    reason: Option<String>,
}

impl Outcome {
    /// Reads `invocations`.
    pub(super) fn read(&mut self, json: &mut Json<'_>) -> Result<()> {
        json.list(|json| {
            json.object(|json, key| {
                match key {
                    "executionSuccessful" => self.failed |= json.read::<Truth>()?.0 == Some(false),
                    "exitCodeDescription" | "processStartFailureMessage" | "exitSignalName" => {
                        self.reason = json.text()?.filter(|reason| !reason.trim().is_empty());
                    }
                    "toolExecutionNotifications" | "toolConfigurationNotifications" => {
                        json.list(|json| {
                            self.see(&json.read::<One<Notification<'_>>>()?.0);
                            Ok(())
                        })?;
                    }
                    _ => {}
                }
                Ok(())
            })
        })
    }

    fn see(&mut self, notification: &Notification<'_>) {
        if !notification.level.0.trim().eq_ignore_ascii_case("error") {
            return;
        }
        self.errors += 1;
        let said = &notification.message.0;
        let text = said.text.some().or_else(|| said.markdown.some()).and_then(|text| text.lines().next());
        self.first = self.first.take().or_else(|| text.map(str::to_owned));
    }

    /// Why nothing can be concluded from the results.
    pub(super) fn failure(&self) -> Option<String> {
        let said = self.first.as_ref().or(self.reason.as_ref());
        self.failed.then(|| match said {
            Some(said) => format!("The tool says that it failed: {said}"),
            None => "The tool says that it failed (executionSuccessful is false).".to_owned(),
        })
    }

    /// Why something may be missing among them.
    pub(super) fn gap(&self) -> Option<String> {
        let said = self.first.as_deref().unwrap_or("see its log");
        (self.errors > 0).then(|| format!("The tool met {} while it scanned: {said}", errors(self.errors)))
    }
}

fn errors(number: u64) -> String {
    if number == 1 { "an error".to_owned() } else { format!("{number} errors") }
}
