-- Access tokens that were revoked before their time.
CREATE TABLE denylist (
    token_id BLOB NOT NULL PRIMARY KEY,
    -- From then on nobody accepts the token any more.
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX denylist_until ON denylist (until);
