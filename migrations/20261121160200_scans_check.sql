-- What was annotated in the check run of a commit's reports, in the order in which it is sent: GitHub only ever
-- adds annotations, and the check run itself says how many of these it has.
CREATE TABLE scans_check (
    repo       BIGINT NOT NULL,
    commit_sha TEXT   NOT NULL,
    annotated  TEXT   NOT NULL,
    PRIMARY KEY (repo, commit_sha)
);
