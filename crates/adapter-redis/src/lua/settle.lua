-- Records how a login attempt ended.
-- KEYS: the attempts on the email, and on the address where it is known
-- ARGV: outcome, now, patience, hashed email, ticket
local outcome, member = ARGV[1], ARGV[4] .. ARGV[5]
for _, key in ipairs(KEYS) do
  local at = redis.call('ZSCORE', key, 'p' .. member)
  if at then
    -- Added before it is removed: a set that is empty for a moment would lose its lifetime.
    if outcome == 'failed' then
      redis.call('ZADD', key, at, 'f' .. member)
    end
    redis.call('ZREM', key, 'p' .. member)
  end
end
if outcome ~= 'succeeded' then
  return { 'settled' }
end
-- The email is free of failures; the address of those that were made on this email. Attempts in flight stay.
forget_failures(KEYS[1], tonumber(ARGV[2]) - tonumber(ARGV[3]))
if KEYS[2] then
  for _, attempt in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if string.sub(attempt, 1, 1 + #ARGV[4]) == 'f' .. ARGV[4] then
      redis.call('ZREM', KEYS[2], attempt)
    end
  end
end
return { 'settled' }
