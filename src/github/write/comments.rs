//! Comments and reactions.

use http::Method;
use serde_json::json;

use super::{Writer, cut, id_of};
use crate::effect::Reaction;
use crate::github::{Error, path};
use crate::ids::{CommentId, IssueNumber, Repo};

/// The longest comment GitHub takes.
const LONGEST_COMMENT: usize = 65_536;

impl Writer {
    /// Reacts to a comment. The same reaction again changes nothing, so this one may be repeated.
    pub(crate) async fn react(
        &self,
        repo: &Repo,
        comment: CommentId,
        reaction: Reaction,
    ) -> Result<(), Error> {
        let path = format!("{}/issues/comments/{comment}/reactions", path::of(repo));
        self.publish(repo, Method::POST, path, &json!({ "content": reaction.as_str() })).await.map(drop)
    }

    /// Writes a comment on an issue or a pull request.
    pub(crate) async fn create_comment(
        &self,
        repo: &Repo,
        number: IssueNumber,
        body: &str,
    ) -> Result<CommentId, Error> {
        let path = format!("{}/issues/{number}/comments", path::of(repo));
        let answer = self.publish(repo, Method::POST, path, &with_body(body)).await?;
        id_of(&answer).map(CommentId)
    }

    /// Replaces the text of a comment of ours.
    pub(crate) async fn update_comment(
        &self,
        repo: &Repo,
        comment: CommentId,
        body: &str,
    ) -> Result<(), Error> {
        let path = format!("{}/issues/comments/{comment}", path::of(repo));
        self.publish(repo, Method::PATCH, path, &with_body(body)).await.map(drop)
    }
}

fn with_body(body: &str) -> serde_json::Value {
    json!({ "body": cut::markdown(body, LONGEST_COMMENT) })
}
