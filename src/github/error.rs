//! What went wrong with GitHub, sorted by what to do about it.

use crate::clock::Timestamp;

/// Why GitHub did not do or say what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing was done; ask again then. A rate limit, our own pace, or a read that failed for now.
    #[error("GitHub cannot be asked before {at}: {why}")]
    RetryAt {
        /// When it makes sense to ask again.
        at: Timestamp,
        /// What stands in the way.
        why: String,
    },
    /// A write got no answer that can be believed.
    #[error("GitHub gave no usable answer ({sent}): {why}")]
    Unreachable {
        /// Whether it may have been done all the same.
        sent: Sent,
        /// What happened.
        why: String,
    },
    /// There is no such thing, or we may not see it (404, 410).
    #[error("GitHub knows no such thing, or does not show it to this App")]
    Gone,
    /// GitHub understood and said no; asking again the same way gives the same answer.
    #[error("GitHub refused ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What GitHub said, with the permission it wanted when it said so. Untrusted text.
        message: String,
    },
    /// The answer is not what GitHub's documentation promises, so nothing may be concluded from it.
    #[error("GitHub's answer cannot be read: {why}")]
    Broken {
        /// What is wrong with it.
        why: String,
    },
}

/// Whether GitHub may have received a request that went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It cannot have.
    No,
    /// It may have, and may have acted: look before asking again.
    Maybe,
}

impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::No => "it was not sent",
            Self::Maybe => "it may have been carried out",
        })
    }
}

impl Error {
    /// An answer that cannot be read.
    pub(crate) fn broken(why: impl Into<String>) -> Self {
        Self::Broken { why: why.into() }
    }

    /// The same for a write, of which an unreadable answer says nothing about whether it was done.
    pub(crate) fn after_write(self) -> Self {
        match self {
            Self::Broken { why } => Self::Unreachable { sent: Sent::Maybe, why },
            Self::RetryAt { .. } | Self::Unreachable { .. } | Self::Gone | Self::Refused { .. } => self,
        }
    }
}

/// Reads [`Error::Gone`] as the answer that there is none.
pub(crate) fn none_if_gone<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::Gone) => Ok(None),
        Err(error) => Err(error),
    }
}
