//! The texts of policies, by the hash git gives them, so that a decision can be replayed without GitHub.

use crate::db::{Conn, Error, Result, on};
use crate::ids::BlobSha;
use crate::policy::PolicyText;

/// Keeps the text under which something is decided, once.
pub async fn keep(conn: &mut Conn, policy: &PolicyText) -> Result<()> {
    let known = on!(conn, executor => sqlx::query_as::<_, (String,)>("SELECT blob FROM policy_text WHERE blob = $1")
        .bind(policy.blob.as_str()).fetch_optional(executor).await)?;
    if known.is_some() {
        return Ok(());
    }
    if !policy.blob.is_of(policy.text.as_bytes()) {
        return Err(Error::impossible("policy_text", &policy.blob, "its text has another hash"));
    }
    on!(conn, executor => sqlx::query("INSERT INTO policy_text (blob, body) VALUES ($1, $2) ON CONFLICT (blob) DO NOTHING")
        .bind(policy.blob.as_str()).bind(policy.text.as_bytes().to_vec())
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The bytes that are kept for this version; whoever uses them checks their hash.
pub async fn find(conn: &mut Conn, blob: &BlobSha) -> Result<Option<Vec<u8>>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>("SELECT body FROM policy_text WHERE blob = $1")
        .bind(blob.as_str()).fetch_optional(executor).await)?;
    Ok(row.map(|(body,)| body))
}
