-- Effects wait here to be performed, each with the entry that says it was intended.
-- Claimed like deliveries; a promotion's effects are performed in their order.
CREATE TABLE effect (
    seq       BIGINT NOT NULL PRIMARY KEY,
    mark      TEXT   NOT NULL,
    repo      BIGINT NOT NULL,
    promotion BIGINT NOT NULL,
    document  TEXT   NOT NULL,
    intent    BIGINT NOT NULL,
    leaf_hash BLOB   NOT NULL,
    state     TEXT   NOT NULL CHECK (state IN ('waiting', 'succeeded', 'refused', 'unknown')),
    attempts  BIGINT NOT NULL,
    run_at    BIGINT NOT NULL,
    fence     BIGINT NOT NULL,
    error     TEXT,
    made_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX effect_mark ON effect (mark);
CREATE INDEX effect_waiting ON effect (repo, promotion, seq) WHERE state = 'waiting';

-- Notices: one row for each thing that is told. `wanted` is raised by every change, `told` follows.
CREATE TABLE notice (
    repo         BIGINT NOT NULL,
    key          TEXT   NOT NULL,
    target       TEXT   NOT NULL,
    document     TEXT   NOT NULL,
    wanted       BIGINT NOT NULL,
    told         BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    run_at       BIGINT NOT NULL,
    fence        BIGINT NOT NULL,
    error        TEXT,
    PRIMARY KEY (repo, key)
);
CREATE INDEX notice_waiting ON notice (run_at) WHERE told < wanted;
