-- The last success of an email from an address, twice: by the keyed hash of the email, and by that of the address.
CREATE TABLE login_successes (
    limit_key BLOB NOT NULL,
    -- The keyed hash of the email and the address together.
    pair_key BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (limit_key, pair_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_successes_at ON login_successes (at);

-- The failures on an email in the last 24 hours, in constant size.
CREATE TABLE login_daily_counts (
    email_key BLOB NOT NULL PRIMARY KEY,
    -- The time of the last change, by which the row that was idle longest is found.
    at INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    -- The times of the last attempts from unknown and from known addresses.
    unknown_last INTEGER NOT NULL,
    known_last INTEGER NOT NULL,
    -- The attempts of 25 hours from unknown and then from known addresses, each as two bytes, the low byte first.
    attempts BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX login_daily_counts_at ON login_daily_counts (at);
