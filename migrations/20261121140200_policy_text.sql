-- The policies under which something was decided, by the hash git gives them, so that it can be replayed.
CREATE TABLE policy_text (
    blob TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
);
