DROP TABLE refresh_minutes;
ALTER TABLE sessions DROP COLUMN minute_refreshes;
ALTER TABLE sessions DROP COLUMN minute_started_at;
ALTER TABLE sessions DROP COLUMN retries;
