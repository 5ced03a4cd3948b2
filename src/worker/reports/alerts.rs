//! GitHub's own alerts, where the policy wants them: each kind is the report of a tool.

use sha2::{Digest as _, Sha256};

use crate::db::report::{Bundle, Packed, pack};
use crate::facts::read_policy;
use crate::github::read::{Alerts as Given, Run};
use crate::ids::Repo;
use crate::report::github_alerts::{Alerts, Kind};
use crate::report::{Limits, Origin, Received, Way};
use crate::worker::{Error, Workers};

impl Workers {
    /// The alerts of each kind, as of now.
    pub(super) async fn alerts_of(
        &self,
        repo: &Repo,
        run: &Run,
        branch: Option<String>,
    ) -> Result<Vec<(Bundle, Vec<Packed>)>, Error> {
        // A fork's branch has none, and one of the same name here is another one.
        if run.is_foreign(repo.id) {
            return Ok(Vec::new());
        }
        let policy = read_policy(&self.app, repo).await?.loaded;
        if !policy.is_ok_and(|loaded| loaded.policy.scans.github_alerts) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for kind in Kind::ALL {
            let received = self.alerts_of_kind(repo, run, kind).await?;
            // Those of one branch never take the place of another's.
            let name = match kind {
                Kind::CodeScanning => {
                    format!("{} {}", kind.as_str(), run.head_branch.as_deref().unwrap_or_default())
                }
                Kind::Dependabot | Kind::SecretScanning => kind.as_str().to_owned(),
            };
            let bundle = Bundle {
                way: Way::Alerts,
                commit: run.head_sha.clone(),
                run: 0,
                attempt: 0,
                branch: branch.clone(),
                names: vec![name.clone()],
            };
            found.push((bundle, pack(&name, &[received])?));
        }
        Ok(found)
    }

    async fn alerts_of_kind(&self, repo: &Repo, run: &Run, kind: Kind) -> Result<Received, Error> {
        let reader = &self.app.reader;
        let given = match kind {
            Kind::CodeScanning => {
                let branch = run.head_branch.as_deref().unwrap_or_default();
                reader.code_scanning_alerts(repo, branch, &run.head_sha).await?
            }
            Kind::Dependabot => reader.dependabot_alerts(repo).await?,
            Kind::SecretScanning => reader.secret_scanning_alerts(repo).await?,
        };
        let mut alerts = Alerts::new(kind, &Limits::default(), &self.app.marker);
        let mut hash = Sha256::new();
        match given {
            Given::NotAnalysed(why) => alerts.unavailable(why),
            Given::Withheld(why) => alerts.withheld(why),
            Given::Listed { pages, complete } => {
                for page in &pages {
                    hash.update(page);
                    if let Err(fault) = alerts.page(page) {
                        alerts.unavailable(format!("GitHub's answer cannot be read: {fault}"));
                    }
                }
                if !complete {
                    alerts.incomplete("GitHub has more alerts than are read.");
                }
            }
        }
        let origin = Origin {
            way: Way::Alerts,
            commit: run.head_sha.clone(),
            run: None,
            attempt: 0,
            workflow: None,
            artifact: None,
            entry: kind.as_str().to_owned(),
            sha256: hex::encode(hash.finalize()),
            fork: false,
            url: None,
            at: self.app.clock.now(),
        };
        Ok(Received { report: alerts.finish(), origin })
    }
}
