//! Witnesses: others who sign our checkpoints, after they have seen that each is a continuation of the last.

use std::time::Duration;

use url::Url;

use super::add_checkpoint::{Said, body, said};
use super::{Anchors, Error};
use crate::audit::{Cosignature, KeyName, Witness};
use crate::clock::Timestamp;
use crate::db::anchor::Head;
use crate::db::{cosignature, tile};
use crate::http_client::Answer;

/// At least so long between two checkpoints that one witness is asked to sign.
const REST: Duration = Duration::from_secs(30);
/// How often a witness may name another size in one go: its own copy may grow under our hands, not for ever.
const MOST_SIZES: usize = 4;

impl Anchors {
    /// Has the newest checkpoint signed by one witness, unless it was, or was asked just now.
    pub(super) async fn ask_witness(&self, witness: &Witness, head: &Head) -> Result<(), Error> {
        let Some(url) = &witness.url else { return Ok(()) };
        let name = witness.verifier.name();
        let now = self.app.clock.now();
        let last = cosignature::newest(&mut self.app.db.read().await?, head.epoch, name).await?;
        if last.is_some_and(|(size, at)| size == head.size || now.since(at) < REST) {
            return Ok(());
        }
        let line = self.cosignature(witness, url, head, last.map_or(0, |(size, _)| size)).await?;
        self.keep(head, line, now).await
    }

    async fn cosignature(
        &self,
        witness: &Witness,
        url: &Url,
        head: &Head,
        from: u64,
    ) -> Result<Cosignature, Error> {
        let name = witness.verifier.name();
        let broken = |why: &str| Error::Witness { name: name.clone(), why: why.to_owned() };
        let mut old = from;
        for _ in 0..MOST_SIZES {
            let answer = self.add_checkpoint(url, head, old).await?;
            match said(&answer) {
                Said::Signed(lines) => {
                    let (text, _) = head.note.rsplit_once("\n\n").unwrap_or_default();
                    let found = witness.verifier.find(&format!("{text}\n"), &lines);
                    let found = found.map_err(|why| broken(&why.to_string()))?;
                    return found.ok_or_else(|| broken("no line of its answer is its own"));
                }
                Said::Holds(size) if size > head.size => {
                    let why = format!("ours has only {} entries", head.size);
                    return Err(contradiction(name, format!("a checkpoint of {size} entries"), why));
                }
                Said::Holds(size) if size == old => {
                    return Err(broken("it asks to be told from the size that it was told from"));
                }
                Said::Holds(size) => old = size,
                Said::Inconsistent => {
                    let why = format!("it refuses the proof that {} entries continue them", head.size);
                    return Err(contradiction(name, format!("{old} entries"), why));
                }
                Said::UnknownLog => {
                    return Err(broken(
                        "it does not know this log or its key: have the log's verifier key enrolled there",
                    ));
                }
                Said::Other(status) => return Err(broken(&format!("it answered {status}"))),
                Said::Malformed(why) => return Err(broken(why)),
            }
        }
        Err(broken("it names another size each time it is asked"))
    }

    async fn add_checkpoint(&self, url: &Url, head: &Head, old: u64) -> Result<Answer, Error> {
        let mut conn = self.app.db.read().await?;
        let proof = match old {
            0 => Some(Vec::new()),
            old => tile::consistency(&mut conn, head.epoch, old, head.size).await?,
        };
        drop(conn);
        let missing = || Error::Incomplete(format!("what proves {} entries to continue {old}", head.size));
        let body = body(old, &proof.ok_or_else(missing)?, &head.note);
        let address = format!("{}/add-checkpoint", url.as_str().trim_end_matches('/'));
        let address = Url::parse(&address)
            .map_err(|why| Error::Unreachable { url: address.clone(), why: why.to_string() })?;
        self.post(&address, "text/plain; charset=utf-8", body).await
    }

    async fn keep(&self, head: &Head, line: Cosignature, now: Timestamp) -> Result<(), Error> {
        let at = (head.epoch, head.size);
        let write =
            self.app.db.write(move |tx| Box::pin(async move { cosignature::keep(tx, at, &line, now).await }));
        Ok(write.await?)
    }
}

fn contradiction(name: &KeyName, found: String, why: String) -> Error {
    Error::Contradiction { place: format!("the witness {name}"), found, why }
}
