//! `countersign audit show`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::place::{NO_TABLES, Place, read_only};
use crate::cli::say;
use crate::db::{ReadOnly, repository, tile};
use crate::ids::{PromotionNumber, RepoId};
use crate::trail::LogSource;
use crate::trail::story::{self, Filter};

/// Tell the log in plain words, one line for each entry.
///
/// Names and reasons stand there where their disclosures are, and else `redacted`. Nothing is verified by it: `audit
/// verify` does that. Exits with 0, with 2 when there is no signed entry, and with 3 when it could not be read.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    #[command(flatten)]
    place: Place,

    /// Only this repository: its number, or OWNER/NAME where the log is in a database
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,

    /// Only this promotion, such as p7
    #[arg(long, value_name = "pN")]
    promotion: Option<PromotionNumber>,
}

impl Show {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let told = if let Some(mut copy) = self.place.copy()? {
            self.tell(&mut copy, self.number()?).await?
        } else {
            let db = read_only(&self.place.database).await?;
            let told = self.tell_database(&db).await;
            db.close().await;
            told?
        };
        if told {
            return Ok(ExitCode::SUCCESS);
        }
        say("EMPTY: there is no signed entry, and so nothing to show.\n");
        Ok(ExitCode::from(2))
    }

    async fn tell_database(&self, db: &ReadOnly) -> anyhow::Result<bool> {
        let repo = match &self.repo {
            Some(repo) => Some(repo_id(db, repo).await?),
            None => None,
        };
        let epochs = tile::epochs(&mut db.moment().await?).await.context(NO_TABLES)?;
        let mut told = false;
        for epoch in &epochs {
            if epochs.len() > 1 {
                say(&format!("Epoch {epoch}\n"));
            }
            told |= self.tell(&mut LogSource::in_database(db, *epoch).await?, repo).await?;
        }
        Ok(told)
    }

    async fn tell(&self, source: &mut LogSource, repo: Option<RepoId>) -> anyhow::Result<bool> {
        let filter = Filter { repo, promotion: self.promotion };
        let told = story::tell(source, filter, &mut |line| say(line)).await;
        Ok(told.context("the log cannot be read")?.is_some())
    }

    /// Entries name repositories by their numbers only.
    fn number(&self) -> anyhow::Result<Option<RepoId>> {
        let Some(repo) = &self.repo else { return Ok(None) };
        match repo.parse() {
            Ok(number) => Ok(Some(RepoId(number))),
            Err(_) => bail!(
                "a copy of the log knows repositories by their numbers only: write --repo NUMBER, as the lines \
                 without --repo show it"
            ),
        }
    }
}

/// The number of a repository, by itself or by the name that it has or had.
pub(super) async fn repo_id(db: &ReadOnly, repo: &str) -> anyhow::Result<RepoId> {
    if let Ok(number) = repo.parse() {
        return Ok(RepoId(number));
    }
    let name = repo.parse().with_context(|| format!("{repo:?} is no repository: write OWNER/NAME"))?;
    let found = repository::named(&mut db.moment().await?, &name).await?;
    found.with_context(|| {
        format!("nothing is known of a repository {name}: write the name it has or had, or its number")
    })
}
