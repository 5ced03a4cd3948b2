//! The facts of decisions, by the SHA-256 that their entries name.

use crate::audit::Digest;
use crate::db::{Conn, Result, on, packed};

/// No decision looks at more than this, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What is kept under this digest, packed; none when it was erased or never was.
pub async fn find(conn: &mut Conn, digest: &Digest) -> Result<Option<Vec<u8>>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>("SELECT body FROM evidence WHERE digest = $1")
        .bind(digest.as_bytes().to_vec()).fetch_optional(executor).await)?;
    Ok(row.map(|(body,)| body))
}

/// The facts as they were hashed; none when these bytes were never packed by us.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    packed::unpack(packed, MAX_BYTES).ok()
}
