//! Erasing one person: what the log's commitments to them stood for, and what other tables keep of them.
//!
//! The log itself is not touched and verifies as before. What is needed to go on safely stays, and is told.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::audit::{Disclosure, Erased, Kind, Source};
use crate::clock::Timestamp;
use crate::comment::Answer;
use crate::db::{Conn, Db, Error, NewEntry, Result, Tx, evidence, inbox, judgement, on};
use crate::effect::Effect;
use crate::ids::{Actor, Login, UserId};
use crate::promotion::{Promotion, State};

/// How many rows are read at once.
const PAGE: i64 = 500;
/// Who stands where an erased person stood, as GitHub itself shows deleted accounts.
const GHOST: &str = "ghost";

/// What was erased, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Which entry tells of it.
    pub index: u64,
    /// What is gone.
    pub erased: Erased,
    /// What stays, and why.
    pub stays: Stays,
}

/// What still tells of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stays {
    /// Promotions that have not ended, with their votes.
    pub open_promotions: u64,
    /// Deliveries and effects that were not handled yet.
    pub unfinished: u64,
    /// Commits and heads beside which the number of the account that pushed, opened or merged them stands.
    pub pushes: u64,
    /// Versions of policies that name the login.
    pub policies: u64,
}

/// A person, by the number of their account and every login that we know it had.
#[derive(Debug, Clone)]
struct Person {
    id: UserId,
    logins: BTreeSet<String>,
}

impl Db {
    /// Erases a person, and rewrites the tables so that nothing is left in their unused space.
    ///
    /// # Errors
    /// When the reason names the person, or the database fails.
    pub async fn redact(&self, subject: UserId, reason: String, now: Timestamp) -> Result<Erasure> {
        let erasure =
            self.write(move |tx| Box::pin(async move { redact(tx, subject, &reason, now).await })).await?;
        self.rewrite().await?;
        Ok(erasure)
    }

    /// A deleted row stays in its file until something is written over it.
    async fn rewrite(&self) -> Result<()> {
        let mut conn = self.pools.write().await?;
        let statements: &[&'static str] = match &conn {
            Conn::Sqlite(_) => &["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"],
            Conn::Postgres(_) => &[
                "VACUUM FULL disclosure",
                "VACUUM FULL evidence",
                "VACUUM FULL delivery",
                "VACUUM FULL promotion",
                "VACUUM FULL vote",
                "VACUUM FULL head",
                "VACUUM FULL push",
                "VACUUM FULL introduced",
                "VACUUM FULL answer",
                "VACUUM FULL effect",
                "VACUUM FULL notice",
                "VACUUM FULL waiver",
                "VACUUM FULL judgement",
                "VACUUM FULL repository",
                "VACUUM FULL former_name",
            ],
        };
        for statement in statements {
            on!(&mut conn, executor => sqlx::raw_sql(*statement).execute(executor).await.map(|_| ()))?;
        }
        Ok(())
    }
}

async fn redact(tx: &mut Tx, subject: UserId, reason: &str, now: Timestamp) -> Result<Erasure> {
    let (person, entries) = known(tx.conn().await?, subject).await?;
    if person.is_named_in(reason) || person.is_numbered_in(reason) {
        return Err(Error::Log("the reason names the person who is to be erased: say it without".to_owned()));
    }
    let (mut erased, mut stays) = (Erased::default(), Stays::default());
    erased.disclosures = disclosures(tx.conn().await?, &person, &entries).await?;
    erased.evidence = facts(tx.conn().await?, &person).await?;
    promotions(tx.conn().await?, &person, &mut erased, &mut stays).await?;
    pushes(tx.conn().await?, &person, &mut erased, &mut stays).await?;
    answers(tx.conn().await?, &person, &mut erased).await?;
    deliveries(tx.conn().await?, &person, &mut erased, &mut stays).await?;
    effects(tx.conn().await?, &person, &mut erased, &mut stays).await?;
    notices(tx.conn().await?, &person, &mut erased).await?;
    waivers(tx.conn().await?, &person, &mut erased).await?;
    judgements(tx.conn().await?, &person, &mut erased).await?;
    repositories(tx.conn().await?, &person, &mut erased).await?;
    stays.policies = policies(tx.conn().await?, &person).await?;
    let entry = NewEntry::new(Kind::ErasurePerformed, now, Source::internal("operator"));
    let index = tx.append(entry.erased(erased).reason(Some(reason))).await?;
    Ok(Erasure { index, erased, stays })
}

