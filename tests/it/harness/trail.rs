//! What people and the log say, as text to compare with.

use countersign::audit::{Decoded, OpenEnum};
use countersign::db::audit::entries_from;
use countersign::github::fake::seed;

use super::{SHOP, Scenario};

impl Scenario {
    /// The log, one line per entry: what, about which promotion, and how it ended.
    pub async fn trail(&self) -> Vec<String> {
        let mut conn = self.app.db.read().await.unwrap();
        let entries = entries_from(&mut conn, 0, 10_000).await.unwrap();
        entries.iter().map(|stored| line(&Decoded::parse(&stored.body).unwrap())).collect()
    }

    /// The kinds of entries about one promotion, in order.
    pub async fn story_of(&self, promotion: &str) -> Vec<String> {
        let prefix = format!("{promotion} ");
        let lines = self.trail().await;
        lines.into_iter().filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned)).collect()
    }

    /// The bot's one comment on pull request 1.
    pub fn reply(&self) -> String {
        self.reply_on(1)
    }

    /// The bot's one comment on an issue or pull request.
    pub fn reply_on(&self, number: i64) -> String {
        let replies = self.replies_on(number);
        assert_eq!(replies.len(), 1, "one status comment on #{number}: {replies:#?}");
        replies.into_iter().next().unwrap()
    }

    /// Everything the bot wrote on an issue or pull request.
    pub fn replies_on(&self, number: i64) -> Vec<String> {
        self.fake.with_state(|state| {
            let repo = state.repo(SHOP).unwrap();
            let comments = repo
                .comments
                .values()
                .filter(|comment| comment.number == number && comment.app == Some(seed::APP));
            comments.map(|comment| comment.body.clone()).collect()
        })
    }

    /// The reactions the bot gave to a comment, in order.
    pub fn reactions(&self, comment: i64) -> Vec<String> {
        self.fake.with_state(|state| {
            let comment = &state.repo(SHOP).unwrap().comments[&comment];
            comment.reactions.iter().map(|reaction| reaction.content.clone()).collect()
        })
    }

    /// Our check runs: name, status and conclusion, title.
    pub fn checks(&self) -> Vec<String> {
        self.fake.with_state(|state| {
            let runs = state.repo(SHOP).unwrap().checks.values();
            runs.filter(|run| run.name.starts_with("countersign/"))
                .map(|run| {
                    let standing = run.conclusion.as_deref().unwrap_or(&run.status);
                    format!("{} {standing}: {}", run.name, run.title.as_deref().unwrap_or_default())
                })
                .collect()
        })
    }

    /// The deployments to an environment: the state each is in, oldest first.
    pub fn deployments(&self, environment: &str) -> Vec<String> {
        self.fake.with_state(|state| {
            let deployments = state.repo(SHOP).unwrap().deployments.values();
            deployments
                .filter(|deployment| deployment.environment == environment)
                .map(|deployment| {
                    deployment.latest().map_or("none".to_owned(), |status| status.state.clone())
                })
                .collect()
        })
    }

    /// The dispatched workflow runs, oldest first.
    pub fn dispatched(&self) -> Vec<i64> {
        self.fake.with_state(|state| {
            let runs = state.repo(SHOP).unwrap().runs.values();
            runs.filter(|run| run.event == "workflow_dispatch").map(|run| run.id).collect()
        })
    }

    /// The dispatched workflow run that has not ended.
    pub fn running(&self) -> Option<i64> {
        self.fake.with_state(|state| {
            let mut runs = state.repo(SHOP).unwrap().runs.values();
            runs.find(|run| run.event == "workflow_dispatch" && !run.is_completed()).map(|run| run.id)
        })
    }

    /// The head of pull request 1.
    pub fn head(&self) -> String {
        self.fake.with_state(|state| state.repo(SHOP).unwrap().pull(1).unwrap().head_sha.clone())
    }
}

fn line(decoded: &Decoded) -> String {
    let entry = &decoded.entry;
    let promotion = entry.promotion.map_or("-".to_owned(), |number| number.to_string());
    let mut line = format!("{promotion} {}", entry.kind.as_str());
    if let Some(effect) = &entry.effect {
        line = format!("{line} {effect}");
    }
    if let Some(outcome) = &entry.outcome {
        let code = outcome.code.as_deref().unwrap_or_default();
        let result = match &outcome.result {
            OpenEnum::Known(result) => format!("{result:?}"),
            OpenEnum::Unknown(word) => word.to_string(),
        };
        line.push_str(&format!(" {result} {code}").to_lowercase());
    }
    line.trim_end().to_owned()
}
