//! Everybody who took part in the change: none of them may approve it.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::App;
use crate::db::{head, introduced, promotion};
use crate::facts::{Loaded, Result};
use crate::github::read::{Commit, Pull};
use crate::ids::{Actor, CommitSha, Repo, UserId};
use crate::policy::facts::{Contributor, Part, TargetKind, Tuple};

/// Reads the commits in question and says who is behind them.
pub(super) async fn of(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    loaded: &Loaded,
    pull: Option<&Pull>,
) -> Result<Vec<Contributor>> {
    let environment = loaded.policy.environment(&tuple.environment);
    if environment.is_none_or(|environment| environment.approval_rules().is_empty()) {
        return Ok(Vec::new());
    }
    // The head of the pull request is that, however it was named.
    let as_head = pull.filter(|pull| tuple.target == TargetKind::Head || pull.head_sha == tuple.commit);
    let mut found = BTreeSet::new();
    let (commits, complete) = if let Some(pull) = as_head {
        found.extend(pull.author.as_ref().map(|author| known(author, Part::PullRequestAuthor)));
        let (commits, complete) = of_pull(app, repo, tuple, loaded, pull).await?;
        found.extend(pushers_of_pull(app, repo, tuple, &commits).await?);
        (commits, complete)
    } else {
        let (commits, complete) = since_live(app, repo, tuple).await?;
        found.extend(pushers(app, repo, &commits).await?);
        found.extend(untold(app, repo, &tuple.commit).await?);
        found.extend(openers(app, repo, &commits).await?);
        found.extend(of_its_pulls(app, repo, tuple, loaded).await?);
        (commits, complete)
    };
    if !complete {
        found.insert(Contributor {
            id: None,
            called: "somebody among more commits than GitHub lists".to_owned(),
            login: None,
            email: None,
            part: Part::Author,
        });
    }
    found.extend(writers(&commits));
    Ok(found.into_iter().collect())
}

/// The commits of a pull request, and with another base than the default branch also what that base brings.
async fn of_pull(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    loaded: &Loaded,
    pull: &Pull,
) -> Result<(Vec<Commit>, bool)> {
    let own = app.reader.pull_commits(repo, pull.number).await?;
    if pull.base_ref == loaded.default_branch {
        return Ok((own.commits, own.complete));
    }
    let tip = loaded.tip.as_str();
    let Some(brought) = app.reader.compare(repo, tip, tuple.commit.as_str()).await? else {
        return Ok((own.commits, false));
    };
    let commits = own.commits.into_iter().chain(brought.commits).collect();
    Ok((commits, own.complete && brought.complete))
}

/// What the environment does not have yet; of a first deployment, the commit itself.
async fn since_live(app: &App, repo: &Repo, tuple: &Tuple) -> Result<(Vec<Commit>, bool)> {
    let mut conn = app.db.read().await?;
    let live = promotion::live(&mut conn, repo.id).await?;
    drop(conn);
    let before = live.into_iter().find(|promotion| promotion.tuple.environment == tuple.environment);
    let commit = app.reader.commit(repo, tuple.commit.as_str()).await?;
    let Some(before) = before else { return Ok((commit.into_iter().collect(), true)) };
    let base = before.tuple.commit.as_str();
    // What is live may be gone from GitHub by now: then nobody can say what is new.
    let Some(brought) = app.reader.compare(repo, base, tuple.commit.as_str()).await? else {
        return Ok((commit.into_iter().collect(), false));
    };
    // The commit itself counts also where it brings nothing new, as when it is deployed again.
    let commits = brought.commits.into_iter().chain(commit).collect();
    Ok((commits, brought.complete))
}

/// Those who moved the pull request's head, and those who pushed any of its commits before it was opened.
async fn pushers_of_pull(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    commits: &[Commit],
) -> Result<BTreeSet<Contributor>> {
    let mut conn = app.db.read().await?;
    let heads = head::latest(&mut conn, repo.id, tuple.subject).await?;
    drop(conn);
    let mut found = pushers(app, repo, commits).await?;
    let moved = heads.iter().filter_map(|head| head.pusher.as_ref());
    found.extend(moved.map(pusher));
    if !heads.iter().any(|head| head.sha == tuple.commit && head.pusher.is_some()) {
        found.extend(untold(app, repo, &tuple.commit).await?);
    }
    Ok(found)
}

