-- Notes that every access token of an ended session is in the denylist.
-- KEYS: session, the user's sessions
-- ARGV: session id
local record, live = load(KEYS[1])
if record and record.pending then
  local done = { 'pending' }
  for _, token in ipairs(live) do
    done[#done + 1] = token[1]
  end
  redis.call('HDEL', KEYS[1], unpack(done))
end
redis.call('ZREM', KEYS[2], ARGV[1])
return { 'finished' }
