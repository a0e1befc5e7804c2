-- How many calls after the last rotation got its successor.
ALTER TABLE sessions ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
-- The last minute with refreshes of the session; both null if they are not limited.
ALTER TABLE sessions ADD COLUMN minute_started_at INTEGER;
ALTER TABLE sessions ADD COLUMN minute_refreshes INTEGER;

-- The last minute with refreshes of a user, in all sessions. The index does not change within a minute.
CREATE TABLE refresh_minutes (
    user_id BLOB NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL,
    refreshes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_minutes_started_at ON refresh_minutes (started_at);
