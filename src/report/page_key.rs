//! Who may see the full list of a commit's findings: whoever has its address.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::ids::{CommitSha, RepoId};

/// Makes the last part of the addresses of pages, which nobody guesses. They stand in check runs only, so that
/// whoever may see the check run may see the page.
#[derive(Clone)]
pub struct PageKey(Hmac<Sha256>);

impl PageKey {
    /// One with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        // A key that is shorter than a block is filled up with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        Self(Hmac::new(&block.into()))
    }

    /// What opens the page of this commit: 32 hexadecimal digits.
    pub fn of(&self, repo: RepoId, commit: &CommitSha) -> String {
        let mut hash = self.0.clone();
        hash.update(format!("{repo} {commit}").as_bytes());
        hex::encode(hash.finalize().into_bytes().get(..16).unwrap_or_default())
    }

    /// Whether this is it.
    pub fn opens(&self, repo: RepoId, commit: &CommitSha, given: &str) -> bool {
        self.of(repo, commit).as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl std::fmt::Debug for PageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PageKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_opens_with_its_own_key_only() {
        let commit = |digit: &str| digit.repeat(40).parse::<CommitSha>().unwrap();
        let key = PageKey::new(&[7; 32]);
        let given = key.of(RepoId(1), &commit("a"));
        assert_eq!(given.len(), 32);
        assert!(key.opens(RepoId(1), &commit("a"), &given));
        assert!(!key.opens(RepoId(2), &commit("a"), &given));
        assert!(!key.opens(RepoId(1), &commit("b"), &given));
        assert!(!PageKey::new(&[8; 32]).opens(RepoId(1), &commit("a"), &given));
        assert!(!key.opens(RepoId(1), &commit("a"), ""));
        assert_eq!(format!("{key:?}"), "PageKey(…)");
    }
}
