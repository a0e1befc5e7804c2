-- One row: the clock of the server, as its cleanup saw it last.
CREATE TABLE clock_watch (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 0),
    seen_at INTEGER NOT NULL,
    -- Each jump of the clock ahead as two integers of 8 bytes, big-endian, in microseconds: the jump, and the elapsed
    -- time for which the cleanup still goes by the time before it.
    jumps BLOB NOT NULL
) STRICT;
