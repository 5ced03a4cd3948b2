-- Deliveries: stored before GitHub gets its 2xx. Rows stand in the order of arrival; the GUID has a
-- small unique index of its own, so that a redelivery is found without slowing the insert.
-- A waiting row is free when run_at has come: claiming it moves run_at to the end of the lease and
-- raises the fence, so that whoever lost a lease can no longer finish it. `steps` counts what of it is
-- done already: a comment may hold several commands, each stored on its own.
CREATE TABLE delivery (
    seq         BIGINT NOT NULL PRIMARY KEY,
    guid        TEXT   NOT NULL,
    event       TEXT   NOT NULL,
    lane        BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    body        BLOB   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'done', 'buried')),
    attempts    BIGINT NOT NULL,
    steps       BIGINT NOT NULL,
    run_at      BIGINT NOT NULL,
    fence       BIGINT NOT NULL,
    error       TEXT,
    finished_at BIGINT
);
CREATE UNIQUE INDEX delivery_guid ON delivery (guid);
CREATE INDEX delivery_waiting ON delivery (lane, seq) WHERE state = 'waiting';
CREATE INDEX delivery_buried ON delivery (seq) WHERE state = 'buried';
