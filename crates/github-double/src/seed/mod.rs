//! The sandbox's world: a small shop, four people, one pull request.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{App, Installation, Membership, Organization, Team, User};
use super::acts::code::Push;
use super::refused::{Act, Refused};
use super::repo::{Repo, Role};
use super::simulate::ACTIONS_APP;
use super::state::State;
use super::{Fake, acts::Who};
use countersign_kernel::clock::Clock;

/// The organisation's id.
pub const ACME: i64 = 100;
/// The repository's id.
pub const SHOP: i64 = 200;
/// The App's id.
pub const APP: i64 = 300;
/// The installation's id.
pub const INSTALLATION: i64 = 400;
/// The id of the team `sre`.
pub const SRE: i64 = 500;
/// The secret the webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "sandbox-webhook-secret";
/// The App's bot.
pub const BOT: i64 = 301;
/// The bot of GitHub Actions on github.com.
const ACTIONS_BOT: i64 = 41_898_282;
const POLICY: &str = include_str!("countersign.yml");
const CI: &str = include_str!("ci.yml");
const CD: &str = include_str!("cd.yml");

impl Fake {
    /// The sandbox: `acme/shop` with its App, people, policy, workflows and pull request #1.
    ///
    /// # Errors
    /// When the world contradicts itself, which only a change to this file can bring about.
    pub fn sandbox(clock: Clock) -> Act<Self> {
        let fake = Self::empty(clock);
        fake.change(|state| {
            populate(state);
            settle(state);
            write_history(state)
        })?;
        Ok(fake)
    }
}

fn populate(state: &mut State) {
    let people = [
        (1, "alice", "Alice Ash"),
        (2, "bob", "Bob Birch"),
        (3, "carol", "Carol Cedar"),
        (4, "dave", "Dave Dogwood"),
    ];
    for (id, login, name) in people {
        add_user(state, (id, login, name), None);
    }
    add_user(state, (BOT, "countersign[bot]", "countersign"), Some(APP));
    add_user(state, (ACTIONS_BOT, "github-actions[bot]", "github-actions"), Some(ACTIONS_APP));
    let members = (1..=4).map(|id| (id, (Membership::Active, false))).collect();
    let acme = Organization { id: ACME, login: "acme".to_owned(), members, created_at: state.now() };
    state.organizations.insert(ACME, acme);
    let sre = Team {
        id: SRE,
        organization: ACME,
        slug: "sre".to_owned(),
        name: "sre".to_owned(),
        parent: None,
        members: [(2, Membership::Active), (3, Membership::Active)].into(),
        created_at: state.now(),
    };
    state.teams.insert(SRE, sre);
}

fn add_user(state: &mut State, (id, login, name): (i64, &str, &str), app: Option<i64>) {
    let user = User {
        id,
        login: login.to_owned(),
        name: name.to_owned(),
        email: format!("{id}+{login}@users.noreply.github.com"),
        app,
        created_at: state.now(),
    };
    state.users.insert(id, user);
}

/// Registers the Apps, makes the repository, and installs ours.
fn settle(state: &mut State) {
    let now = state.now();
    let permissions: BTreeMap<String, String> = [
        ("actions", "write"),
        ("checks", "write"),
        ("contents", "read"),
        ("deployments", "write"),
        ("issues", "write"),
        ("members", "read"),
        ("metadata", "read"),
        ("pull_requests", "write"),
        ("statuses", "read"),
    ]
    .map(|(name, level)| (name.to_owned(), level.to_owned()))
    .into();
    add_app(state, (APP, "countersign", BOT), permissions.clone());
    add_app(state, (ACTIONS_APP, "github-actions", ACTIONS_BOT), BTreeMap::new());
    state.our_app = APP;
    let shop = Repo { roles: roles(), ..Repo::new(SHOP, ACME, "shop", now) };
    state.repos.insert(SHOP, shop);
    let installation = Installation {
        id: INSTALLATION,
        app: APP,
        account: ACME,
        permissions,
        selected: None,
        suspended_at: None,
        created_at: now,
    };
    state.installations.insert(INSTALLATION, installation);
}

fn roles() -> BTreeMap<i64, Role> {
    [(1, Role::Write), (2, Role::Write), (3, Role::Write), (4, Role::Read)].into()
}

fn add_app(state: &mut State, (id, slug, bot): (i64, &str, i64), permissions: BTreeMap<String, String>) {
    let events = "issue_comment issues pull_request pull_request_review push check_run check_suite \
        workflow_run deployment deployment_status status team membership member repository organization";
    let app = App {
        id,
        slug: slug.to_owned(),
        name: slug.to_owned(),
        owner: ACME,
        bot,
        client_id: format!("Iv23li{id:014}"),
        webhook_secret: WEBHOOK_SECRET.to_owned(),
        permissions,
        events: events.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>(),
        created_at: state.now(),
    };
    state.apps.insert(id, app);
}

fn write_history(state: &mut State) -> Act<()> {
    let alice = Who { user: 1, app: None };
    let bob = Who { user: 2, app: None };
    state.emit_ping(alice);
    state.tell_installed(alice, INSTALLATION)?;
    let readme = "# Shop\n\nThe shop of Acme: a catalogue, a basket and a checkout.\n";
    state.push(SHOP, alice, &Push::file("main", "Found the shop", "README.md", readme))?;
    let checkout =
        "export function total(basket) {\n  return basket.reduce((sum, i) => sum + i.price, 0);\n}\n";
    state.push(SHOP, bob, &Push::file("main", "Add up the basket", "src/checkout.js", checkout))?;
    let mut delivery = Push::file("main", "Build, deploy and countersign", ".github/countersign.yml", POLICY);
    for (path, content) in [(".github/workflows/ci.yml", CI), (".github/workflows/cd.yml", CD)] {
        delivery.files.insert(path.to_owned(), Some(content.to_owned()));
    }
    let main = state.push(SHOP, bob, &delivery)?;
    pass_ci(state, alice, ("main", &main))?;
    let field = "export function giftCard(code) {\n  return /^[A-Z0-9]{16}$/.test(code);\n}\n";
    let push = Push::file("gift-cards", "Check the form of a gift card's code", "src/gift-card.js", field);
    let first = state.push(SHOP, alice, &push)?;
    let checkout = checkout.replace("sum + i.price, 0)", "sum + i.price, 0) - giftCardValue(basket)");
    let push = Push::file("gift-cards", "Take the gift card off the total", "src/checkout.js", &checkout);
    let head = state.push(SHOP, alice, &push)?;
    let text = "Customers can pay with a gift card. The code is checked before the total is made.";
    let title = "Add a gift-card field to the checkout";
    state.open_pull(SHOP, alice, ("gift-cards", "main"), (title, text))?;
    if first == head {
        return Err(Refused::invalid("the pull request has one commit only"));
    }
    pass_ci(state, alice, ("gift-cards", &head))
}

fn pass_ci(state: &mut State, who: Who, (branch, sha): (&str, &str)) -> Act<()> {
    let run = state.start_run(SHOP, who, "ci.yml", (branch, sha), ("push", BTreeMap::new()))?;
    state.begin_run(SHOP, run)?;
    state.finish_run(SHOP, run, "success")
}
