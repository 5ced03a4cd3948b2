//! Rows of the log that wait to be inserted, many at once.

use sqlx::QueryBuilder;

use crate::audit::{Commitment, Digest, Disclosure, Hash};
use crate::db::{Conn, Result, on};

/// How many rows one statement inserts at most. With up to seven columns this is far from how many values
/// SQLite (32,766) and PostgreSQL (65,535) take.
const AT_ONCE: usize = 64;

/// What was appended and does not stand in the tables yet.
#[derive(Debug, Default)]
pub(in crate::db) struct Rows {
    pub(super) entries: Vec<EntryRow>,
    pub(super) disclosures: Vec<DisclosureRow>,
    pub(super) evidence: Vec<EvidenceRow>,
    pub(super) nodes: Vec<NodeRow>,
}

#[derive(Debug)]
pub(super) struct EntryRow {
    pub(super) idx: i64,
    pub(super) leaf_hash: Hash,
    pub(super) body: Vec<u8>,
    pub(super) kind: &'static str,
    pub(super) repo: Option<i64>,
    pub(super) promotion: Option<i64>,
}

#[derive(Debug)]
pub(super) struct DisclosureRow {
    pub(super) idx: i64,
    pub(super) commitment: Commitment,
    pub(super) name: &'static str,
    pub(super) disclosure: Disclosure,
}

#[derive(Debug)]
pub(super) struct EvidenceRow {
    pub(super) digest: Digest,
    pub(super) body: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct NodeRow {
    pub(super) level: i64,
    pub(super) idx: i64,
    pub(super) hash: Hash,
}

/// Inserts `$rows` into the columns that `$into` names, as `$bind` binds each; `$then` ends the statement.
macro_rules! insert {
    ($conn:expr, $rows:expr, $into:literal, $then:literal, |$values:ident, $row:ident| $bind:expr) => {
        for rows in few_sizes(&$rows) {
            on!($conn, executor => {
                let mut insert = QueryBuilder::new(concat!("INSERT INTO ", $into, " "));
                insert.push_values(rows, |mut $values, $row| { $bind; });
                insert.push($then).build().execute(executor).await.map(drop)
            })?;
        }
    };
}

impl Rows {
    /// Takes over what another one holds, after its own.
    pub(in crate::db) fn append(&mut self, mut later: Self) {
        self.entries.append(&mut later.entries);
        self.disclosures.append(&mut later.disclosures);
        self.evidence.append(&mut later.evidence);
        self.nodes.append(&mut later.nodes);
    }

    /// Inserts them. After an error nobody knows which stand there: the transaction must be given up.
    pub(in crate::db) async fn insert(self, conn: &mut Conn, epoch: u32) -> Result<()> {
        insert!(
            conn,
            self.entries,
            "entry (log, idx, leaf_hash, body, kind, repo, promotion)",
            "",
            |values, row| {
                values
                    .push_bind(i64::from(epoch))
                    .push_bind(row.idx)
                    .push_bind(row.leaf_hash.as_ref())
                    .push_bind(row.body.as_slice())
                    .push_bind(row.kind)
                    .push_bind(row.repo)
                    .push_bind(row.promotion)
            }
        );
        insert!(
            conn,
            self.disclosures,
            "disclosure (log, idx, commitment, name, text)",
            "",
            |values, row| {
                values
                    .push_bind(i64::from(epoch))
                    .push_bind(row.idx)
                    .push_bind(row.commitment.as_str())
                    .push_bind(row.name)
                    .push_bind(row.disclosure.as_str())
            }
        );
        insert!(
            conn,
            self.evidence,
            "evidence (digest, body)",
            " ON CONFLICT (digest) DO NOTHING",
            |values, row| {
                values.push_bind(row.digest.as_bytes().as_slice()).push_bind(row.body.as_slice())
            }
        );
        insert!(conn, self.nodes, "node (log, level, idx, hash)", "", |values, row| {
            values
                .push_bind(i64::from(epoch))
                .push_bind(row.level)
                .push_bind(row.idx)
                .push_bind(row.hash.as_ref())
        });
        Ok(())
    }
}

/// Cuts rows into pieces of which each has a power of two: so few statements are ever prepared.
pub(in crate::db) fn few_sizes<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let size = AT_ONCE.min(1 << left.len().checked_ilog2()?);
        let (piece, rest) = left.split_at_checked(size)?;
        left = rest;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_inserted_in_order_and_in_few_sizes() {
        for count in 0..=300 {
            let rows: Vec<u32> = (0..count).collect();
            let pieces: Vec<&[u32]> = few_sizes(&rows).collect();
            assert_eq!(pieces.concat(), rows);
            assert!(pieces.iter().all(|piece| piece.len().is_power_of_two() && piece.len() <= AT_ONCE));
        }
        let sizes = |count| few_sizes(&vec![0; count]).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!((sizes(1), sizes(2), sizes(7)), (vec![1], vec![2], vec![4, 2, 1]));
        assert_eq!(sizes(131), [64, 64, 2, 1]);
    }
}