type Place = (i64, i64, String);

/// Every login the account had, and the entries in which it took part.
async fn known(conn: &mut Conn, subject: UserId) -> Result<(Person, BTreeSet<(i64, i64)>)> {
    let mut person = Person { id: subject, logins: BTreeSet::new() };
    let mut entries = BTreeSet::new();
    let mut after: Place = (-1, -1, String::new());
    loop {
        let page = disclosures_after(conn, &after).await?;
        let Some((log, idx, commitment, ..)) = page.last() else { break };
        after = (*log, *idx, commitment.clone());
        for (log, idx, _, _, text) in page {
            let claim = text.parse::<Disclosure>().and_then(|disclosure| disclosure.claim());
            if let Ok((_, value)) = claim
                && let Some((id, login)) = account(&value)
                && id == subject
            {
                entries.insert((log, idx));
                person.also(Some(login));
            }
        }
    }
    for sql in [
        "SELECT DISTINCT login FROM vote WHERE voter = $1",
        "SELECT DISTINCT login FROM head WHERE pusher = $1",
        "SELECT DISTINCT login FROM push WHERE pusher = $1",
        "SELECT DISTINCT login FROM introduced WHERE pusher = $1",
        "SELECT DISTINCT author_login FROM introduced WHERE author = $1",
        "SELECT DISTINCT merged_by_login FROM introduced WHERE merged_by = $1",
        "SELECT DISTINCT enqueued_by_login FROM introduced WHERE enqueued_by = $1",
        "SELECT DISTINCT login FROM waiver WHERE granted_by = $1",
    ] {
        let rows = on!(conn, executor => sqlx::query_as::<_, (Option<String>,)>(sql)
            .bind(subject.0).fetch_all(executor).await)?;
        for (login,) in rows {
            person.also(login.as_deref());
        }
    }
    Ok((person, entries))
}

/// The account that a claim is about. A newer version may name people in other claims than `actor`.
fn account(value: &Value) -> Option<(UserId, &str)> {
    Some((UserId(value.get("id")?.as_i64()?), value.get("login")?.as_str()?))
}

type StoredDisclosure = (i64, i64, String, String, String);

async fn disclosures_after(conn: &mut Conn, (log, idx, commitment): &Place) -> Result<Vec<StoredDisclosure>> {
    Ok(on!(conn, executor => sqlx::query_as::<_, StoredDisclosure>(
        "SELECT log, idx, commitment, name, text FROM disclosure WHERE (log, idx, commitment) > ($1, $2, $3) \
         ORDER BY log, idx, commitment LIMIT $4")
        .bind(*log).bind(*idx).bind(commitment.clone()).bind(PAGE).fetch_all(executor).await)?)
}

/// Who they are, and what they or others about them gave as reasons and parameters.
async fn disclosures(conn: &mut Conn, person: &Person, entries: &BTreeSet<(i64, i64)>) -> Result<u64> {
    let (mut erased, mut after): (u64, Place) = (0, (-1, -1, String::new()));
    loop {
        let page = disclosures_after(conn, &after).await?;
        let Some((log, idx, commitment, ..)) = page.last() else { return Ok(erased) };
        after = (*log, *idx, commitment.clone());
        for (log, idx, commitment, name, text) in page {
            let claim = text.parse::<Disclosure>().and_then(|disclosure| disclosure.claim());
            let claim = claim.ok().map(|(_, value)| value);
            let about = claim.as_ref().is_some_and(|value| person.is_in(value));
            let of_other = name == "actor" || claim.as_ref().and_then(account).is_some();
            if about || (!of_other && entries.contains(&(log, idx))) {
                erased += on!(&mut *conn, executor => sqlx::query(
                    "DELETE FROM disclosure WHERE log = $1 AND idx = $2 AND commitment = $3")
                    .bind(log).bind(idx).bind(commitment)
                    .execute(executor).await.map(|done| done.rows_affected()))?;
            }
        }
    }
}

