-- Reserves a login attempt on all its limit keys, or on none. Mirrors `AttemptLimit::reserve`; the functions have the same
-- names.
-- KEYS: the window of the email, and that of the address if it is known
local now, window, max_failures, settlement_timeout, email, ticket = unpack(ARGV)
now, window, max_failures = tonumber(now), tonumber(window), tonumber(max_failures)
settlement_timeout = tonumber(settlement_timeout)

-- Removes attempts that have left the window. Returns the times of the failures, and the number of all attempts.
local function slide(window_key)
  redis.call('ZREMRANGEBYSCORE', window_key, '-inf', now - window)
  local attempts, failures = redis.call('ZRANGE', window_key, 0, -1, 'WITHSCORES'), {}
  for i = 1, #attempts, 2 do
    local at = tonumber(attempts[i + 1])
    if at > now then
      -- An instance whose clock was ahead stored this attempt in the future. It counts from now on, because its stored time
      -- would prolong a rejection.
      at = now
      redis.call('ZADD', window_key, at, attempts[i])
      redis.call('PEXPIRE', window_key, to_milliseconds(window))
    end
    if is_failure(attempts[i], at, now, settlement_timeout) then
      failures[#failures + 1] = at
    end
  end
  return failures, #attempts / 2
end

-- Returns the time at which failures allow the next attempt; nil if they allow it now.
local function opens_at(failures)
  -- This many of the oldest have to leave the window before there are fewer than the limit.
  local surplus = #failures - max_failures
  local last_to_leave = surplus >= 0 and (failures[surplus + 1] or failures[#failures])
  return last_to_leave and last_to_leave + window
end

local rejected_until, rejected_by, busy = nil, nil, nil
for position, window_key in ipairs(KEYS) do
  local failures, count = slide(window_key)
  local opens = opens_at(failures)
  if opens and (not rejected_until or opens > rejected_until) then
    rejected_until, rejected_by = opens, position
  end
  if not busy and count >= max_failures then
    busy = position
  end
end
if rejected_until then
  return { 'rejected', rejected_by, rejected_until - now }
elseif busy then
  return { 'busy', busy }
end
for _, window_key in ipairs(KEYS) do
  redis.call('ZADD', window_key, now, 'p' .. email .. ticket)
  redis.call('PEXPIRE', window_key, to_milliseconds(window))
end
return { 'reserved' }
