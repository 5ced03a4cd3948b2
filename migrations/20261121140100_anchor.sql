-- What of the log was written down outside: commits in a branch on GitHub, and timestamps (RFC 3161).
-- `ref` is where: the commit, or the serial number of the timestamp. What contradicts our log stays recorded.
CREATE TABLE anchor (
    log   BIGINT NOT NULL,
    size  BIGINT NOT NULL,
    kind  TEXT   NOT NULL CHECK (kind IN ('git', 'rfc3161')),
    ref   TEXT   NOT NULL,
    at    BIGINT NOT NULL,
    state TEXT   NOT NULL CHECK (state IN ('anchored', 'contradicted')),
    PRIMARY KEY (log, kind, size, state)
);

-- Lines by which witnesses signed a checkpoint beside us (c2sp.org/tlog-cosignature), each verified before
-- it was stored.
CREATE TABLE cosignature (
    log     BIGINT NOT NULL,
    size    BIGINT NOT NULL,
    witness TEXT   NOT NULL,
    line    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (log, size, witness)
);

-- Tokens of a timestamp authority over a checkpoint's text and signatures, as it was stored.
CREATE TABLE timestamp_token (
    log   BIGINT NOT NULL,
    size  BIGINT NOT NULL,
    token BLOB   NOT NULL,
    PRIMARY KEY (log, size)
);
