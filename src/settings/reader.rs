//! Who may read the log's entries over HTTP: whoever knows one token.

use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::secret::{expose, one_of_or_none};
use super::{InvalidSetting, ReaderFlags};
use crate::github::Secret;

const TOKEN: &str = "COUNTERSIGN_READER_TOKEN";
/// A shorter one could be guessed, in bytes.
const SHORTEST: usize = 16;

/// What a reader has to show: at least 16 bytes of printable ASCII without spaces, which a header can carry.
#[derive(Debug, Clone)]
pub struct ReaderToken(Secret);

impl ReaderToken {
    /// None if it is too short, or if no header can carry it.
    pub fn new(token: Secret) -> Option<Self> {
        let text = token.expose_secret();
        let sound = text.len() >= SHORTEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        sound.then_some(Self(token))
    }

    /// Whether `shown` is it. How long that takes tells nothing about it.
    pub fn is(&self, shown: &str) -> bool {
        let hash = |text: &str| Sha256::digest(text);
        hash(self.0.expose_secret()).ct_eq(&hash(shown)).into()
    }
}

impl ReaderFlags {
    /// What is shown to a server whose entries are read.
    ///
    /// # Errors
    /// When it is given twice, or its file cannot be read.
    pub fn token(&self) -> Result<Option<Secret>, InvalidSetting> {
        Ok(self.given()?.map(|(_, token)| token))
    }

    fn given(&self) -> Result<Option<(&'static str, Secret)>, InvalidSetting> {
        let (value, file) = (&self.reader_token, &self.reader_token_file);
        one_of_or_none((TOKEN, value.as_ref()), ("COUNTERSIGN_READER_TOKEN_FILE", file.as_deref()))
    }
}

pub(super) fn token(flags: &ReaderFlags) -> Result<Option<ReaderToken>, InvalidSetting> {
    let Some((variable, text)) = flags.given()? else { return Ok(None) };
    let token = ReaderToken::new(Secret::from(expose(&text))).ok_or_else(|| {
        let what = "is shorter than 16 bytes, or holds something that no header can carry";
        InvalidSetting::new(variable, what, "Write the output of `openssl rand -hex 32`")
    })?;
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Option<ReaderToken> {
        ReaderToken::new(Secret::from(text))
    }

    #[test]
    fn a_token_is_long_and_fits_into_a_header() {
        assert!(token("0123456789abcdef").is_some());
        for text in ["", "0123456789abcde", "0123456789 abcdef", "0123456789abcdef\n", "0123456789abcdeé"] {
            assert!(token(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn only_the_token_itself_is_it_and_it_is_not_printed() {
        let known = token("0123456789abcdef").unwrap();
        assert!(known.is("0123456789abcdef"));
        for shown in ["", "0123456789abcdee", "0123456789abcdef0", "0123456789ABCDEF"] {
            assert!(!known.is(shown), "{shown:?}");
        }
        assert!(!format!("{known:?}").contains("0123"));
    }
}
