//! What people do in the stories, and where a promotion stands then.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign::db;
use countersign::github::fake::acts::code::Push;
use countersign::github::fake::seed;
use countersign::ids::{PromotionId, PromotionNumber, RepoId};
use countersign::promotion::{Promotion, State};
use countersign::requirement::Verdict;

use super::{SHOP, Scenario};

/// The policy that every scenario begins with: production takes two approvals of the SRE team.
pub const POLICY: &str = include_str!("../../../crates/github-double/src/seed/countersign.yml");
/// The deployment workflow that every scenario begins with.
pub const CD: &str = include_str!("../../../crates/github-double/src/seed/cd.yml");
/// The branch of pull request 1.
pub const BRANCH: &str = "gift-cards";

/// The policy of every scenario, with one approval instead of two.
pub fn one_approval() -> String {
    POLICY.replace("count: 2", "count: 1")
}

impl Scenario {
    /// The promotion of that number.
    pub async fn promotion(&self, number: i64) -> Promotion {
        self.find_promotion(number).await.unwrap_or_else(|| panic!("there is no p{number}"))
    }

    /// How many promotions were ever asked for here.
    pub async fn promotions(&self) -> i64 {
        let mut count = 0;
        while self.find_promotion(count + 1).await.is_some() {
            count += 1;
        }
        count
    }

    async fn find_promotion(&self, number: i64) -> Option<Promotion> {
        let mut conn = self.app.db.read().await.unwrap();
        let id = PromotionId { repo: RepoId(seed::SHOP), number: PromotionNumber(number) };
        db::promotion::find(&mut conn, id).await.unwrap()
    }

    /// Where a promotion stands, with the code when it did not end well: `superseded: head_moved`.
    pub async fn state(&self, number: i64) -> String {
        let promotion = self.promotion(number).await;
        let name = promotion.state.name();
        match &promotion.state {
            State::Failed { code, .. } | State::Superseded { code, .. } => {
                format!("{name}: {}", code.as_str())
            }
            State::Blocked
            | State::AwaitingApproval
            | State::Approved { .. }
            | State::Deploying { .. }
            | State::Succeeded { .. }
            | State::Rejected { .. }
            | State::Cancelled { .. }
            | State::Expired { .. } => name.to_owned(),
        }
    }

    /// The codes of what does not hold for a promotion.
    pub async fn missing(&self, number: i64) -> Vec<&'static str> {
        let requirements = self.promotion(number).await.requirements;
        let open = requirements.iter().filter(|requirement| requirement.verdict != Verdict::Holds);
        open.map(|requirement| requirement.code.as_str()).collect()
    }

    /// The codes of everything that was refused to people, in order.
    pub async fn refusals(&self) -> Vec<String> {
        let trail = self.trail().await;
        let refused = trail.iter().filter(|line| line.contains(".refused refused "));
        refused.map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
    }

    /// The code of the only thing that was refused.
    pub async fn refusal(&self) -> String {
        let refusals = self.refusals().await;
        assert_eq!(refusals.len(), 1, "one refusal: {refusals:?}");
        refusals.into_iter().next().unwrap()
    }

    /// Somebody pushes a commit to pull request 1, and everything that follows from it happens.
    pub async fn push(&mut self, login: &str, push: &Push) -> String {
        self.advance(Duration::from_secs(2));
        let sha = self.fake.push(SHOP, login, push).unwrap();
        self.settle().await;
        self.advance(Duration::from_secs(2));
        sha
    }

    /// The policy on the default branch becomes this one.
    pub async fn policy(&mut self, text: &str) {
        self.write_to_main(".github/countersign.yml", text).await;
    }

    /// A file on the default branch becomes this one.
    pub async fn write_to_main(&mut self, path: &str, content: &str) {
        self.push("bob", &Push::file("main", "Change it", path, content)).await;
    }

    /// A workflow runs to its end on the head of pull request 1.
    pub async fn ci(&mut self, conclusion: &str) -> i64 {
        let head = self.head();
        let run = self.fake.set_ci(SHOP, "alice", ("ci.yml", &head), conclusion).unwrap();
        self.settle().await;
        self.advance(Duration::from_secs(2));
        run
    }

    /// A commit that CI likes is pushed to pull request 1.
    pub async fn push_green(&mut self, login: &str, push: &Push) -> String {
        let sha = self.push(login, push).await;
        self.ci("success").await;
        sha
    }

    /// Pull request 1 is in staging, and somebody asked for production.
    pub async fn asked_for_production(&mut self, login: &str) {
        self.staged().await;
        self.comment(login, "/promote production").await;
    }

    /// Somebody presses a button of the newest check run for an environment.
    pub async fn press(&mut self, login: &str, environment: &str, identifier: &str) {
        let name = format!("countersign/{environment}");
        let check = self.fake.check_named(SHOP, &self.head(), &name).expect("our check run");
        self.advance(Duration::from_secs(2));
        self.fake.press_button(SHOP, login, check.id, identifier).unwrap();
        self.settle().await;
        self.advance(Duration::from_secs(2));
    }

    /// What a workflow's run was given.
    pub fn inputs(&self, run: i64) -> BTreeMap<String, String> {
        self.fake.with_state(|state| state.repo(SHOP).unwrap().runs[&run].inputs.clone())
    }

    /// How a workflow's run stands: its status, or its conclusion once it has one.
    pub fn run(&self, run: i64) -> String {
        self.fake.with_state(|state| {
            let run = &state.repo(SHOP).unwrap().runs[&run];
            run.conclusion.clone().unwrap_or_else(|| run.status.clone())
        })
    }

    /// Where a branch points.
    pub fn tip(&self, branch: &str) -> String {
        self.fake.with_state(|state| state.repo(SHOP).unwrap().tip(branch).unwrap().to_owned())
    }

    /// Whatever GitHub has to tell gets lost on the way.
    pub fn lose_deliveries(&self) {
        let lost = self.fake.take_deliveries();
        assert!(!lost.is_empty(), "there was something to lose");
    }
}

/// A commit to pull request 1.
pub fn change(message: &str) -> Push {
    Push::file(BRANCH, message, "src/gift-card.js", &format!("// {message}\n"))
}
