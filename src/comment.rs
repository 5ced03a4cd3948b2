//! x
use crate::{
    clock::*, command::*, ids::*, markdown::*, policy::facts::*, policy::*, promotion::*, requirement::*,
};
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub asker: Login,
    pub asked: String,
    pub markdown: String,
    pub at: Timestamp,
}
pub fn refused(r: &Refusal) -> Markdown {
    Untrusted::new(&r.sentence).inline()
}
pub fn unclear(_: &CommandError) -> Markdown {
    Markdown::new()
}
pub fn opened(_: &Promotion) -> Markdown {
    Markdown::new()
}
pub fn dry_run(_: &EnvironmentName, _: &CommitSha, _: &Decision) -> Markdown {
    Markdown::new()
}
pub fn voted(_: &Promotion, _: Choice) -> Markdown {
    Markdown::new()
}
pub fn cancelled(_: &Promotion) -> Markdown {
    Markdown::new()
}
pub fn status(_: Option<&EnvironmentName>, _: &[Promotion], _: &[Promotion]) -> Markdown {
    Markdown::new()
}
pub fn why(_: &Promotion) -> Markdown {
    Markdown::new()
}
pub fn help(_: Option<CommandName>) -> Markdown {
    Markdown::new()
}
pub struct StatusView<'a> {
    pub repo: &'a Repo,
    pub subject: IssueNumber,
    pub promotions: &'a [Promotion],
    pub live: &'a [Promotion],
    pub answers: &'a [Answer],
    pub web_url: Option<&'a url::Url>,
}
pub fn status_comment(v: &StatusView<'_>) -> String {
    format!("{:#?} {:#?}", v.promotions, v.answers)
}
pub fn marker(_: RepoId, _: IssueNumber) -> String {
    String::new()
}
