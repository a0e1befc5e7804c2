-- Completes the end of sessions: writes their access tokens to the denylist and removes the mark `pending`. In one script,
-- because a session without the mark is never completed again.
-- KEYS: the denylist entries; then for each session its record and the sessions of the user
-- ARGV: the number of entries, their lifetimes in milliseconds, then the session ids
local entries = tonumber(ARGV[1])
local lifetimes = { unpack(ARGV, 2, 1 + entries) }
local session_ids = { unpack(ARGV, 2 + entries) }

for i, lifetime in ipairs(lifetimes) do
  revoke(KEYS[i], tonumber(lifetime))
end
for i = entries + 1, #KEYS, 2 do
  local session_key, sessions_key = KEYS[i], KEYS[i + 1]
  local record, live_tokens = load_record(session_key)
  if record and record.pending then
    if is_newer(record.v) then
      error(NEWER)
    end
    local done = { 'pending' }
    for _, token in ipairs(live_tokens) do
      done[#done + 1] = token[1]
    end
    redis.call('HDEL', session_key, unpack(done))
  end
  redis.call('ZREM', sessions_key, session_ids[(i - entries + 1) / 2])
end
return { 'completed' }
