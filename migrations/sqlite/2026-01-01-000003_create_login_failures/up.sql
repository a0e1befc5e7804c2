-- One row per login attempt and limit key: a keyed hash of the email or of the address.
CREATE TABLE login_failures (
    axis_key BLOB NOT NULL,
    at INTEGER NOT NULL,
    ticket BLOB NOT NULL,
    email_key BLOB NOT NULL,
    -- 0 in flight, 1 failed. An attempt that is not settled in time counts as failed.
    settled INTEGER NOT NULL,
    PRIMARY KEY (axis_key, at, ticket)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_failures_at ON login_failures (at);
