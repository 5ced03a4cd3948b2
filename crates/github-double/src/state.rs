//! Everything the in-memory GitHub knows, and finding one's way in it.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{App, Installation, Organization, Team, User};
use super::auth::Token;
use super::faults::{Planned, Recorded};
use super::git::Objects;
use super::refused::{Act, Refused};
use super::repo::Repo;
use super::simulate::{Settings, Step};
use super::webhooks::{Attempt, Delivery};
use countersign_kernel::clock::{Clock, Timestamp};

/// Everything there is on this GitHub.
#[derive(Debug)]
pub struct State {
    /// Tells the time for everything here.
    pub clock: Clock,
    /// Where the REST API answers, without a slash at the end; it stands in every URL.
    pub api_url: String,
    /// Where people would look at things in a browser, without a slash at the end.
    pub web_url: String,
    /// People and bots by id.
    pub users: BTreeMap<i64, User>,
    /// Organisations by id.
    pub organizations: BTreeMap<i64, Organization>,
    /// Teams by id.
    pub teams: BTreeMap<i64, Team>,
    /// GitHub Apps by id: ours, GitHub Actions, and those of others.
    pub apps: BTreeMap<i64, App>,
    /// Where our App is installed.
    pub installations: BTreeMap<i64, Installation>,
    /// Repositories by id.
    pub repos: BTreeMap<i64, Repo>,
    /// What old `owner/name`s lead to, after a rename.
    pub moved: BTreeMap<String, i64>,
    /// Commits, trees and files of all repositories; forks share them as on GitHub.
    pub objects: Objects,
    /// Webhooks that are waiting to be sent.
    pub outgoing: Vec<Delivery>,
    /// Every webhook ever made, by its GUID.
    pub deliveries: BTreeMap<String, Delivery>,
    /// Every attempt to hand a webhook over, oldest first.
    pub attempts: Vec<Attempt>,
    /// What differs between github.com, GHES and the sandbox.
    pub settings: Settings,
    /// What will happen by itself, and when.
    pub schedule: Vec<(Timestamp, Step)>,
    pub(super) our_app: i64,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) planned: Vec<Planned>,
    pub(super) requests: Vec<Recorded>,
    pub(super) unknown_routes: BTreeSet<String>,
    next_id: i64,
}

impl State {
    /// An empty GitHub.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            api_url: "http://127.0.0.1".to_owned(),
            web_url: "http://127.0.0.1".to_owned(),
            users: BTreeMap::new(),
            organizations: BTreeMap::new(),
            teams: BTreeMap::new(),
            apps: BTreeMap::new(),
            installations: BTreeMap::new(),
            repos: BTreeMap::new(),
            moved: BTreeMap::new(),
            objects: Objects::default(),
            outgoing: Vec::new(),
            deliveries: BTreeMap::new(),
            attempts: Vec::new(),
            settings: Settings::default(),
            schedule: Vec::new(),
            our_app: 0,
            tokens: BTreeMap::new(),
            planned: Vec::new(),
            requests: Vec::new(),
            unknown_routes: BTreeSet::new(),
            next_id: 1000,
        }
    }

    /// What time it is on this GitHub.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An id nobody has had before; one sequence for everything, so that mixed-up ids are noticed.
    pub fn fresh_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    /// The App under test.
    pub fn our_app(&self) -> Act<&App> {
        self.apps.get(&self.our_app).ok_or_else(Refused::not_found)
    }

    /// A person or bot by login, whatever the case of its letters.
    pub fn user(&self, login: &str) -> Act<&User> {
        self.users.values().find(|u| u.login.eq_ignore_ascii_case(login)).ok_or_else(Refused::not_found)
    }

    /// The id behind a login.
    pub fn user_id(&self, login: &str) -> Act<i64> {
        Ok(self.user(login)?.id)
    }

    /// An organisation by login.
    pub fn organization(&self, login: &str) -> Act<&Organization> {
        let found = self.organizations.values().find(|o| o.login.eq_ignore_ascii_case(login));
        found.ok_or_else(Refused::not_found)
    }

    /// A team by its organisation's login and its slug.
    pub fn team(&self, organization: &str, slug: &str) -> Act<&Team> {
        let owner = self.organization(organization)?.id;
        let found = self.teams.values().find(|t| t.organization == owner && t.slug == slug);
        found.ok_or_else(Refused::not_found)
    }

    /// A repository by `owner/name`.
    pub fn repo(&self, full_name: &str) -> Act<&Repo> {
        let id = self.repo_id(full_name)?;
        self.repos.get(&id).ok_or_else(Refused::not_found)
    }

    /// A repository by `owner/name`, to change it.
    pub fn repo_mut(&mut self, full_name: &str) -> Act<&mut Repo> {
        let id = self.repo_id(full_name)?;
        self.repos.get_mut(&id).ok_or_else(Refused::not_found)
    }

    /// The id behind an `owner/name`; not behind a name it had once.
    pub fn repo_id(&self, full_name: &str) -> Act<i64> {
        let found = self.repos.values().find(|r| r.full_name(self).eq_ignore_ascii_case(full_name));
        found.map(|r| r.id).ok_or_else(Refused::not_found)
    }

    /// A repository by id.
    pub fn repo_by_id(&self, id: i64) -> Act<&Repo> {
        self.repos.get(&id).ok_or_else(Refused::not_found)
    }

    /// A repository by id, to change it.
    pub fn repo_by_id_mut(&mut self, id: i64) -> Act<&mut Repo> {
        self.repos.get_mut(&id).ok_or_else(Refused::not_found)
    }

    /// What an account, organisation or person, is called.
    pub fn account_login(&self, id: i64) -> &str {
        let organization = self.organizations.get(&id).map(|o| o.login.as_str());
        organization.or_else(|| self.users.get(&id).map(|u| u.login.as_str())).unwrap_or("ghost")
    }
}