/// The facts that tell of them; `audit replay` then says that they are redacted.
async fn facts(conn: &mut Conn, person: &Person) -> Result<u64> {
    let (mut erased, mut after) = (0, Vec::new());
    loop {
        let page = on!(&mut *conn, executor => sqlx::query_as::<_, (Vec<u8>, Vec<u8>)>(
            "SELECT digest, body FROM evidence WHERE digest > $1 ORDER BY digest LIMIT $2")
            .bind(after.clone()).bind(PAGE).fetch_all(executor).await)?;
        let Some((last, _)) = page.last() else { return Ok(erased) };
        after.clone_from(last);
        for (digest, body) in page {
            if evidence::unpack(&body).is_some_and(|facts| person.is_in_json(&facts)) {
                erased += on!(&mut *conn, executor => sqlx::query("DELETE FROM evidence WHERE digest = $1")
                    .bind(digest).execute(executor).await.map(|done| done.rows_affected()))?;
            }
        }
    }
}

/// Ended promotions forget who took part. In open ones it still decides what may happen.
async fn promotions(conn: &mut Conn, person: &Person, erased: &mut Erased, stays: &mut Stays) -> Result<()> {
    let mut after = (i64::MIN, i64::MIN);
    loop {
        let page = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, i64, String)>(
            "SELECT repo, number, document FROM promotion WHERE (repo, number) > ($1, $2) ORDER BY repo, number LIMIT $3")
            .bind(after.0).bind(after.1).bind(PAGE).fetch_all(executor).await)?;
        let Some((repo, number, _)) = page.last() else { break };
        after = (*repo, *number);
        for (repo, number, document) in page {
            let promotion: Promotion =
                serde_json::from_str(&document).map_err(|why| Error::impossible("promotion", number, why))?;
            if promotion.state.is_open() {
                stays.open_promotions += u64::from(person.is_in_json(document.as_bytes()));
                continue;
            }
            let without = person.out_of(promotion.clone());
            if without != promotion {
                let document = serde_json::to_string(&without)
                    .map_err(|why| Error::impossible("promotion", number, why))?;
                erased.rows += on!(&mut *conn, executor => sqlx::query(
                    "UPDATE promotion SET document = $3, requester = $4 WHERE repo = $1 AND number = $2")
                    .bind(repo).bind(number).bind(document).bind(without.tuple.requester.id.0)
                    .execute(executor).await.map(|done| done.rows_affected()))?;
            }
        }
    }
    erased.rows += on!(conn, executor => sqlx::query(
        "DELETE FROM vote WHERE voter = $1 AND NOT EXISTS (SELECT 1 FROM promotion p WHERE p.repo = vote.repo \
         AND p.number = vote.promotion AND p.state IN ('blocked', 'awaiting_approval', 'approved', 'deploying', 'verifying'))")
        .bind(person.id.0).execute(executor).await.map(|done| done.rows_affected()))?;
    Ok(())
}

/// Nobody may approve what they pushed or brought: the account's number stays, and its login goes.
async fn pushes(conn: &mut Conn, person: &Person, erased: &mut Erased, stays: &mut Stays) -> Result<()> {
    for (forget, count) in [
        (
            "UPDATE head SET login = $2 WHERE pusher = $1 AND login <> $2",
            "SELECT COUNT(*) FROM head WHERE pusher = $1",
        ),
        (
            "UPDATE push SET login = $2 WHERE pusher = $1 AND login <> $2",
            "SELECT COUNT(*) FROM push WHERE pusher = $1",
        ),
        (
            "UPDATE introduced SET login = $2 WHERE pusher = $1 AND login <> $2",
            "SELECT COUNT(*) FROM introduced WHERE pusher = $1",
        ),
        (
            "UPDATE introduced SET author_login = $2 WHERE author = $1 AND author_login <> $2",
            "SELECT COUNT(*) FROM introduced WHERE author = $1",
        ),
        (
            "UPDATE introduced SET merged_by_login = $2 WHERE merged_by = $1 AND merged_by_login <> $2",
            "SELECT COUNT(*) FROM introduced WHERE merged_by = $1",
        ),
        (
            "UPDATE introduced SET enqueued_by_login = $2 WHERE enqueued_by = $1 AND enqueued_by_login <> $2",
            "SELECT COUNT(*) FROM introduced WHERE enqueued_by = $1",
        ),
    ] {
        erased.rows += on!(&mut *conn, executor => sqlx::query(forget).bind(person.id.0).bind(GHOST)
            .execute(executor).await.map(|done| done.rows_affected()))?;
        let (count,) = on!(&mut *conn, executor => sqlx::query_as::<_, (i64,)>(count).bind(person.id.0)
            .fetch_one(executor).await)?;
        stays.pushes += count.unsigned_abs();
    }
    Ok(())
}

