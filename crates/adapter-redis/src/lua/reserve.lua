-- Takes a place for a login attempt on every axis, or on none.
-- KEYS: the attempts on the email, and on the address where it is known
-- ARGV: now, window, limit, patience, hashed email, ticket
local now, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local out_of_patience = now - tonumber(ARGV[4])

local opens_at, full, busy = nil, nil, nil
for position, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local attempts, failures, in_flight = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), {}, 0
  for i = 1, #attempts, 2 do
    local at = tonumber(attempts[i + 1])
    if at > now then
      -- The clock of some instance was ahead. The attempt counts from now on; its time would prolong a rejection.
      redis.call('ZADD', key, now, attempts[i])
      redis.call('PEXPIRE', key, lifetime(window))
      at = now
    end
    if string.sub(attempts[i], 1, 1) == 'f' or at <= out_of_patience then
      failures[#failures + 1] = at
    else
      in_flight = in_flight + 1
    end
  end
  if #failures >= limit then
    -- So many of the oldest have to leave the window before fewer than the limit are left.
    local opens = failures[#failures - limit + 1] + window
    if not opens_at or opens > opens_at then
      opens_at, full = opens, position
    end
  elseif #failures + in_flight >= limit then
    busy = busy or position
  end
end
if opens_at then
  return { 'rejected', full, opens_at - now }
elseif busy then
  return { 'busy', busy }
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, 'p' .. ARGV[5] .. ARGV[6])
  redis.call('PEXPIRE', key, lifetime(window))
end
return { 'reserved' }
