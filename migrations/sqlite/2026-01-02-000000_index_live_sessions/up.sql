-- Listings and the limit on sessions read live sessions only. Ended sessions must not make the next
-- login slower. A rotation changes neither column.
CREATE INDEX sessions_live ON sessions (user_id) WHERE ended_at IS NULL;
