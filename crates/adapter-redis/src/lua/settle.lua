-- Settles a login attempt. Mirrors `attempt_window::settle`; the functions have the same names.
-- KEYS: the window of the email, and that of the address if it is known
local email_key, address_key = unpack(KEYS)
local outcome, now, settlement_timeout, email, ticket = unpack(ARGV)

local function settle_own(window_key)
  local at = redis.call('ZSCORE', window_key, 'p' .. email .. ticket)
  if at then
    -- Added before the other one is removed: an empty set would lose its lifetime.
    if outcome == 'failed' then
      redis.call('ZADD', window_key, at, 'f' .. email .. ticket)
    end
    redis.call('ZREM', window_key, 'p' .. email .. ticket)
  end
end

for _, window_key in ipairs(KEYS) do
  settle_own(window_key)
end
if outcome == 'succeeded' then
  clear(email_key, tonumber(now), tonumber(settlement_timeout))
  -- From the window of the address, only the failures on this email are removed.
  local failed_on_email = 'f' .. email
  for _, attempt in ipairs(address_key and redis.call('ZRANGE', address_key, 0, -1) or {}) do
    if string.sub(attempt, 1, #failed_on_email) == failed_on_email then
      redis.call('ZREM', address_key, attempt)
    end
  end
end
return { 'settled' }
