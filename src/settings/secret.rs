//! Secrets: given by value or in a file, and never quoted.

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::{GitHubFlags, InvalidSetting, ServeFlags, given};
use crate::github::{AppKey, Secret};

/// No key or list of secrets is larger, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

const PRIVATE_KEY: &str = "COUNTERSIGN_GITHUB_PRIVATE_KEY";
const WEBHOOK_SECRET: &str = "COUNTERSIGN_GITHUB_WEBHOOK_SECRET";

pub(super) fn private_key(flags: &GitHubFlags) -> Result<AppKey, InvalidSetting> {
    let (value, file) = (&flags.github_private_key, &flags.github_private_key_file);
    let (variable, text) = one_of(
        (PRIVATE_KEY, value.as_ref()),
        ("COUNTERSIGN_GITHUB_PRIVATE_KEY_FILE", file.as_deref()),
        "the key that the App's settings page gives under \"Private keys\"",
    )?;
    AppKey::parse(expose(&text)).map_err(|error| {
        let write = "Give the file as it was downloaded; its line breaks may be written as \\n";
        InvalidSetting::new(variable, format!("does not hold the App's key: {error}"), write)
    })
}

pub(super) fn webhook_secrets(flags: &ServeFlags) -> Result<Vec<Secret>, InvalidSetting> {
    let (value, file) = (&flags.github_webhook_secret, &flags.github_webhook_secret_file);
    let (variable, text) = one_of(
        (WEBHOOK_SECRET, value.as_ref()),
        ("COUNTERSIGN_GITHUB_WEBHOOK_SECRET_FILE", file.as_deref()),
        "the secret that was entered in the App's settings under \"Webhook\"",
    )?;
    let secrets: Vec<&str> = expose(&text).split(',').map(str::trim).collect();
    if secrets.iter().any(|secret| secret.is_empty()) {
        let what = "has an empty secret in its list, with which anybody could sign";
        return Err(InvalidSetting::new(variable, what, "Write SECRET, or NEW,OLD while it is changed"));
    }
    Ok(secrets.into_iter().map(Secret::from).collect())
}

pub(super) fn expose(secret: &Secret) -> &str {
    secret.expose_secret()
}

/// The text given by value or in a file, exactly one of them, and by which variable.
fn one_of(
    value: (&'static str, Option<&Secret>),
    file: (&'static str, Option<&str>),
    wanted: &str,
) -> Result<(&'static str, Secret), InvalidSetting> {
    one_of_or_none(value, file)?.ok_or_else(|| {
        let write = format!("Write {wanted}, or name a file that holds it in {}", file.0);
        InvalidSetting::new(value.0, "is not set", write)
    })
}

/// The same of what need not be given.
pub(super) fn one_of_or_none(
    (by_value, value): (&'static str, Option<&Secret>),
    (by_file, file): (&'static str, Option<&str>),
) -> Result<Option<(&'static str, Secret)>, InvalidSetting> {
    let value = value.filter(|secret| given(Some(expose(secret))).is_some());
    match (value, given(file)) {
        (Some(value), None) => Ok(Some((by_value, value.clone()))),
        (None, Some(path)) => Ok(Some((by_file, read(by_file, Path::new(path))?))),
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            let what = format!("and {by_file} are both set, and may differ");
            Err(InvalidSetting::new(by_value, what, "Set one of them only"))
        }
    }
}

fn read(variable: &'static str, path: &Path) -> Result<Secret, InvalidSetting> {
    let shown = path.display();
    let write = "Name a readable text file that holds the secret and nothing else";
    let invalid = |what: String| InvalidSetting::new(variable, what, write);
    let size = std::fs::metadata(path).map_err(|error| invalid(format!("names {shown}: {error}")))?.len();
    if size > MAX_FILE_BYTES {
        return Err(invalid(format!("names {shown}, which has {size} bytes and is no secret")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| invalid(format!("names {shown}: {error}")))?;
    if text.trim().is_empty() {
        return Err(invalid(format!("names {shown}, which is empty")));
    }
    Ok(Secret::from(text.trim()))
}