/// Somebody pushed this commit; where nobody told us who, anybody may have.
async fn untold(app: &App, repo: &Repo, commit: &CommitSha) -> Result<Option<Contributor>> {
    let mut conn = app.db.read().await?;
    if !introduced::pushers(&mut conn, repo.id, commit).await?.is_empty() {
        return Ok(None);
    }
    let called = format!("whoever pushed {}, of which Countersign was not told", commit.short());
    Ok(Some(Contributor { id: None, called, login: None, email: None, part: Part::Pusher }))
}

/// Those who pushed any of these commits, as far as we were told. A name in a commit is only what somebody
/// wrote there; who pushed it is what GitHub authenticated.
async fn pushers(app: &App, repo: &Repo, commits: &[Commit]) -> Result<BTreeSet<Contributor>> {
    let mut conn = app.db.read().await?;
    let mut found = BTreeSet::new();
    for commit in commits {
        let pushers = introduced::pushers(&mut conn, repo.id, &commit.sha).await?;
        found.extend(pushers.iter().map(pusher));
    }
    Ok(found)
}

/// Those who opened the pull requests that brought these commits, as far as we were told: whoever opens one over
/// somebody else's commits, or from a fork, had a hand in what is merged.
async fn openers(app: &App, repo: &Repo, commits: &[Commit]) -> Result<BTreeSet<Contributor>> {
    let mut conn = app.db.read().await?;
    let mut found = BTreeSet::new();
    for commit in commits {
        let openers = introduced::openers(&mut conn, repo.id, &commit.sha).await?;
        found.extend(openers.iter().map(|opener| known(opener, Part::PullRequestAuthor)));
    }
    Ok(found)
}

/// The same of the commit itself, as GitHub knows it: a rebase makes commits of which no event tells the pull request.
/// Whoever moved the head of such a one took part, too.
async fn of_its_pulls(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    loaded: &Loaded,
) -> Result<BTreeSet<Contributor>> {
    let mut found = BTreeSet::new();
    for pull in app.reader.merged_with(repo, &tuple.commit).await? {
        if pull.base_ref != loaded.default_branch {
            continue;
        }
        found.extend(pull.author.as_ref().map(|author| known(author, Part::PullRequestAuthor)));
        let mut conn = app.db.read().await?;
        let heads = head::latest(&mut conn, repo.id, pull.number).await?;
        drop(conn);
        found.extend(heads.iter().filter_map(|head| head.pusher.as_ref()).map(pusher));
    }
    Ok(found)
}

/// Authors, committers and co-authors. A co-author is known by e-mail only: by one that GitHub made for
/// an account, or by one that it matched with an account in another of these commits.
fn writers(commits: &[Commit]) -> BTreeSet<Contributor> {
    let mut accounts: BTreeMap<String, &Actor> = BTreeMap::new();
    for commit in commits {
        let named = [(&commit.author_email, &commit.author), (&commit.committer_email, &commit.committer)];
        for (email, account) in named {
            if let (Some(email), Some(account)) = (email, account) {
                accounts.insert(email.to_lowercase(), account);
            }
        }
    }
    let mut found = BTreeSet::new();
    for commit in commits {
        found.insert(named(
            commit.author.as_ref(),
            commit.author_name.as_deref(),
            commit.author_email.as_deref(),
            Part::Author,
        ));
        found.insert(named(
            commit.committer.as_ref(),
            commit.committer_name.as_deref(),
            commit.committer_email.as_deref(),
            Part::Committer,
        ));
        for (name, email) in co_authors(&commit.message) {
            let account = accounts.get(&email.to_lowercase()).copied();
            let mut contributor = named(account, Some(name), Some(email), Part::CoAuthor);
            contributor.id = contributor.id.or_else(|| private_email(email));
            found.insert(contributor);
        }
    }
    found
}

