-- Times are microseconds since 1970-01-01 UTC, ids the 16 bytes of a UUID.
CREATE TABLE tenants (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    -- Trimmed and in lower case.
    email TEXT NOT NULL UNIQUE,
    -- Null if the user has no password and logs in elsewhere.
    password_hash TEXT,
    -- 0 Active, 1 Inactive.
    status INTEGER NOT NULL DEFAULT 0,
    -- 0 Developer, 1 Admin, 10 Owner, 20 Viewer.
    role INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
