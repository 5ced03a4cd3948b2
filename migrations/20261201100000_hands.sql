-- Whose hand moved something, with the type of the account: a login does not always tell that it is a bot's.
-- Of what was told before, the login is all there is.
ALTER TABLE head ADD COLUMN bot BIGINT NOT NULL DEFAULT 0;
UPDATE head SET bot = 1 WHERE login LIKE '%[bot]';

-- Every push that we were told of: which ref came to which commit, from which, and when, by GitHub's clock.
-- Rows from before know neither ref nor moment: they stand with '' and 0.
CREATE TABLE push_told (
    repo   BIGINT NOT NULL,
    sha    TEXT   NOT NULL,
    pusher BIGINT NOT NULL,
    login  TEXT   NOT NULL,
    bot    BIGINT NOT NULL,
    ref    TEXT   NOT NULL,
    before TEXT,
    at     BIGINT NOT NULL,
    PRIMARY KEY (repo, sha, pusher, ref, at)
);
INSERT INTO push_told (repo, sha, pusher, login, bot, ref, before, at)
    SELECT repo, sha, pusher, login, CASE WHEN login LIKE '%[bot]' THEN 1 ELSE 0 END, '', NULL, 0 FROM push;
DROP TABLE push;
ALTER TABLE push_told RENAME TO push;

-- How each commit came into the repository, as GitHub told us: pushed by somebody (`pusher`, else 0), or with a
-- pull request (`pull`, else 0) that somebody opened, put into the merge queue and merged. With neither, a push
-- listed it as one that another had brought, of which we were not told. `seen_at` is of our own clock, and
-- unknown of rows from before.
CREATE TABLE introduced (
    repo              BIGINT NOT NULL,
    sha               TEXT   NOT NULL,
    pusher            BIGINT NOT NULL,
    login             TEXT,
    bot               BIGINT NOT NULL,
    pull              BIGINT NOT NULL,
    author            BIGINT,
    author_login      TEXT,
    author_bot        BIGINT,
    merged_by         BIGINT,
    merged_by_login   TEXT,
    merged_by_bot     BIGINT,
    enqueued_by       BIGINT,
    enqueued_by_login TEXT,
    enqueued_by_bot   BIGINT,
    seen_at           BIGINT,
    PRIMARY KEY (repo, sha, pusher, pull)
);
INSERT INTO introduced (repo, sha, pusher, login, bot, pull)
    SELECT repo, sha, pusher, login, bot, 0 FROM push;
