-- Tells of each live session of a user: id, created, rotated, expires.
-- KEYS: the user's sessions
-- ARGV: now, prefix of sessions
local answer = { 'sessions' }
for _, sid in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local seen = redis.call('HMGET', ARGV[2] .. sid, 'created', 'rotated', 'expires', 'ended')
  if seen[3] and not seen[4] and tonumber(seen[3]) > tonumber(ARGV[1]) then
    for _, value in ipairs({ sid, seen[1], seen[2], seen[3] }) do
      answer[#answer + 1] = value
    end
  end
end
return answer
