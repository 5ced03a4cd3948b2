//! Whether the signatures of reports hold, under what the policy trusts.

use crate::app::App;
use crate::facts::Result;
use crate::ids::{CommitSha, Repo};
use crate::policy::{Identity, PublicKey, Trust};
use crate::report::{self, Received, SignatureFact, signature};

/// What became of each report's signatures, in the same order.
pub(super) async fn signatures(
    app: &App,
    repo: &Repo,
    trust: Option<&Trust>,
    (reports, tip): (&[Received], Option<&CommitSha>),
) -> Result<Vec<SignatureFact>> {
    let signed = |received: &Received| received.report.attestations.iter().any(|one| one.signatures > 0);
    if !reports.iter().any(signed) {
        return Ok(vec![SignatureFact::None; reports.len()]);
    }
    let trusted = match trust {
        Some(trust) => Some(usable(app, repo, trust, tip).await?),
        None => None,
    };
    let judge = |received: &Received| match &trusted {
        Some(Err(why)) if signed(received) => SignatureFact::Failed { why: why.clone() },
        Some(Ok(trust)) => signature::verify(&received.report, Some(trust)),
        Some(Err(_)) | None => signature::verify(&received.report, None),
    };
    Ok(reports.iter().map(judge).collect())
}

/// What the policy trusts, in the words of whoever verifies; or why nothing can be verified by it.
async fn usable(
    app: &App,
    repo: &Repo,
    trust: &Trust,
    tip: Option<&CommitSha>,
) -> Result<std::result::Result<report::Trust, String>> {
    Ok(match trust {
        Trust::Key(PublicKey::Pem(pem)) => Ok(report::Trust::Key(pem.clone())),
        Trust::Key(PublicKey::File(path)) => {
            let file = match tip {
                Some(tip) => app.reader.file(repo, path, tip.as_str()).await?,
                None => None,
            };
            let missing = || format!("The policy's key {path} is not on the default branch");
            file.map(|file| report::Trust::Key(file.text)).ok_or_else(missing)
        }
        Trust::Keyless(Identity { issuer, identity }) => match &app.trusted_root {
            Some(root) => Ok(report::Trust::Keyless {
                trusted_root: root.to_string(),
                identity: identity.clone(),
                issuer: issuer.clone(),
            }),
            None => {
                Err("This server has no trusted root: its operator sets COUNTERSIGN_TRUSTED_ROOT_FILE"
                    .to_owned())
            }
        },
    })
}
