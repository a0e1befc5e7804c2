-- One row per session, which each rotation updates. No index contains a column that a rotation
-- changes, so a rotation writes one page.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    user_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    -- Idle limit, never beyond ends_at.
    expires_at INTEGER NOT NULL,
    -- Absolute limit.
    ends_at INTEGER NOT NULL,
    -- SHA-256 digests of the current refresh token and of its immediate predecessor.
    current_digest BLOB NOT NULL,
    previous_digest BLOB,
    generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    -- Up to sixteen entries of 24 bytes: token id (16), expiry as a big-endian integer (8).
    live_tokens BLOB NOT NULL,
    -- The sealed successor for a retry of the last rotation.
    replay_tag BLOB,
    replay_sealed BLOB,
    -- Both null until the session is ended.
    ended_at INTEGER,
    end_reason TEXT,
    UNIQUE (user_id, session_id)
) STRICT;
