//! `/waive` and `/unwaive`: one finding is let through until a day, or no longer.

use jiff::civil::Date;

use crate::audit::{ActorRole, Kind};
use crate::authz::{self, Authorized, may_waive};
use crate::clock::Timestamp;
use crate::command::{FindingId, Waive};
use crate::comment;
use crate::db::{self, NewEntry, Tx, notice, policy_text, promotion, waiver};
use crate::effect::Notice;
use crate::facts::{self, Loaded};
use crate::handlers::ask::{CommandContext, Said};
use crate::handlers::store::log_policy;
use crate::handlers::{Result, load_policy};
use crate::ids::{CommitSha, Repo};
use crate::report::Waiver;
use crate::requirement::{Code, Refusal};

/// How many days ahead a finding may be let through: whoever still means it then looks at it again.
const LONGEST: i32 = 365;

/// `/waive`.
pub(super) async fn waive(ask: &CommandContext, wish: Waive) -> Result<Said> {
    let Standing { right, loaded, head } = match standing(ask).await? {
        Ok(standing) => standing,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    if let Err(refusal) = check_day(wish.until, ask.context.now.day()) {
        return Ok(Said::no(&refusal));
    }
    let asked = Asked::of(ask, right, loaded, head);
    let words = comment::waived(&wish);
    let waiver = Waiver {
        id: wish.finding.to_string(),
        only: wish.only,
        until: wish.until,
        reason: wish.reason,
        by: asked.right.actor().login.to_string(),
    };
    Ok(Said::done(words, move |tx| Box::pin(async move { asked.grant(tx, &waiver).await })))
}

/// `/unwaive`.
pub(super) async fn unwaive(ask: &CommandContext, finding: FindingId) -> Result<Said> {
    let Standing { right, loaded, head } = match standing(ask).await? {
        Ok(standing) => standing,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let mut conn = ask.context.app.db.read().await?;
    let all = waiver::all(&mut conn, ask.repo.id).await?;
    drop(conn);
    if !all.iter().any(|waiver| waiver.id == finding.as_str()) {
        return Ok(Said::no(&not_waived(&finding, &loaded)));
    }
    let asked = Asked::of(ask, right, loaded, head);
    let words = comment::unwaived(&finding);
    Ok(Said::done(words, move |tx| Box::pin(async move { asked.revoke(tx, &finding).await })))
}

/// That whoever asks may, under this policy; and the head of the pull request they ask on.
struct Standing {
    right: Authorized<authz::Waive>,
    loaded: Loaded,
    head: Option<CommitSha>,
}

async fn standing(ask: &CommandContext) -> Result<std::result::Result<Standing, Refusal>> {
    let app = &ask.context.app;
    let loaded = match load_policy(app, &ask.repo).await? {
        Ok(loaded) => loaded,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let rules = &loaded.policy.scans.waive;
    let named = rules.by.iter().cloned().collect();
    let person = facts::person(app, &ask.repo, &ask.sender, &named).await?;
    // Before anything else is read: on a public repository anybody may write this.
    let right = match may_waive(ask.repo.id, rules, &person) {
        Ok(right) => right,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let head = ask.pull().await?.map(|pull| pull.head_sha);
    Ok(Ok(Standing { right, loaded, head }))
}

fn check_day(until: Date, today: Date) -> std::result::Result<(), Refusal> {
    let days = until.since(today).map_or(i32::MAX, |span| span.get_days());
    let sentence = match days {
        ..0 => format!("{until} is over: write a day from {today} on."),
        0..=LONGEST => return Ok(()),
        _ => {
            format!(
                "{until} is more than {LONGEST} days ahead: choose an earlier day, and look at it again then."
            )
        }
    };
    Err(Refusal::new(Code::WaiverInvalid, sentence))
}

fn not_waived(finding: &FindingId, loaded: &Loaded) -> Refusal {
    let in_file = loaded.policy.scans.waivers.iter().any(|waiver| waiver.id == finding.as_str());
    let sentence = if in_file {
        format!("{finding} is let through by the policy's own file: take it out there.")
    } else {
        format!("Nothing here lets {finding} through by that name.")
    };
    Refusal::new(Code::WaiverInvalid, sentence)
}

/// Everything about a wish that is stored with it.
struct Asked {
    repo: Repo,
    right: Authorized<authz::Waive>,
    loaded: Loaded,
    head: Option<CommitSha>,
    entry: NewEntry,
    now: Timestamp,
}

impl Asked {
    fn of(
        ask: &CommandContext,
        right: Authorized<authz::Waive>,
        loaded: Loaded,
        head: Option<CommitSha>,
    ) -> Self {
        let (now, source) = (ask.context.now, ask.context.source());
        let entry = NewEntry::new(Kind::WaiverGranted, now, source)
            .repo(ask.repo.id)
            .policy(&loaded.file.blob)
            .by(ActorRole::Requester, &right)
            .occurred_at(ask.written_at);
        Self { repo: ask.repo.clone(), right, loaded, head, entry, now }
    }

    async fn grant(self, tx: &mut Tx, waiver: &Waiver) -> db::Result<()> {
        let Self { repo, right, loaded, head, entry, now } = self;
        let entry = entry.waives(&waiver.id, waiver.only.as_deref(), Some(waiver.until));
        waiver::grant(tx, repo.id, right, waiver, now).await?;
        tell(tx, &repo, (loaded, head), entry.reason(Some(&waiver.reason)), now).await
    }

    async fn revoke(self, tx: &mut Tx, finding: &FindingId) -> db::Result<()> {
        let Self { repo, right, loaded, head, entry, now } = self;
        let entry = entry.kind(Kind::WaiverRevoked).waives(finding.as_str(), None, None);
        waiver::revoke(tx, repo.id, right, finding.as_str()).await?;
        tell(tx, &repo, (loaded, head), entry, now).await
    }
}

/// It is in the log; whatever waits is judged again, and the checks are written anew.
async fn tell(
    tx: &mut Tx,
    repo: &Repo,
    (loaded, head): (Loaded, Option<CommitSha>),
    entry: NewEntry,
    now: Timestamp,
) -> db::Result<()> {
    policy_text::keep(tx.conn().await?, &loaded.file).await?;
    log_policy(tx, repo, &loaded.file.blob, entry.source(), now).await?;
    tx.append(entry).await?;
    promotion::wake_waiting(tx, repo.id, now).await?;
    let waiting = promotion::open(tx.conn().await?, repo.id).await?;
    let commits = waiting.into_iter().map(|promotion| promotion.tuple.commit).chain(head);
    for commit in commits.collect::<std::collections::BTreeSet<_>>() {
        notice::want(tx.conn().await?, repo, &Notice::Scans { commit }, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_neither_over_nor_further_than_a_year() {
        let today: Date = "2026-11-21".parse().unwrap();
        for (until, fits) in [
            ("2026-11-20", false),
            ("2026-11-21", true),
            ("2027-11-21", true),
            ("2027-11-22", false),
            ("9999-12-31", false),
            ("-009999-01-01", false),
        ] {
            assert_eq!(check_day(until.parse().unwrap(), today).is_ok(), fits, "{until}");
        }
    }
}
