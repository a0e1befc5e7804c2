-- The limit on sessions and listings look at live sessions only: a user's many ended ones must not
-- slow his next login, nor anybody's. A rotation changes neither column.
CREATE INDEX sessions_live ON sessions (user_id) WHERE ended_at IS NULL;
