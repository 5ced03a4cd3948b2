//! Shapes that many of GitHub's answers and payloads share. Only what is used is read.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::clock::Timestamp;
use crate::ids::{Actor, Login, UserId};

/// A person, a bot or an organisation.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Account {
    id: UserId,
    login: Login,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl From<Account> for Actor {
    fn from(account: Account) -> Self {
        Self { id: account.id, login: account.login, bot: account.kind.as_deref() == Some("Bot") }
    }
}

/// An account that may be null, empty or unreadable without spoiling the rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct MaybeAccount(Option<Account>);

impl MaybeAccount {
    pub(crate) fn actor(self) -> Option<Actor> {
        self.0.map(Into::into)
    }
}

impl<'de> Deserialize<'de> for MaybeAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer).map(Self)
    }
}

/// Something of which only the id is used.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WithId {
    pub(crate) id: i64,
}

/// Reads a value that may be missing or of another shape; GitHub sends `{}` where its schema says null.
pub(crate) fn lenient<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_value(serde_json::Value::deserialize(deserializer)?).ok())
}

/// Reads a moment: RFC 3339, or whole seconds since 1970 as some payloads have it.
pub(crate) fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    match Moment::deserialize(deserializer)? {
        Moment::Seconds(seconds) => Ok(Timestamp::from_seconds(seconds)),
        Moment::Text(text) => Timestamp::parse(&text).map_err(D::Error::custom),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Seconds(i64),
    Text(String),
}

/// As [`moment`], or nothing.
pub(crate) fn maybe_moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    struct Wrapped(#[serde(deserialize_with = "moment")] Timestamp);
    Ok(lenient::<Wrapped, D>(deserializer)?.map(|wrapped| wrapped.0))
}
