-- Completes the end of sessions: their access tokens into the denylist, then the note that this is done. One step, since
-- a note without the entries would leave access tokens alive that nobody looks for any more.
-- KEYS: the denylist entries; then for each session its record and the user's sessions
-- ARGV: the number of entries, their lives in milliseconds, then the session ids
local entries = tonumber(ARGV[1])
for i = 1, entries do
  revoke(KEYS[i], tonumber(ARGV[1 + i]))
end
for i = entries + 1, #KEYS, 2 do
  local record, live = load(KEYS[i])
  if record and record.pending then
    local done = { 'pending' }
    for _, token in ipairs(live) do
      done[#done + 1] = token[1]
    end
    redis.call('HDEL', KEYS[i], unpack(done))
  end
  redis.call('ZREM', KEYS[i + 1], ARGV[1 + entries + (i - entries + 1) / 2])
end
return { 'completed' }
