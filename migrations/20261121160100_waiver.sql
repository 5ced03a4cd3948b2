-- Findings that somebody lets through, until a day that is included. Each is in the log too.
CREATE TABLE waiver (
    repo       BIGINT NOT NULL,
    finding    TEXT   NOT NULL,
    -- The package or path it is about; empty when it is about the whole repository.
    only_in    TEXT   NOT NULL,
    until      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    granted_by BIGINT NOT NULL,
    login      TEXT   NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (repo, finding, only_in)
);
