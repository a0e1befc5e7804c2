-- Settles a login attempt. Mirrors `LoginLimits::settle`; the functions have the same names.
local outcome, was_known = unpack(ARGV, 15)
local from_known = was_known == '1'

local function settle_own(window_key)
  local at = redis.call('ZSCORE', window_key, 'p' .. email .. ticket)
  if at then
    -- Added before the other one is removed: an empty set would lose its lifetime.
    if outcome == 'failed' then
      redis.call('ZADD', window_key, at, 'f' .. email .. ticket)
    end
    redis.call('ZREM', window_key, 'p' .. email .. ticket)
  end
  return at and tonumber(at)
end

-- Takes an abandoned attempt out of the daily count.
local function remove(daily, class, at)
  local age = math.max(daily.hour - math.floor(at / HOUR), 0) + 1
  if class[age] then
    class[age] = math.max(class[age] - 1, 0)
  end
end

-- Remembers a success in a sorted set of at most max.
local function remember(successes_key, max)
  redis.call('ZREMRANGEBYSCORE', successes_key, '-inf', now - known_for)
  count_from_now(successes_key)
  redis.call('ZADD', successes_key, now, pair)
  local surplus = redis.call('ZCARD', successes_key) - max
  if surplus > 0 then
    redis.call('ZREM', successes_key, unpack(redis.call('ZRANGE', successes_key, 0, surplus - 1)))
  end
  redis.call('PEXPIRE', successes_key, to_milliseconds(known_for))
end

-- From a window of other emails as well, only the failures on this email are removed.
local function clear_own_email(window_key)
  local failed_on_email = 'f' .. email
  for _, attempt in ipairs(redis.call('ZRANGE', window_key, 0, -1)) do
    if string.sub(attempt, 1, #failed_on_email) == failed_on_email then
      redis.call('ZREM', window_key, attempt)
    end
  end
end

local daily = read_daily()
local counted = counted_on(from_known)
-- The window that contains the attempt shows its class. The ticket does not show it if the reservation had no answer.
local at_unknown, at_known = settle_own(email_key), pair_key and settle_own(pair_key)
for _, shared_key in ipairs({ address_key, network_key }) do
  settle_own(shared_key)
end
if outcome == 'abandoned' and daily then
  if at_unknown then
    remove(daily, daily.unknown, at_unknown)
  end
  if at_known then
    remove(daily, daily.known, at_known)
  end
elseif outcome == 'failed' then
  daily = enter_daily_count(daily, from_known)
elseif outcome == 'succeeded' then
  clear(counted[1].key, now, settlement_timeout)
  for position = 2, #counted do
    clear_own_email(counted[position].key)
  end
  if daily then
    daily[from_known and 'known' or 'unknown'] = new_class(0)
  end
  if known_for > 0 and pair_key then
    remember(known_key, max_known)
    -- One more than the limit shows that the address has too many emails.
    remember(emails_key, max_emails + 1)
  end
end
save_daily(daily)
return { 'settled' }