/// The last things they asked, and what was said to others about them.
async fn answers(conn: &mut Conn, person: &Person, erased: &mut Erased) -> Result<()> {
    let rows = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, i64, i64, String)>(
        "SELECT repo, subject, seq, document FROM answer").fetch_all(executor).await)?;
    for (repo, subject, seq, document) in rows {
        let answer: Answer =
            serde_json::from_str(&document).map_err(|why| Error::impossible("answer", subject, why))?;
        let texts = [answer.asker.as_str(), &answer.asked, &answer.markdown];
        if texts.into_iter().any(|text| person.is_named_in(text)) {
            erased.rows += on!(&mut *conn, executor => sqlx::query(
                "DELETE FROM answer WHERE repo = $1 AND subject = $2 AND seq = $3")
                .bind(repo).bind(subject).bind(seq)
                .execute(executor).await.map(|done| done.rows_affected()))?;
        }
    }
    Ok(())
}

/// What GitHub told us and was handled. That it came stays known, so that it is not handled again.
async fn deliveries(conn: &mut Conn, person: &Person, erased: &mut Erased, stays: &mut Stays) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let page = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, Vec<u8>, String, Option<String>)>(
            "SELECT seq, body, state, error FROM delivery WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(after).bind(PAGE).fetch_all(executor).await)?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        for (seq, body, state, error) in page {
            let told = evidence::unpack(&body).is_some_and(|body| person.is_in_json(&body));
            if !told && !error.is_some_and(|error| person.is_named_in(&error)) {
                continue;
            }
            if state == "waiting" {
                stays.unfinished += 1;
                continue;
            }
            erased.rows += on!(&mut *conn, executor => sqlx::query(
                "UPDATE delivery SET body = $2, error = NULL WHERE seq = $1").bind(seq).bind(inbox::pack(b"{}"))
                .execute(executor).await.map(|done| done.rows_affected()))?;
        }
    }
}

/// What was asked of GitHub, such as a status that says who cancelled.
async fn effects(conn: &mut Conn, person: &Person, erased: &mut Erased, stays: &mut Stays) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let page = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, String, String, Option<String>)>(
            "SELECT seq, document, state, error FROM effect WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(after).bind(PAGE).fetch_all(executor).await)?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        for (seq, document, state, error) in page {
            let said = error.as_deref().is_some_and(|error| person.is_named_in(error));
            if !said && !person.is_named_in(&document) {
                continue;
            }
            if state == "waiting" {
                stays.unfinished += 1;
                continue;
            }
            let document = effect_without(person, seq, &document)?;
            erased.rows += on!(&mut *conn, executor => sqlx::query(
                "UPDATE effect SET document = $2, error = CASE WHEN $3 = 1 THEN NULL ELSE error END WHERE seq = $1")
                .bind(seq).bind(document).bind(i64::from(said))
                .execute(executor).await.map(|done| done.rows_affected()))?;
        }
    }
}

fn effect_without(person: &Person, seq: i64, document: &str) -> Result<String> {
    let broken = |why| Error::impossible("effect", seq, why);
    let effect = match serde_json::from_str(document).map_err(broken)? {
        Effect::SetDeploymentStatus { deployment, state, description } => {
            let description = person.out_of_text(&description);
            Effect::SetDeploymentStatus { deployment, state, description }
        }
        other @ (Effect::CreateDeployment | Effect::DispatchWorkflow { .. } | Effect::CancelRun { .. }) => {
            other
        }
    };
    serde_json::to_string(&effect).map_err(broken)
}

/// What GitHub said when something could not be told.
async fn notices(conn: &mut Conn, person: &Person, erased: &mut Erased) -> Result<()> {
    let rows = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, String, String)>(
        "SELECT repo, key, error FROM notice WHERE error IS NOT NULL").fetch_all(executor).await)?;
    for (repo, key, error) in rows {
        if person.is_named_in(&error) {
            erased.rows += on!(&mut *conn, executor => sqlx::query(
                "UPDATE notice SET error = NULL WHERE repo = $1 AND key = $2").bind(repo).bind(key)
                .execute(executor).await.map(|done| done.rows_affected()))?;
        }
    }
    Ok(())
}

