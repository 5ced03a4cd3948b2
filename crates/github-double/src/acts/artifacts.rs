//! Artifacts: runs upload them, and after a while they expire.

use sha2::{Digest as _, Sha256};

use crate::Fake;
use crate::actions::Artifact;
use crate::refused::{Act, Refused};
use crate::state::State;

impl Fake {
    /// Lets a run that goes on upload these artifacts and end.
    pub fn finish_run_with(
        &self,
        repo: &str,
        run: i64,
        conclusion: &str,
        artifacts: &[(&str, &[u8])],
    ) -> Act<()> {
        for (name, zip) in artifacts {
            self.upload_artifact(repo, run, name, zip)?;
        }
        self.finish_run(repo, run, conclusion)
    }

    /// Lets a run upload an artifact; gives its id.
    pub fn upload_artifact(&self, repo: &str, run: i64, name: &str, zip: &[u8]) -> Act<i64> {
        self.change(|state| {
            let repo = state.repo_id(repo)?;
            state.upload_artifact(repo, run, (name, zip))
        })
    }

    /// The time of every artifact of this name is over.
    pub fn expire_artifacts(&self, repo: &str, name: &str) -> Act<()> {
        self.change(|state| {
            let artifacts = state.repo_mut(repo)?.artifacts.values_mut();
            artifacts.filter(|artifact| artifact.name == name).for_each(|artifact| artifact.expired = true);
            Ok(())
        })
    }
}

impl State {
    /// Lets a run upload an artifact; gives its id.
    pub fn upload_artifact(&mut self, repo: i64, run: i64, (name, zip): (&str, &[u8])) -> Act<i64> {
        let (id, now) = (self.fresh_id(), self.now());
        let here = self.repo_by_id_mut(repo)?;
        if here.run(run)?.is_completed() {
            return Err(Refused::new(409, "Conflict: the run is completed"));
        }
        let artifact = Artifact {
            id,
            run,
            name: name.to_owned(),
            bytes: zip.to_vec(),
            digest: Some(format!("sha256:{}", hex::encode(Sha256::digest(zip)))),
            expired: false,
            created_at: now,
        };
        here.artifacts.insert(id, artifact);
        Ok(id)
    }

    /// The bytes of an artifact, wherever it is.
    pub(crate) fn artifact_bytes(&self, id: i64) -> Option<&[u8]> {
        let mut found = self.repos.values().filter_map(|repo| repo.artifacts.get(&id));
        found.next().filter(|artifact| !artifact.expired).map(|artifact| artifact.bytes.as_slice())
    }
}
