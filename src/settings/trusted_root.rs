//! Whom keyless signatures of reports are believed by: Sigstore's trusted root, as the operator gives it.

use std::sync::Arc;

use super::{InvalidSetting, ServeFlags, given};
use crate::report::Trust;

const VARIABLE: &str = "COUNTERSIGN_TRUSTED_ROOT_FILE";

/// The text of the file that is named; none where none is.
pub(super) fn read(flags: &ServeFlags) -> Result<Option<Arc<str>>, InvalidSetting> {
    let Some(path) = given(flags.trusted_root_file.as_deref()) else { return Ok(None) };
    let write = "Name a readable trusted_root.json, such as the one that `cosign trusted-root create` writes";
    let text = std::fs::read_to_string(path)
        .map_err(|error| InvalidSetting::new(VARIABLE, format!("names {path}: {error}"), write))?;
    let anybody = Trust::Keyless {
        trusted_root: text.clone(),
        identity: "anybody".to_owned(),
        issuer: "https://issuer.example".to_owned(),
    };
    match anybody.problem() {
        Some(problem) => Err(InvalidSetting::new(VARIABLE, format!("names {path}: {problem}"), write)),
        None => Ok(Some(text.into())),
    }
}
