-- What a promotion is searched, counted and timed by, beside its document: who asked for it and when (unknown of
-- rows from before, until they are read), when it ended, what kind it is and how urgent. `subject` is none where
-- nobody asked on an issue or pull request. The states are all that a promotion can ever be in.
CREATE TABLE promotion_with_times (
    repo         BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    subject      BIGINT,
    environment  TEXT   NOT NULL,
    commit_sha   TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('blocked', 'awaiting_approval', 'approved', 'deploying', 'verifying',
                     'succeeded', 'failed', 'rolled_back', 'rejected', 'cancelled', 'superseded', 'expired')),
    version      BIGINT NOT NULL,
    document     TEXT   NOT NULL,
    deployment   BIGINT,
    run          BIGINT,
    check_run    BIGINT,
    wake_at      BIGINT,
    live_from    BIGINT,
    live_until   BIGINT,
    requested_at BIGINT,
    ended_at     BIGINT,
    requester    BIGINT,
    kind         TEXT   NOT NULL DEFAULT 'promotion' CHECK (kind IN ('promotion', 'rollback')),
    urgency      TEXT   NOT NULL DEFAULT 'normal' CHECK (urgency IN ('normal', 'emergency')),
    PRIMARY KEY (repo, number)
);
INSERT INTO promotion_with_times (repo, number, subject, environment, commit_sha, state, version, document, deployment,
        run, check_run, wake_at, live_from, live_until)
    SELECT repo, number, subject, environment, commit_sha, state, version, document, deployment,
        run, check_run, wake_at, live_from, live_until FROM promotion;
DROP TABLE promotion;
ALTER TABLE promotion_with_times RENAME TO promotion;
CREATE INDEX promotion_open ON promotion (repo, environment) WHERE state IN ('blocked', 'awaiting_approval', 'approved', 'deploying', 'verifying');
CREATE INDEX promotion_subject ON promotion (repo, subject, number);
CREATE INDEX promotion_wake ON promotion (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX promotion_run ON promotion (repo, run) WHERE run IS NOT NULL;
CREATE INDEX promotion_deployment ON promotion (repo, deployment) WHERE deployment IS NOT NULL;
CREATE INDEX promotion_check_run ON promotion (repo, check_run) WHERE check_run IS NOT NULL;
CREATE INDEX promotion_live ON promotion (repo, environment, live_from) WHERE live_from IS NOT NULL;
CREATE INDEX promotion_history ON promotion (repo, environment, number DESC);
CREATE INDEX promotion_unread ON promotion (repo, number) WHERE requested_at IS NULL;