/// What they let through stays so until its day; who did, and in which words, does not.
async fn waivers(conn: &mut Conn, person: &Person, erased: &mut Erased) -> Result<()> {
    erased.rows += on!(&mut *conn, executor => sqlx::query(
        "UPDATE waiver SET granted_by = 0, login = $2, reason = '' WHERE granted_by = $1")
        .bind(person.id.0).bind(GHOST)
        .execute(executor).await.map(|done| done.rows_affected()))?;
    let rows = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, String, String, String)>(
        "SELECT repo, finding, only_in, reason FROM waiver").fetch_all(executor).await)?;
    for (repo, finding, only, reason) in rows {
        if person.is_named_in(&reason) {
            erased.rows += on!(&mut *conn, executor => sqlx::query(
                "UPDATE waiver SET reason = $4 WHERE repo = $1 AND finding = $2 AND only_in = $3")
                .bind(repo).bind(finding).bind(only).bind(person.out_of_text(&reason))
                .execute(executor).await.map(|done| done.rows_affected()))?;
        }
    }
    Ok(())
}

/// What names them in a judgement was taken from elsewhere. It is made anew when the commit is judged again.
async fn judgements(conn: &mut Conn, person: &Person, erased: &mut Erased) -> Result<()> {
    let mut after = (i64::MIN, String::new());
    loop {
        let page = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, String, Vec<u8>)>(
            "SELECT repo, commit_sha, document FROM judgement WHERE (repo, commit_sha) > ($1, $2) \
             ORDER BY repo, commit_sha LIMIT $3")
            .bind(after.0).bind(after.1.clone()).bind(PAGE).fetch_all(executor).await)?;
        let Some((repo, commit, _)) = page.last() else { return Ok(()) };
        after = (*repo, commit.clone());
        for (repo, commit, document) in page {
            // One that cannot be read may name anybody.
            if judgement::json(&document).map_or(true, |json| person.is_in_json(&json)) {
                erased.rows += on!(&mut *conn, executor => sqlx::query(
                    "DELETE FROM judgement WHERE repo = $1 AND commit_sha = $2").bind(repo).bind(commit)
                    .execute(executor).await.map(|done| done.rows_affected()))?;
            }
        }
    }
}

/// What was wrong with a policy may name them, and so may the account that a repository once belonged to. What a
/// repository is called now is needed to find it.
async fn repositories(conn: &mut Conn, person: &Person, erased: &mut Erased) -> Result<()> {
    let rows = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT id, policy_error FROM repository WHERE policy_error IS NOT NULL").fetch_all(executor).await)?;
    for (id, error) in rows {
        if person.is_named_in(&error) {
            erased.rows += on!(&mut *conn, executor => sqlx::query(
                "UPDATE repository SET policy_error = $2 WHERE id = $1").bind(id).bind(person.out_of_text(&error))
                .execute(executor).await.map(|done| done.rows_affected()))?;
        }
    }
    for login in &person.logins {
        erased.rows += on!(&mut *conn, executor => sqlx::query(
            "DELETE FROM former_name WHERE LOWER(owner) = $1").bind(login)
            .execute(executor).await.map(|done| done.rows_affected()))?;
    }
    Ok(())
}

async fn policies(conn: &mut Conn, person: &Person) -> Result<u64> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>("SELECT body FROM policy_text")
        .fetch_all(executor).await)?;
    let naming = rows.iter().filter(|(body,)| person.is_named_in(&String::from_utf8_lossy(body)));
    Ok(u64::try_from(naming.count()).unwrap_or(u64::MAX))
}

impl Person {
    fn also(&mut self, login: Option<&str>) {
        let login = login.map(str::to_ascii_lowercase).filter(|login| login != GHOST);
        self.logins.extend(login);
    }

