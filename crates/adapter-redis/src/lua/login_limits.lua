-- The common part of the scripts that reserve and settle login attempts.
--
-- KEYS: the window of the email; its daily count; the index of the daily counts; its known addresses; with an address also
-- the window of the pair and the emails of the address; unless it is exempt also the window of the address, and that of its
-- network
local email_key, daily_key, daily_index, known_key, pair_key, emails_key, address_key, network_key = unpack(KEYS)
local now, window, settlement_timeout, max_failures, max_per_address, max_per_network, daily_limit, max_daily_emails,
  known_for, max_known, max_emails = unpack(ARGV)
now, window, settlement_timeout = tonumber(now), tonumber(window), tonumber(settlement_timeout)
max_failures, max_per_address = tonumber(max_failures), tonumber(max_per_address)
max_per_network, max_daily_emails = tonumber(max_per_network), tonumber(max_daily_emails)
-- Both are 0 if they are switched off.
daily_limit, known_for = tonumber(daily_limit), tonumber(known_for)
max_known, max_emails = tonumber(max_known), tonumber(max_emails)
local email, ticket, pair = unpack(ARGV, 12)

-- The windows that count an attempt. The first one is that of the email, or that of the pair if the address is known. A known
-- address does not count on its network, which strangers share.
local function counted_on(is_known)
  local counted = {
    is_known and { name = 'pair', key = pair_key, max = max_failures }
      or { name = 'email', key = email_key, max = max_failures },
  }
  if address_key then
    counted[2] = { name = 'address', key = address_key, max = max_per_address }
  end
  if network_key and not is_known then
    counted[3] = { name = 'network', key = network_key, max = max_per_network }
  end
  return counted
end

-- Returns the members of a sorted set that are later than a time.
local function read_after(set_key, time)
  return redis.call('ZRANGE', set_key, string.format('(%.0f', time), '+inf', 'BYSCORE')
end

-- Moves the members of a sorted set that are later than now to now, and returns their number. An instance whose clock was ahead
-- stored them: a rejection would last longer, or an address would be known for longer.
local function count_from_now(set_key)
  local ahead = read_after(set_key, now)
  for _, member in ipairs(ahead) do
    redis.call('ZADD', set_key, now, member)
  end
  return #ahead
end

-- Returns the times of the failures within a window, and those of all its attempts. A time in the future counts as now.
local function read_window(window_key)
  local attempts, failures, times = redis.call('ZRANGE', window_key, 0, -1, 'WITHSCORES'), {}, {}
  for i = 1, #attempts, 2 do
    local at = math.min(tonumber(attempts[i + 1]), now)
    if at > now - window then
      times[#times + 1] = at
      if is_failure(attempts[i], at, now, settlement_timeout) then
        failures[#failures + 1] = at
      end
    end
  end
  return failures, times
end

-- Returns the time at which failures allow the next attempt; nil if they allow it now.
local function opens_at(failures, max)
  -- This many of the oldest have to leave the window before there are fewer than the limit.
  local surplus = #failures - max
  local last_to_leave = surplus >= 0 and (failures[surplus + 1] or failures[#failures])
  return last_to_leave and last_to_leave + window
end

-- A daily count has the number of the current hour, and for each class the time of the last attempt and the attempts of
-- each hour, from the current one back.
local DAILY_FORMAT = '<I4dd' .. string.rep('I2', 2 * HOURS)

local function new_class(last)
  local class = { last = last }
  for age = 1, HOURS do
    class[age] = 0
  end
  return class
end

local function total(class)
  local sum = 0
  for age = 1, HOURS do
    sum = sum + class[age]
  end
  return sum
end

local function add_to(class, age, count)
  if class[age + 1] then
    class[age + 1] = math.min(class[age + 1] + count, 65535)
  end
end

local function delete_daily()
  redis.call('DEL', daily_key)
  redis.call('ZREM', daily_index, email)
end

-- Returns the daily count of the email at now; nil if it is not in the daily count. Hours in the future count as now.
local function read_daily()
  local stored = daily_limit > 0 and redis.call('GET', daily_key)
  if not stored then
    return nil
  end
  local fields = { struct.unpack(DAILY_FORMAT, stored) }
  local daily = { hour = math.floor(now / HOUR) }
  for position, name in ipairs({ 'unknown', 'known' }) do
    local class = new_class(math.min(fields[1 + position], now))
    for age = 0, HOURS - 1 do
      local aged = math.max(age + daily.hour - fields[1], 0)
      add_to(class, aged, fields[4 + (position - 1) * HOURS + age])
    end
    daily[name] = class
  end
  if total(daily.unknown) == 0 and total(daily.known) == 0 then
    delete_daily()
    return nil
  end
  return daily
end

-- Counts an attempt of the current or an earlier hour.
local function add(daily, class, at)
  class.last = math.max(class.last, at)
  add_to(class, math.max(daily.hour - math.floor(at / HOUR), 0), 1)
end

-- Puts the email into the daily count if the window of its attempt is full.
local function enter_daily_count(daily, is_known)
  local failures, times = read_window(counted_on(is_known)[1].key)
  if daily_limit == 0 or daily or not opens_at(failures, max_failures) then
    return daily
  end
  daily = { hour = math.floor(now / HOUR), unknown = new_class(0), known = new_class(0) }
  for _, at in ipairs(times) do
    add(daily, is_known and daily.known or daily.unknown, at)
  end
  return daily
end

-- Deletes the counts that were idle longest, until there is room for one more. Every name has the name of the index as
-- prefix.
local function make_room()
  redis.call('ZREMRANGEBYSCORE', daily_index, '-inf', now - HOURS * HOUR)
  local surplus = redis.call('ZCARD', daily_index) + 1 - max_daily_emails
  if surplus > 0 then
    for _, idle in ipairs(redis.call('ZRANGE', daily_index, 0, surplus - 1)) do
      redis.call('DEL', daily_index .. ':' .. hex(idle))
      redis.call('ZREM', daily_index, idle)
    end
  end
end

-- Stores a daily count that was read or is new.
local function save_daily(daily)
  if not daily then
    return
  end
  if total(daily.unknown) == 0 and total(daily.known) == 0 then
    return delete_daily()
  end
  local counts = {}
  for _, class in ipairs({ daily.unknown, daily.known }) do
    for age = 1, HOURS do
      counts[#counts + 1] = class[age]
    end
  end
  if not redis.call('ZSCORE', daily_index, email) then
    make_room()
  end
  local packed = struct.pack(DAILY_FORMAT, daily.hour, daily.unknown.last, daily.known.last, unpack(counts))
  local lifetime = to_milliseconds(HOURS * HOUR)
  redis.call('SET', daily_key, packed, 'PX', lifetime)
  redis.call('ZADD', daily_index, math.max(daily.unknown.last, daily.known.last), email)
  redis.call('PEXPIRE', daily_index, lifetime)
end
