-- Forgets the failures on an axis: those that were settled, and those in flight that nobody settled in time.
local function forget_failures(key, out_of_patience)
  local attempts = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #attempts, 2 do
    if string.sub(attempts[i], 1, 1) == 'f' or tonumber(attempts[i + 1]) <= out_of_patience then
      redis.call('ZREM', key, attempts[i])
    end
  end
end
