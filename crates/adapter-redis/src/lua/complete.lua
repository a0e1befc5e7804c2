-- Completes the end of sessions whose denylist is written by their caller: writes their access tokens to it and removes the
-- mark `pending`. In one script, because a session without the mark is never completed again.
-- KEYS: the denylist entries; then for each session its record and the sessions of the user
-- ARGV: the format, the number of entries, their lifetimes in milliseconds, then the session ids
local format, entries = tonumber(ARGV[1]), tonumber(ARGV[2])

-- The lists are indexed: a user can have more access tokens than `unpack` can return values.
for i = 1, entries do
  revoke(KEYS[i], tonumber(ARGV[2 + i]))
end
for i = entries + 1, #KEYS, 2 do
  local session_key, sessions_key = KEYS[i], KEYS[i + 1]
  local record, problem = load_record(session_key, format)
  if problem then
    error(problem)
  elseif record and record.pending then
    record.pending, record.first = false, record.last + 1
    save_ended(session_key, record)
  end
  redis.call('ZREM', sessions_key, ARGV[2 + entries + (i - entries + 1) / 2])
end
return { 'completed' }
