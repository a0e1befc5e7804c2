-- Access tokens that were revoked before they expired.
CREATE TABLE denylist (
    token_id BLOB NOT NULL PRIMARY KEY,
    -- From this time on no verifier accepts the token.
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX denylist_until ON denylist (until);
