//! `timestamps/<size>.tsr`: what a timestamp authority said of the checkpoint in `checkpoints/<size>` (RFC 3161).
//!
//! That each is of that very checkpoint is checked here. Who signed it is for whoever relies on the authority:
//! `openssl ts -verify -data checkpoints/SIZE -in timestamps/SIZE.tsr -CAfile CA.pem`.

use std::collections::VecDeque;

use super::source::LogSource;
use super::{Error, File, Result};
use crate::audit::rfc3161::Timestamp;

/// The timestamps of a log, read in the order of its checkpoints.
#[derive(Debug, Default)]
pub(super) struct Timestamps {
    next: VecDeque<(u64, Vec<u8>)>,
    last: u64,
    ended: bool,
    seen: u64,
}

impl Timestamps {
    /// How many were checked.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Checks that of the checkpoint of `size` entries, if there is one. What is before it is passed over: there
    /// is no checkpoint to compare it with.
    pub(super) async fn check(&mut self, source: &mut LogSource, size: u64, note: &str) -> Result<()> {
        loop {
            self.load(source).await?;
            let Some((found, response)) = self.next.pop_front_if(|(next, _)| *next <= size) else {
                return Ok(());
            };
            if found == size {
                Timestamp::of(note.as_bytes(), &response).map_err(|why| strange(size, why.what()))?;
                self.seen += 1;
            }
        }
    }

    async fn load(&mut self, source: &mut LogSource) -> Result<()> {
        if self.next.is_empty() && !self.ended {
            self.next = source.timestamps_after(self.last).await?.into();
            self.ended = self.next.is_empty();
            self.last = self.next.back().map_or(self.last, |(size, _)| *size);
        }
        Ok(())
    }
}

fn strange(size: u64, what: &'static str) -> Error {
    Error::Strange { path: File::TimestampOf(size).to_string(), what }
}
