//! Whose tokens show that a job may send reports.

use url::{Host, Url};

use super::place::http_url;
use super::{InvalidSetting, OidcFlags, given};

const ISSUER: &str = "COUNTERSIGN_OIDC_ISSUER";
/// Who issues the tokens of jobs on github.com:
/// <https://docs.github.com/en/actions/reference/security/oidc>.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Whose tokens show that a job may send reports, and for whom they must be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// What `iss` must be, exactly; its keys are at `/.well-known/jwks` below it.
    pub issuer: String,
    /// What `aud` must be; the public URL when it is not set.
    pub audience: Option<String>,
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self { issuer: GITHUB.to_owned(), audience: None }
    }
}

impl OidcSettings {
    /// Reads what the flags and the environment say.
    ///
    /// # Errors
    /// When the issuer is no address, or one whose keys anybody on the way could replace.
    pub fn read(flags: &OidcFlags) -> Result<Self, InvalidSetting> {
        let issuer = given(flags.oidc_issuer.as_deref()).unwrap_or(GITHUB);
        let write = "Write https://token.actions.githubusercontent.com, https://token.actions.SUB.ghe.com, or https://HOST/_services/token";
        let url = http_url(ISSUER, issuer, write)?;
        if url.scheme() != "https" && !is_here(&url) {
            return Err(InvalidSetting::new(ISSUER, "does not begin with https://", write));
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: given(flags.oidc_audience.as_deref()).map(str::to_owned),
        })
    }
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
