-- What scanners and tests wrote about commits: one row for each report, in the order in which they stood in
-- what was uploaded together (`bundle`: an artifact, an upload, a kind of alerts). `run` is 0 for GitHub's own
-- alerts, which belong to none. `branch` is the branch whose history the run stands for. The document is the whole report as JSON, compressed.
CREATE TABLE report (
    repo       BIGINT NOT NULL,
    commit_sha TEXT   NOT NULL,
    run        BIGINT NOT NULL,
    attempt    BIGINT NOT NULL,
    way        TEXT   NOT NULL CHECK (way IN ('artifact', 'upload', 'alerts')),
    bundle     TEXT   NOT NULL,
    part       BIGINT NOT NULL,
    tool       TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    fork       BIGINT NOT NULL,
    branch     TEXT,
    origin     TEXT   NOT NULL,
    document   BLOB   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (repo, commit_sha, run, attempt, way, bundle, part)
);
CREATE INDEX report_run_attempt ON report (repo, run, attempt);

-- Workflow runs whose artifacts are to be read, claimed like deliveries. A run that is here and not read is
-- never one without reports.
CREATE TABLE report_run (
    repo       BIGINT NOT NULL,
    run        BIGINT NOT NULL,
    attempt    BIGINT NOT NULL,
    commit_sha TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    workflow   TEXT,
    fork       BIGINT,
    state      TEXT   NOT NULL CHECK (state IN ('waiting', 'read')),
    attempts   BIGINT NOT NULL,
    run_at     BIGINT NOT NULL,
    fence      BIGINT NOT NULL,
    error      TEXT,
    PRIMARY KEY (repo, run, attempt)
);
CREATE INDEX report_run_commit ON report_run (repo, commit_sha);
CREATE INDEX report_run_waiting ON report_run (run_at) WHERE state = 'waiting';
