-- Completes the end of sessions: writes their access tokens to the denylist and removes the mark `pending`. In one script,
-- because a session without the mark is never completed again.
-- KEYS: the denylist entries; then for each session its record and the sessions of the user
-- ARGV: the number of entries, their lifetimes in milliseconds, then the session ids
local entries = tonumber(ARGV[1])
-- The lists are indexed: a user can have more access tokens than `unpack` can return values.
local function lifetime(i)
  return tonumber(ARGV[1 + i])
end
local function session_id(i)
  return ARGV[1 + entries + i]
end

for i = 1, entries do
  revoke(KEYS[i], lifetime(i))
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
  redis.call('ZREM', sessions_key, session_id((i - entries + 1) / 2))
end
return { 'completed' }