/// A bot pushes what somebody made it push, and nobody says who: the policy may name it in `known_authors`.
fn pusher(actor: &Actor) -> Contributor {
    let mut pusher = known(actor, Part::Pusher);
    if actor.bot || actor.login.as_str().ends_with("[bot]") {
        pusher.id = None;
    }
    pusher
}

fn known(actor: &Actor, part: Part) -> Contributor {
    let login = actor.login.clone();
    Contributor { id: Some(actor.id), called: login.to_string(), login: Some(login), email: None, part }
}

fn named(account: Option<&Actor>, name: Option<&str>, email: Option<&str>, part: Part) -> Contributor {
    let called = match account {
        Some(account) => account.login.to_string(),
        None => format!("{} <{}>", name.unwrap_or("no name"), email.unwrap_or("no e-mail")),
    };
    let login = account.map(|account| account.login.clone());
    Contributor {
        id: account.map(|account| account.id),
        called,
        login,
        email: email.map(str::to_owned),
        part,
    }
}

/// `Co-authored-by: NAME <EMAIL>` lines, in any case, wherever they stand.
fn co_authors(message: &str) -> impl Iterator<Item = (&str, &str)> {
    const KEY: &str = "co-authored-by:";
    message.lines().filter_map(|line| {
        let line = line.trim();
        let key = line.get(..KEY.len())?;
        let rest = line.get(KEY.len()..)?.trim();
        if !key.eq_ignore_ascii_case(KEY) {
            return None;
        }
        let (name, email) = rest.split_once('<').unwrap_or((rest, ""));
        Some((name.trim(), email.trim_end_matches('>').trim()))
    })
}

/// The id in the e-mail GitHub gives to those who keep theirs private: `ID+LOGIN@users.noreply.github.com`.
fn private_email(email: &str) -> Option<UserId> {
    let (account, host) = email.split_once('@')?;
    let (id, _) = account.split_once('+')?;
    let private = host.eq_ignore_ascii_case("users.noreply.github.com");
    id.parse().ok().filter(|id: &i64| private && *id > 0).map(UserId)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(author: Option<(i64, &str)>, email: &str, message: &str) -> Commit {
        let account =
            author.map(|(id, login)| Actor { id: UserId(id), login: login.parse().unwrap(), bot: false });
        Commit {
            sha: "a".repeat(40).parse().unwrap(),
            message: message.to_owned(),
            author: account.clone(),
            author_name: Some("Somebody".to_owned()),
            author_email: Some(email.to_owned()),
            committer: account,
            committer_name: Some("Somebody".to_owned()),
            committer_email: Some(email.to_owned()),
            committed_at: None,
            html_url: None,
        }
    }

    fn ids(commits: &[Commit]) -> Vec<(Option<i64>, Part)> {
        writers(commits).into_iter().map(|one| (one.id.map(|id| id.0), one.part)).collect()
    }

    #[test]
    fn co_authors_count_as_those_they_are() {
        let message = "Fix\n\nCo-authored-by: Bob <7+bob@users.noreply.github.com>\nCO-AUTHORED-BY: Carol <carol@acme.example>\nco-authored-by: Eve <eve@evil.example>";
        let commits = [
            commit(Some((1, "alice")), "alice@acme.example", message),
            commit(Some((3, "carol")), "Carol@acme.example", "x"),
        ];
        let found = ids(&commits);
        assert!(found.contains(&(Some(7), Part::CoAuthor)), "{found:?}");
        assert!(found.contains(&(Some(3), Part::CoAuthor)), "{found:?}");
        assert!(found.contains(&(None, Part::CoAuthor)), "eve cannot be matched: {found:?}");
    }

    #[test]
    fn an_author_without_an_account_stays_unmatched() {
        assert_eq!(ids(&[commit(None, "x@y.example", "m")]), [(None, Part::Author), (None, Part::Committer)]);
    }

    #[test]
    fn only_githubs_own_private_addresses_name_an_account() {
        for email in [
            "7+bob@evil.example",
            "bob@users.noreply.github.com",
            "x+bob@users.noreply.github.com",
            "-7+b@users.noreply.github.com",
            "",
        ] {
            assert_eq!(private_email(email), None, "{email}");
        }
    }
}
