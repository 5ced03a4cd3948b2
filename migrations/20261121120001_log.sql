-- The signed log. An entry's body is the exact bytes that are hashed; nothing here is ever updated.
-- `log` is the epoch: a history that was lost is followed by a new one, never rewritten.
CREATE TABLE entry (
    log       BIGINT NOT NULL,
    idx       BIGINT NOT NULL,
    leaf_hash BLOB   NOT NULL,
    body      BLOB   NOT NULL,
    kind      TEXT   NOT NULL,
    repo      BIGINT,
    promotion BIGINT,
    PRIMARY KEY (log, idx)
);
CREATE INDEX entry_promotion ON entry (repo, promotion, idx);

-- The nodes at the top of full tiles (levels 8, 16, 24 …): what a reader's tile needs beyond the leaves.
CREATE TABLE node (
    log   BIGINT NOT NULL,
    level BIGINT NOT NULL,
    idx   BIGINT NOT NULL,
    hash  BLOB   NOT NULL,
    PRIMARY KEY (log, level, idx)
);

-- One signed checkpoint per transaction that appended, with the compact range to append to.
CREATE TABLE checkpoint (
    log      BIGINT NOT NULL,
    size     BIGINT NOT NULL,
    root     BLOB   NOT NULL,
    note     TEXT   NOT NULL,
    frontier BLOB   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (log, size)
);

-- What the commitments in entries stand for. Deleting a row leaves the log verifiable and prints "redacted".
CREATE TABLE disclosure (
    log        BIGINT NOT NULL,
    idx        BIGINT NOT NULL,
    commitment TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    text       TEXT   NOT NULL,
    PRIMARY KEY (log, idx, commitment)
);

-- The facts a decision was taken from, by their SHA-256, so that it can be replayed.
CREATE TABLE evidence (
    digest BLOB NOT NULL PRIMARY KEY,
    body   BLOB NOT NULL
);
