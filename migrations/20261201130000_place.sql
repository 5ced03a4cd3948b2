-- Each environment of each repository as it is now: which promotion is live there and since when, which is the
-- newest, how that stands and when it was asked for or ended, how many wait, and when any of this changed.
-- Made anew from `promotion` in each transaction that changes one.
CREATE TABLE place (
    repo        BIGINT NOT NULL,
    environment TEXT   NOT NULL,
    live        BIGINT,
    live_from   BIGINT,
    last        BIGINT NOT NULL,
    last_state  TEXT   NOT NULL,
    last_at     BIGINT NOT NULL,
    waiting     BIGINT NOT NULL,
    changed     BIGINT NOT NULL,
    PRIMARY KEY (repo, environment)
);
CREATE INDEX place_changed ON place (changed);
