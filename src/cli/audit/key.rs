//! The key that a log is verified with.

use std::path::Path;

use anyhow::bail;
use clap::Args;

use crate::audit::{Verifier, WitnessPolicy};
use crate::settings::{LogFlags, LogSettings};
use crate::trail::{File, LogSource};

/// Which key the log must be signed with.
#[derive(Debug, Args)]
// Whoever only reads has no use for them.
#[command(mut_arg("high_water", |flag| flag.hide(true)), mut_arg("log_old_key_file", |flag| flag.hide(true)))]
pub(in crate::cli) struct KeyFlags {
    #[command(flatten)]
    log: LogFlags,

    /// The log's verifier key, NAME+ID+KEY, as GET /log/key gave it; best kept from an earlier day [default: that of this machine's key file, or the one beside the log]
    #[arg(long, value_name = "VKEY")]
    key: Option<Verifier>,
}

/// A key, and whether anything but the log itself says that it is the right one.
#[derive(Debug, Clone)]
pub(super) struct Trusted {
    pub(super) key: Verifier,
    pub(super) on_first_use: bool,
}

impl KeyFlags {
    /// The key that was given, or this machine's own.
    pub(super) fn given_or_own(&self) -> anyhow::Result<Verifier> {
        match &self.key {
            Some(key) => Ok(key.clone()),
            None => own_key(&LogSettings::read(&self.log)?),
        }
    }

    /// The key that was given or that the policy names; else the one that lies beside the copy.
    pub(super) async fn for_log(
        &self,
        source: &mut LogSource,
        policy: Option<&WitnessPolicy>,
    ) -> anyhow::Result<Trusted> {
        let named = policy.and_then(|policy| policy.logs().first());
        if let Some(key) = self.key.as_ref().or(named) {
            return Ok(Trusted { key: key.clone(), on_first_use: false });
        }
        let Some(text) = source.text(File::Key).await? else {
            bail!("there is no key to verify with: no file `key` lies beside the log; give --key VKEY")
        };
        match text.trim_end().parse() {
            Ok(key) => Ok(Trusted { key, on_first_use: true }),
            Err(error) => {
                bail!("there is no key to verify with: in the file `key`, {error}; give --key VKEY")
            }
        }
    }
}

/// The key of this machine's own log; never made here.
fn own_key(settings: &LogSettings) -> anyhow::Result<Verifier> {
    let file: &Path = &settings.key_file;
    if !file.exists() {
        bail!(
            "there is no key to verify with: give --key VKEY (GET /log/key shows it), or name the log's key \
             file in COUNTERSIGN_LOG_KEY_FILE ({} does not exist)",
            file.display()
        );
    }
    Ok(settings.existing_key()?.verifier())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_that_of_the_key_file_and_never_made() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("log.key");
        let settings = LogSettings {
            origin: "a.example/log/x".parse().unwrap(),
            key_file,
            old_key_file: None,
            high_water: None,
        };
        let error = own_key(&settings).unwrap_err().to_string();
        assert!(error.contains("give --key VKEY"), "{error}");
        assert!(!settings.key_file.exists());
        let made = settings.key().unwrap().verifier();
        assert_eq!(own_key(&settings).unwrap(), made);
    }
}
