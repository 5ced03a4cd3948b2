//! The last words of a check run: where the log says the same, for whoever believes the log and not us.

use url::Url;

use crate::audit::Receipt;
use crate::markdown::{Markdown, Untrusted};

/// Where the newest entry about a promotion stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    receipt: Receipt,
    page: Option<Url>,
}

impl Proof {
    /// For readers who reach this server at `public_url`, if it is known.
    pub fn new(receipt: Receipt, public_url: Option<&Url>) -> Self {
        let page = public_url.and_then(|url| below(url, &format!("log/proof/{}.tlog-proof", receipt.index)));
        Self { receipt, page }
    }

    pub(super) fn markdown(&self) -> Markdown {
        let Receipt { index, leaf_hash, checkpoint } = &self.receipt;
        let code = |text: String| Untrusted::new(&text).code();
        let entry = match &self.page {
            Some(page) => Markdown::link(*index, page),
            None => Markdown::from(*index),
        };
        Markdown::from("\n**In the log** ")
            .with(code(checkpoint.origin.to_string()))
            .with(", which anyone can verify:\n\n- Entry: ")
            .with(entry)
            .with(", leaf hash ")
            .with(code(leaf_hash.to_string()))
            .with("\n- Checkpoint: size ")
            .with(checkpoint.size)
            .with(", root ")
            .with(code(checkpoint.root.to_string()))
            .with("\n")
    }
}

/// The address of something below our own, whether that ends with a slash or not.
fn below(url: &Url, path: &str) -> Option<Url> {
    let mut folder = url.clone();
    let with_slash = format!("{}/", url.path().trim_end_matches('/'));
    folder.set_path(&with_slash);
    folder.join(path).ok()
}
