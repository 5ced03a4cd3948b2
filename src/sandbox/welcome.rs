//! What is printed when the sandbox runs.

use std::path::Path;

use crate::github::fake::account::User;
use crate::github::fake::seed;
use crate::github::fake::state::State;

/// Where everything is.
pub(super) struct Places<'a> {
    pub(super) countersign: String,
    pub(super) github: String,
    pub(super) database: String,
    pub(super) key: String,
    pub(super) reader: &'a str,
    pub(super) data: &'a Path,
    pub(super) kept: bool,
}

pub(super) fn text(state: &State, places: &Places<'_>) -> String {
    let Places { countersign, github, database, key, reader, data, kept } = places;
    let people: String =
        state.users.values().filter(|user| user.app.is_none()).map(|user| person(state, user)).collect();
    let program =
        std::env::current_exe().map_or_else(|_| "countersign".to_owned(), |path| path.display().to_string());
    let fate = if *kept { "" } else { "  (temporary: removed at the end; --data DIR keeps it)" };
    format!(
        "
Countersign's sandbox runs: the real program, and a GitHub in memory for it to work with.

OPEN   {github}/acme/shop/pull/1   the pull request
       {countersign}/   Countersign itself

WHO    login   role    team       token for GitHub's API
{people}
       alice wrote pull request 1, and its CI is green.

TRY    1  As alice, comment            /promote staging
          Nobody has to approve it: watch it deploy.

       2  As alice, comment            /promote production
          then as bob and as carol     /approve
          Two of the team acme/sre have to agree, and alice's own vote would not count.

       3  As dave, who may only read, by GitHub's own API:

          curl -sS {github}/repos/acme/shop/issues/1/comments \\
            -H 'Authorization: Bearer sandbox-dave' -d '{{\"body\":\"/promote production\"}}'

       Then prove what happened, from another terminal:

          {program} audit export --disclosures --out sandbox-log \\
            --database '{database}' \\
            --key '{key}'
          {program} audit verify sandbox-log \\
            --key '{key}'
          {program} audit show sandbox-log

          curl -sS {countersign}/log/proof/0.tlog-proof
          curl -sS {countersign}/log/attestation/2.json -H 'Authorization: Bearer {reader}'

DATA   {data}{fate}
STOP   Ctrl-C

",
        data = data.display()
    )
}

fn person(state: &State, user: &User) -> String {
    let role = state.repos.get(&seed::SHOP).and_then(|repo| repo.roles.get(&user.id));
    let role = role.map_or("none", |role| role.name());
    let teams = state.teams.values().filter(|team| team.members.contains_key(&user.id));
    let teams: Vec<String> = teams.map(|team| format!("acme/{}", team.slug)).collect();
    let login = &user.login;
    let line = format!("       {login:<8}{role:<8}{:<11}sandbox-{login}", teams.join(" "));
    format!("{line}\n")
}
