-- One row per login attempt and axis; the keys are keyed hashes of the email and of the address.
CREATE TABLE login_failures (
    axis_key BLOB NOT NULL,
    at INTEGER NOT NULL,
    ticket BLOB NOT NULL,
    email_key BLOB NOT NULL,
    -- 0 in flight, 1 failed. One in flight for too long counts as failed.
    settled INTEGER NOT NULL,
    PRIMARY KEY (axis_key, at, ticket)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_failures_at ON login_failures (at);
