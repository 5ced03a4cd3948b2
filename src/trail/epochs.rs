//! The epochs of a log in one database: each is a log of its own, and says in its first entry what an earlier one
//! had come to. Nothing is ever added to one that is over.

use std::collections::BTreeMap;

use super::Result;
use super::file::{File, bundle_of};
use super::source::LogSource;
use crate::audit::tile::unbundle;
use crate::audit::{Decoded, KeyName};

/// How many entries the epochs before have, each by the name of its key; none where it does not hold.
pub type Earlier = BTreeMap<KeyName, Option<u64>>;

/// Why the first entry of an epoch that is not the first does not fit the earlier ones; none if it does.
///
/// # Errors
/// When it cannot be read.
pub async fn contradiction(log: &mut LogSource, earlier: &Earlier) -> Result<Option<String>> {
    let Some(bytes) = log.read(File::Tile(bundle_of(0, 1))).await? else { return Ok(None) };
    let first = unbundle(&bytes).next().and_then(std::result::Result::ok);
    let first = first.and_then(|bytes| Decoded::parse(bytes).ok());
    // How a log of that kind begins cannot be known here; that its rule is lacking is said of the log itself.
    if first
        .as_ref()
        .is_some_and(|first| first.entry.recovered.is_none() && first.entry.kind.lacks().is_some())
    {
        return Ok(None);
    }
    let Some(lost) = first.and_then(|first| first.entry.recovered) else {
        return Ok(Some("it begins another epoch and does not say what was lost".to_owned()));
    };
    let Some(there) = earlier.get(lost.origin.key_name()).copied().unwrap_or(Some(0)) else {
        return Ok(None);
    };
    let why = || {
        format!(
            "it says that {} entries of {} were found, and {there} are there: entries were added to it or taken out \
             after it was over",
            lost.found, lost.origin
        )
    };
    Ok((there != lost.found).then(why))
}
