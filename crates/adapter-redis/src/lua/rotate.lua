-- Replaces the presented refresh token by its successor. Mirrors `session_rules::rotate`; the comments name its functions.
-- This part makes no function, because each one costs time in every call.
-- KEYS: the record; the presented token; its successor; with a limit of the user also the last minute of the user
-- ARGV: the fixed part, and after it the sealed successor; the tenant as the format has it; the lifetime of the successor in
-- milliseconds
local session_key, presented_key, successor_key, user_minute_key = unpack(KEYS)
local now, expires_at, access_expires_at, reuse_leeway, margin, tombstone, per_session, per_user, max_live_tokens, max_retries,
  format, denylists, is_shared, is_sealed, has_from, access_token, released, rotated_from, tag, presented, successor, at =
  struct.unpack('>i8i8i8i8i8i8I4I4I4I4BBBBBc16c16c16c16c32c32', ARGV[1])
local tenant = ARGV[2]
local session_id = string.sub(session_key, -36)
if tag == NONE then
  tag = NO_KEY
end
if format == 1 then
  presented, successor = string.sub(presented_key, -64), string.sub(successor_key, -64)
end

local record, problem = load_record(session_key, format, format)
if problem then
  error(problem)
elseif not record then
  return { 'unknown' }
end

local class = 'ended'
if not record.reason then
  -- `classify`
  local is_predecessor = record.previous == presented
  if record.tenant ~= tenant then
    return { 'tenant_mismatch' }
  elseif is_predecessor and record.current == successor then
    class = 'repeated'
  elseif now >= record.expires then
    return { 'expired' }
  elseif record.current == presented then
    class = 'current'
  elseif not is_predecessor then
    -- `classify_older`
    class = is_repeat and 'already_used' or 'used'
  elseif is_sealed == 1 and tag ~= NO_KEY and record.tag == tag then
    -- `classify_predecessor`
    class = 'retried'
  elseif math.abs(now - record.rotated) >= reuse_leeway then
    -- A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
    class = 'used'
  else
    class = is_shared == 1 and record.tag and 'shared' or 'already_used'
  end
  if class == 'already_used' then
    return { class, record.from }
  end
end

if class ~= 'ended' and class ~= 'used' then
  local tokens, first, last = record.tokens, record.first, record.last
  local known_at = string.find(tokens, access_token, first, true)
  local is_known = known_at and known_at < last

  -- `count`: the limits, before anything is consumed. A repeat counts once. The minutes are those of `RefreshMinute::at`.
  local user_minute, user_refreshes
  if class == 'current' or class ~= 'repeated' and not is_known then
    local minute, refreshes, rest, user_rest = record.minute, record.refreshes, 0, 0
    if now < minute - 10000000 or now >= minute + 60000000 then
      minute, refreshes = now, 0
    end
    -- A new minute has as many retries again.
    local retries = refreshes > 0 and record.retries or 0
    if class ~= 'current' and retries >= max_retries then
      return { 'rate_limited', 'retries', minute + 60000000 - now }
    end
    if per_session > 0 and refreshes >= per_session then
      rest = minute + 60000000 - now
    end
    if per_user > 0 then
      local stored = redis.call('GET', user_minute_key)
      user_minute, user_refreshes = 0, 0
      if stored and #stored == 11 then
        user_minute, user_refreshes = struct.unpack('>I7I4', stored)
      elseif stored then
        user_minute, user_refreshes = string.match(stored, '^(%d+) (%d+)$')
        user_minute, user_refreshes = tonumber(user_minute) or 0, tonumber(user_refreshes) or 0
      end
      if now < user_minute - 10000000 or now >= user_minute + 60000000 then
        user_minute, user_refreshes = now, 0
      end
      if user_refreshes >= per_user then
        user_rest = user_minute + 60000000 - now
      end
    end
    if rest > 0 or user_rest > 0 then
      return { 'rate_limited', rest >= user_rest and 'session' or 'user', math.max(rest, user_rest) }
    end
    if class ~= 'current' then
      -- `retry`
      record.retries = retries + 1
    end
    if per_session > 0 or class ~= 'current' then
      record.minute, record.refreshes = minute, refreshes + 1
    end
  end

  -- `remember`: the tokens are in the order of their expiry.
  while first < last and struct.unpack('>I7', tokens, first) <= now - margin do
    first = first + TOKEN_SIZE
  end
  is_known = is_known and known_at > first and access_token ~= released
  local released_at = released ~= NONE and string.find(tokens, released, first, true)
  if released_at and released_at < last then
    tokens = string.sub(tokens, first, released_at - 8) .. string.sub(tokens, released_at + 16, last)
    first, last = 1, #tokens
  end
  if not is_known and last - first + 1 >= TOKEN_SIZE * max_live_tokens then
    -- Equal times are ordered by id, as three numbers.
    local expiry, a, b, c = struct.unpack('>I7I6I6I4', tokens, first)
    local oldest = first
    for position = first + TOKEN_SIZE, last, TOKEN_SIZE do
      local other, d, e, f = struct.unpack('>I7I6I6I4', tokens, position)
      if other == expiry and (d < a or d == a and (e < b or e == b and f < c)) then
        oldest, a, b, c = position, d, e, f
      end
    end
    return { 'at_capacity', string.sub(tokens, oldest + 7, oldest + 22), expiry }
  end
  record.tokens, record.first, record.last = tokens, first, last

  if class == 'current' then
    -- `advance`: the presented token is consumed here, and nowhere else.
    if not redis.call('GETDEL', presented_key) then
      return { 'expired' }
    end
    local lifetime = ARGV[3]
    if expires_at > record.ends then
      expires_at = record.ends
      lifetime = math.ceil((expires_at - now) / 1000)
    end
    redis.call('SET', successor_key, format == 1 and session_id or '1', 'PX', lifetime)
    record.current, record.previous, record.generation = successor, presented, record.generation + 1
    record.rotated, record.expires, record.retries = now, expires_at, 0
    record.from = has_from == 1 and rotated_from or ''
    if is_sealed == 1 then
      record.tag, record.sealed = tag, string.sub(ARGV[1], at)
    else
      record.tag, record.sealed = nil, nil
    end
  end
  local needed = math.max(record.expires, access_expires_at + margin)
  save_record(session_key, record, now, needed, not is_known and access_token, access_expires_at)
  if user_minute then
    -- The lifetime is only a cleanup: the time of the call decides whether the minute has passed.
    local stored
    if format == 1 then
      stored = string.format('%.0f %d', user_minute, user_refreshes + 1)
    else
      stored = struct.pack('>I7I4', user_minute, user_refreshes + 1)
    end
    if user_refreshes > 0 then
      redis.call('SET', user_minute_key, stored, 'KEEPTTL')
    else
      redis.call('SET', user_minute_key, stored, 'PX', '120000')
    end
  end
  if class == 'retried' then
    return { class, record.tag, record.sealed }
  elseif class == 'shared' then
    return { class, record.from, record.tag, record.sealed }
  end
  return 'rotated'
end
