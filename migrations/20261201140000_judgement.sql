-- How each commit was judged by its reports last: what its check run shows, for the page with the full list.
-- `version` says which shape the document has; one that is not known is as if there were none. Whatever changes a
-- judgement has it made anew, so a row may be taken out at any time.
CREATE TABLE judgement (
    repo       BIGINT NOT NULL,
    commit_sha TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    document   BLOB   NOT NULL,
    PRIMARY KEY (repo, commit_sha)
);

-- The numbers of each commit as it was judged last, for what changes over time: findings of the security categories
-- by severity, those that are open, those of them that are new, and those that are fixed since the baseline, NULL where
-- nobody kept that; and the share of lines that tests run, in hundredths of a percent. `branch` is the branch whose
-- history the commit's runs stand for, the default branch first, NULL where nobody told.
CREATE TABLE scan_point (
    repo           BIGINT NOT NULL,
    commit_sha     TEXT   NOT NULL,
    branch         TEXT,
    at             BIGINT NOT NULL,
    critical_open  BIGINT NOT NULL,
    critical_new   BIGINT NOT NULL,
    critical_fixed BIGINT,
    high_open      BIGINT NOT NULL,
    high_new       BIGINT NOT NULL,
    high_fixed     BIGINT,
    medium_open    BIGINT NOT NULL,
    medium_new     BIGINT NOT NULL,
    medium_fixed   BIGINT,
    low_open       BIGINT NOT NULL,
    low_new        BIGINT NOT NULL,
    low_fixed      BIGINT,
    info_open      BIGINT NOT NULL,
    info_new       BIGINT NOT NULL,
    info_fixed     BIGINT,
    unknown_open   BIGINT NOT NULL,
    unknown_new    BIGINT NOT NULL,
    unknown_fixed  BIGINT,
    coverage       BIGINT,
    PRIMARY KEY (repo, commit_sha)
);
CREATE INDEX scan_point_over_time ON scan_point (repo, branch, at);