    fn is_in_json(&self, bytes: &[u8]) -> bool {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(value) => self.is_in(&value),
            Err(_) => self.is_named_in(&String::from_utf8_lossy(bytes)),
        }
    }

    /// Whether anything in it has their account's number as its id, or any text names them.
    fn is_in(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_named_in(text),
            Value::Array(list) => list.iter().any(|one| self.is_in(one)),
            Value::Object(fields) => {
                fields.get("id").and_then(Value::as_i64) == Some(self.id.0)
                    || fields.values().any(|one| self.is_in(one))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn is_named_in(&self, text: &str) -> bool {
        text.split(ends_login).any(|word| self.is_login(word))
    }

    fn is_numbered_in(&self, text: &str) -> bool {
        let number = self.id.to_string();
        text.split(|letter: char| !letter.is_ascii_digit()).any(|digits| digits == number)
    }

    fn is_login(&self, word: &str) -> bool {
        self.logins.contains(&word.to_ascii_lowercase())
    }

    /// The text with `ghost` for each of their logins.
    fn out_of_text(&self, text: &str) -> String {
        let pieces = text.split_inclusive(ends_login).map(|piece| {
            let word = piece.trim_end_matches(ends_login);
            if self.is_login(word) { piece.replacen(word, GHOST, 1) } else { piece.to_owned() }
        });
        pieces.collect()
    }

    fn out_of_actor(&self, actor: &mut Actor) {
        if actor.id == self.id || self.is_login(actor.login.as_str()) {
            actor.id = UserId(0);
            if let Ok(ghost) = GHOST.parse::<Login>() {
                actor.login = ghost;
            }
        }
    }

    fn out_of(&self, mut promotion: Promotion) -> Promotion {
        if promotion.tuple.requester.id == self.id {
            promotion.reason = None;
            promotion.tuple.parameters.clear();
            promotion.deploy.inputs.clear();
        }
        self.out_of_actor(&mut promotion.tuple.requester);
        promotion.reason = promotion.reason.map(|reason| self.out_of_text(&reason));
        for text in promotion.tuple.parameters.values_mut().chain(promotion.deploy.inputs.values_mut()) {
            *text = self.out_of_text(text);
        }
        for requirement in &mut promotion.requirements {
            requirement.title = self.out_of_text(&requirement.title);
            requirement.sentence = self.out_of_text(&requirement.sentence);
            requirement.who = requirement.who.take().map(|who| self.out_of_text(&who));
        }
        match &mut promotion.state {
            State::Rejected { by, .. } | State::Cancelled { by, .. } => self.out_of_actor(by),
            State::Failed { sentence, .. } | State::Superseded { sentence, .. } => {
                *sentence = self.out_of_text(sentence);
            }
            State::Deploying { cancelling, .. } => cancelling.iter_mut().for_each(|by| self.out_of_actor(by)),
            State::Blocked
            | State::AwaitingApproval
            | State::Approved { .. }
            | State::Succeeded { .. }
            | State::Expired { .. } => {}
        }
        promotion
    }
}

/// Logins are made of letters, digits, hyphens and underscores.
fn ends_login(letter: char) -> bool {
    !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '[' | ']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Person {
        Person { id: UserId(7), logins: BTreeSet::from(["alice".to_owned(), "alice-2".to_owned()]) }
    }

    #[test]
    fn a_login_is_a_word_of_its_own() {
        for named in
            ["alice", "by @Alice.", "(alice-2)", "alice@example.com", "a\nALICE\nb", "https://x/alice?y"]
        {
            assert!(alice().is_named_in(named), "{named}");
            assert!(!alice().is_named_in(&alice().out_of_text(named)), "{named}");
        }
        for other in ["", "malice", "alice-3", "alices", "alice_"] {
            assert!(!alice().is_named_in(other), "{other}");
            assert_eq!(alice().out_of_text(other), other);
        }
        assert_eq!(alice().out_of_text("@alice, and ALICE-2: bob"), "@ghost, and ghost: bob");
    }

    #[test]
    fn a_person_is_found_by_number_and_by_name() {
        for told in [r#"{"a":[{"id":7}]}"#, r#"{"a":"by alice"}"#, "not JSON, of alice"] {
            assert!(alice().is_in_json(told.as_bytes()), "{told}");
        }
        for other in [r#"{"id":77,"run":7}"#, r#"["7"]"#] {
            assert!(!alice().is_in_json(other.as_bytes()), "{other}");
        }
    }
}
