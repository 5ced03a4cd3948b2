-- What each promotion brought to its environment: the commits that it has and what was live there before has not.
-- `first_seen_at` is when we were first told of the commit, NULL where nobody told; `committed_at` is what whoever made
-- it wrote. For statistics only: no decision looks at it.
CREATE TABLE change (
    repo          BIGINT NOT NULL,
    promotion     BIGINT NOT NULL,
    sha           TEXT   NOT NULL,
    first_seen_at BIGINT,
    committed_at  BIGINT,
    PRIMARY KEY (repo, promotion, sha)
);

-- Promotions that succeeded and whose changes GitHub is to be asked for, claimed like reports; `base` is the commit that
-- was live before, NULL for the first one of its environment. `complete` is 0 where there are more than GitHub lists.
CREATE TABLE change_list (
    repo      BIGINT NOT NULL,
    promotion BIGINT NOT NULL,
    target    TEXT   NOT NULL,
    base      TEXT,
    head      TEXT   NOT NULL,
    state     TEXT   NOT NULL CHECK (state IN ('waiting', 'listed', 'given_up')),
    complete  BIGINT,
    attempts  BIGINT NOT NULL,
    run_at    BIGINT NOT NULL,
    fence     BIGINT NOT NULL,
    error     TEXT,
    PRIMARY KEY (repo, promotion)
);
CREATE INDEX change_list_waiting ON change_list (run_at) WHERE state = 'waiting';
