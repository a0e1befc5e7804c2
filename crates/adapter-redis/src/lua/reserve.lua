-- Reserves a login attempt on all the limit keys that count it, or on none. Mirrors `LoginLimits::reserve`; the functions
-- have the same names.

-- Returns whether the attempt comes from a known address of its email.
local function is_known()
  if known_for == 0 or not pair_key then
    return false
  end
  local since = now - known_for
  local last_success = redis.call('ZSCORE', known_key, pair)
  return last_success and tonumber(last_success) > since and #read_after(emails_key, since) <= max_emails
end

-- Removes attempts that have left the window.
local function slide(window_key)
  redis.call('ZREMRANGEBYSCORE', window_key, '-inf', now - window)
  if count_from_now(window_key) > 0 then
    redis.call('PEXPIRE', window_key, to_milliseconds(window))
  end
end

-- Returns the time at which the next attempt of a class is possible, after its last one; nil if it is possible now.
local function daily_opens_at(daily, class, last)
  local pause_ends = last + 60000000
  if total(class) < daily_limit or pause_ends <= now then
    return nil
  elseif total(class) - class[HOURS] < daily_limit then
    return math.min(pause_ends, (daily.hour + 1) * HOUR)
  end
  return pause_ends
end

-- The first call has reserved the attempt, and its reply was lost.
for _, reserved_on in ipairs(is_repeat and { email_key, pair_key } or {}) do
  if redis.call('ZSCORE', reserved_on, 'p' .. email .. ticket) then
    return { 'reserved', reserved_on == pair_key and 1 or 0 }
  end
end

local from_known = is_known()
local counted = counted_on(from_known)
for _, limit in ipairs(counted) do
  slide(limit.key)
end
if known_for > 0 then
  count_from_now(known_key)
  if emails_key then
    count_from_now(emails_key)
  end
end
local daily = enter_daily_count(read_daily(), from_known)
local class = daily and (from_known and daily.known or daily.unknown)

local rejected_until, rejected_by, busy = nil, nil, nil
for _, limit in ipairs(counted) do
  local failures, times = read_window(limit.key)
  local opens = opens_at(failures, limit.max)
  if opens and (not rejected_until or opens > rejected_until) then
    rejected_until, rejected_by = opens, limit.name
  end
  if not busy and #times >= limit.max then
    busy = limit.name
  end
end
local last = class and class.last
if daily and from_known then
  -- Each known address has a minute of its own.
  local _, times = read_window(pair_key)
  last = times[#times]
end
local daily_opens = last and daily_opens_at(daily, class, last)
if daily_opens and (not rejected_until or daily_opens > rejected_until) then
  rejected_until, rejected_by = daily_opens, 'daily'
end
if rejected_until then
  save_daily(daily)
  return { 'rejected', rejected_by, rejected_until - now }
elseif busy then
  save_daily(daily)
  return { 'busy', busy }
end
-- First, because it makes room by keys that are not declared: if their slot moves to another node, nothing is counted.
if daily then
  add(daily, class, now)
  save_daily(daily)
end
for _, limit in ipairs(counted) do
  redis.call('ZADD', limit.key, now, 'p' .. email .. ticket)
  redis.call('PEXPIRE', limit.key, to_milliseconds(window))
end
return { 'reserved', from_known and 1 or 0 }
