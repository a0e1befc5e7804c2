-- The common part of the scripts on login attempts. It mirrors `attempt_window` of the domain; the functions have the same
-- names.
--
-- A window is a sorted set of attempts by their times. A member is the letter p (in flight) or f (failed), the keyed hash of
-- the email, and the ticket.

local HOUR = 3600000000
-- The current hour and 24 earlier ones.
local HOURS = 25

-- Returns whether an attempt counts as a failure: it failed, or it was not settled in time.
local function is_failure(attempt, at, now, settlement_timeout)
  return string.sub(attempt, 1, 1) == 'f' or at <= now - settlement_timeout
end

-- Removes the failures of a window.
local function clear(window_key, now, settlement_timeout)
  local attempts = redis.call('ZRANGE', window_key, 0, -1, 'WITHSCORES')
  for i = 1, #attempts, 2 do
    if is_failure(attempts[i], tonumber(attempts[i + 1]), now, settlement_timeout) then
      redis.call('ZREM', window_key, attempts[i])
    end
  end
end

-- Forgets the known addresses of an email, with their failures on it.
local function forget_addresses(known_key, pair_prefix, now, settlement_timeout)
  for _, pair in ipairs(redis.call('ZRANGE', known_key, 0, -1)) do
    clear(pair_prefix .. hex(pair), now, settlement_timeout)
  end
  redis.call('DEL', known_key)
end
