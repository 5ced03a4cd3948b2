//! How many files and connections the system lets this process have.

/// No more than this is asked for: a thousand connections and a database need far fewer, and some systems would
/// keep a table of a billion.
const ENOUGH: u64 = 65_536;

/// Raises the limit on descriptors as far as the system lets everybody, and says how many there may be then; none
/// where there is no limit or none that can be asked for. Many systems begin with 1,024.
#[cfg(unix)]
pub(crate) fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current?;
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if wanted <= current {
        return Some(current);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => Some(wanted),
        Err(error) => {
            tracing::warn!(%error, "the limit on open files stays at {current}");
            Some(current)
        }
    }
}

/// Raises the limit on descriptors; there is none here.
#[cfg(not(unix))]
pub(crate) fn raise() -> Option<u64> {
    None
}
