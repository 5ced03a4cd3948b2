//! Issues, comments and reactions.

use serde_json::json;

use super::Who;
use crate::comments::{BODY_LIMIT, Comment, Issue, REACTIONS, Reaction};
use crate::refused::{Act, Refused};
use crate::repo::Role;
use crate::state::State;

impl State {
    /// Opens an issue and gives its number.
    pub fn open_issue(&mut self, repo: i64, who: Who, title: &str, body: &str) -> Act<i64> {
        self.demand(repo, who, Role::Read)?;
        let number = self.new_issue(repo, who.user, title, body)?;
        let shown = self.show_issue(self.repo_by_id(repo)?, self.repo_by_id(repo)?.issue(number)?);
        self.emit(repo, "issues", Some("opened"), who, json!({"issue": shown}));
        Ok(number)
    }

    /// The part of opening that issues and pull requests share.
    pub(super) fn new_issue(&mut self, repo: i64, user: i64, title: &str, body: &str) -> Act<i64> {
        let (id, now) = (self.fresh_id(), self.now());
        let repo = self.repo_by_id_mut(repo)?;
        let number = repo.fresh_number();
        let issue = Issue {
            id,
            number,
            title: title.to_owned(),
            body: body.to_owned(),
            user,
            locked: false,
            created_at: now,
            updated_at: now,
            closed_at: None,
        };
        repo.issues.insert(number, issue);
        Ok(number)
    }

    /// Comments and gives the comment's id.
    pub fn comment(&mut self, repo: i64, who: Who, number: i64, body: &str) -> Act<i64> {
        self.demand(repo, who, Role::Read)?;
        check_body(body)?;
        if self.repo_by_id(repo)?.issue(number)?.locked {
            self.demand(repo, who, Role::Write)
                .map_err(|_| Refused::forbidden("Unable to create comment because issue is locked."))?;
        }
        let (id, now) = (self.fresh_id(), self.now());
        let comment = Comment {
            id,
            number,
            user: who.user,
            app: who.app,
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
            reactions: Vec::new(),
        };
        self.repo_by_id_mut(repo)?.comments.insert(id, comment);
        self.tell_comment(repo, who, id, "created", None)?;
        Ok(id)
    }

    /// Edits a comment: one's own, or, with write, anybody's.
    pub fn edit_comment(&mut self, repo: i64, who: Who, id: i64, body: &str) -> Act<()> {
        self.may_change_comment(repo, who, id)?;
        check_body(body)?;
        let now = self.now();
        let comment = self.repo_by_id_mut(repo)?.comments.get_mut(&id).ok_or_else(Refused::not_found)?;
        let old = std::mem::replace(&mut comment.body, body.to_owned());
        comment.updated_at = now;
        self.tell_comment(repo, who, id, "edited", Some(&old))
    }

    /// Deletes a comment: one's own, or, with write, anybody's.
    pub fn delete_comment(&mut self, repo: i64, who: Who, id: i64) -> Act<()> {
        self.may_change_comment(repo, who, id)?;
        self.tell_comment(repo, who, id, "deleted", None)?;
        self.repo_by_id_mut(repo)?.comments.remove(&id);
        Ok(())
    }

    fn may_change_comment(&self, repo: i64, who: Who, id: i64) -> Act<()> {
        let comment = self.repo_by_id(repo)?.comments.get(&id).ok_or_else(Refused::not_found)?;
        if comment.user == who.user { Ok(()) } else { self.demand(repo, who, Role::Write) }
    }

    fn tell_comment(&mut self, repo: i64, who: Who, id: i64, action: &str, old: Option<&str>) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let comment = here.comments.get(&id).ok_or_else(Refused::not_found)?;
        let issue = self.show_issue(here, here.issue(comment.number)?);
        let mut payload = json!({"issue": issue, "comment": self.show_comment(here, comment)});
        if let (Some(old), Some(fields)) = (old, payload.as_object_mut()) {
            fields.insert("changes".to_owned(), json!({"body": {"from": old}}));
        }
        self.emit(repo, "issue_comment", Some(action), who, payload);
        Ok(())
    }

    /// Reacts to a comment; gives the reaction and whether it is new.
    pub fn react(&mut self, repo: i64, who: Who, comment: i64, content: &str) -> Act<(Reaction, bool)> {
        self.demand(repo, who, Role::Read)?;
        if !REACTIONS.contains(&content) {
            return Err(Refused::validation("Reaction", "content", "content is not a known reaction"));
        }
        let (id, now) = (self.fresh_id(), self.now());
        let found = self.repo_by_id_mut(repo)?.comments.get_mut(&comment).ok_or_else(Refused::not_found)?;
        if let Some(there) = found.reactions.iter().find(|r| r.user == who.user && r.content == content) {
            return Ok((there.clone(), false));
        }
        let reaction = Reaction { id, user: who.user, content: content.to_owned(), created_at: now };
        found.reactions.push(reaction.clone());
        Ok((reaction, true))
    }

    /// Takes one's own reaction back.
    pub fn unreact(&mut self, repo: i64, who: Who, comment: i64, id: i64) -> Act<()> {
        let found = self.repo_by_id_mut(repo)?.comments.get_mut(&comment).ok_or_else(Refused::not_found)?;
        let at = found.reactions.iter().position(|r| r.id == id && r.user == who.user);
        found.reactions.remove(at.ok_or_else(Refused::not_found)?);
        Ok(())
    }
}

fn check_body(body: &str) -> Act<()> {
    if body.trim().is_empty() {
        return Err(Refused::validation("IssueComment", "body", "body can't be blank"));
    }
    if body.chars().count() > BODY_LIMIT {
        let message = format!("body is too long (maximum is {BODY_LIMIT} characters)");
        return Err(Refused {
            message: format!("Validation Failed: Body is too long (maximum is {BODY_LIMIT} characters)"),
            ..Refused::validation("IssueComment", "body", &message)
        });
    }
    Ok(())
}
