-- The promotion itself is the JSON document; the columns beside it are what is searched for.
CREATE TABLE promotion (
    repo        BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    subject     BIGINT NOT NULL,
    environment TEXT   NOT NULL,
    commit_sha  TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('blocked', 'awaiting_approval', 'approved', 'deploying',
                    'succeeded', 'failed', 'rejected', 'cancelled', 'superseded', 'expired')),
    version     BIGINT NOT NULL,
    document    TEXT   NOT NULL,
    deployment  BIGINT,
    run         BIGINT,
    check_run   BIGINT,
    wake_at     BIGINT,
    live_from   BIGINT,
    live_until  BIGINT,
    PRIMARY KEY (repo, number)
);
CREATE INDEX promotion_open ON promotion (repo, environment) WHERE state IN ('blocked', 'awaiting_approval', 'approved', 'deploying');
CREATE INDEX promotion_subject ON promotion (repo, subject, number);
CREATE INDEX promotion_wake ON promotion (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX promotion_run ON promotion (repo, run) WHERE run IS NOT NULL;
CREATE INDEX promotion_deployment ON promotion (repo, deployment) WHERE deployment IS NOT NULL;
CREATE INDEX promotion_check_run ON promotion (repo, check_run) WHERE check_run IS NOT NULL;
CREATE INDEX promotion_live ON promotion (repo, environment, live_from) WHERE live_from IS NOT NULL;

-- The latest vote of each voter; every vote is in the log.
CREATE TABLE vote (
    repo      BIGINT NOT NULL,
    promotion BIGINT NOT NULL,
    voter     BIGINT NOT NULL,
    login     TEXT   NOT NULL,
    choice    TEXT   NOT NULL CHECK (choice IN ('approve', 'reject')),
    at        BIGINT NOT NULL,
    PRIMARY KEY (repo, promotion, voter)
);

-- Our own timeline of what was the head of each pull request since when, from events as delivered.
CREATE TABLE head (
    repo     BIGINT NOT NULL,
    pull     BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    sha      TEXT   NOT NULL,
    since    BIGINT NOT NULL,
    pusher   BIGINT,
    login    TEXT,
    head_ref TEXT   NOT NULL,
    fork     BIGINT NOT NULL,
    PRIMARY KEY (repo, pull, seq)
);
CREATE INDEX head_ref ON head (repo, head_ref);

-- Who pushed which commit, to whatever branch and before any pull request: none of them may approve it.
CREATE TABLE push (
    repo   BIGINT NOT NULL,
    sha    TEXT   NOT NULL,
    pusher BIGINT NOT NULL,
    login  TEXT   NOT NULL,
    PRIMARY KEY (repo, sha, pusher)
);

-- Where we talk with people: one status comment per issue or pull request, and the last things asked there.
CREATE TABLE subject (
    repo         BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    comment      BIGINT,
    PRIMARY KEY (repo, number)
);
CREATE TABLE answer (
    repo     BIGINT NOT NULL,
    subject  BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    document TEXT   NOT NULL,
    PRIMARY KEY (repo, subject, seq)
);
