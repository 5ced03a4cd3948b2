-- Every repository that we heard of: what it is called now, and how its policy was when it was read last. What is
-- none was not told yet. `gone_at`: since when GitHub has said that it is not there any more.
CREATE TABLE repository (
    id             BIGINT NOT NULL PRIMARY KEY,
    installation   BIGINT NOT NULL,
    owner          TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    private        BIGINT,
    default_branch TEXT,
    policy_blob    TEXT,
    policy_error   TEXT,
    seen_at        BIGINT NOT NULL,
    gone_at        BIGINT
);
CREATE INDEX repository_name ON repository (owner, name);

-- What repositories were called before, until we heard of another name.
CREATE TABLE former_name (
    repo  BIGINT NOT NULL,
    owner TEXT   NOT NULL,
    name  TEXT   NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (repo, owner, name)
);
CREATE INDEX former_name_name ON former_name (owner, name);
