-- Replaces the presented refresh token by its successor. Mirrors `session_rules::rotate`; the comments name its functions.
-- This part makes no function, because each one costs time in every call.
-- KEYS: the record; the presented token; its successor; with a limit of the user also the last minute of the user
-- ARGV: the fixed part, which ends with the tag and the sealed successor; the tenant as the format has it; the lifetime of the
-- successor in milliseconds
local session_key, presented_key, successor_key, user_minute_key = unpack(KEYS)
local now, expires_at, access_expires_at, reuse_leeway, margin, tombstone, per_session, per_user, max_live_tokens, max_retries,
  write_format, denylists, is_shared, releases_oldest, is_sealed, has_from, access_token, released, rotated_from, presented, successor, sealed_at =
  struct.unpack('>i8i8i8i8i8i8I4I4I4I4BBBBBBc16c16c16c32c32', ARGV[1])
if write_format == 1 then
  presented, successor = string.sub(presented_key, -64), string.sub(successor_key, -64)
end

local problem, format, tenant, current, previous, from, created, rotated, expires, ends, kept, minute, refreshes, generation,
  retries, tokens, first, last, ended, reason, pending, stored = load_fields(session_key, write_format, write_format)
if problem then
  error(problem)
elseif not format then
  return { 'unknown' }
end

local class = 'ended'
if not reason then
  -- `classify`
  local is_predecessor = previous == presented
  if tenant ~= ARGV[2] then
    return { 'tenant_mismatch' }
  elseif is_predecessor and current == successor then
    class = 'repeated'
  elseif now >= expires then
    return { 'expired' }
  elseif current == presented then
    class = 'current'
  elseif not is_predecessor then
    -- `classify_older`
    class = is_repeat and 'already_used' or 'used'
  else
    -- `classify_predecessor`
    local tag, own_tag = string.sub(tokens, last + 1, last + 16), string.sub(ARGV[1], sealed_at, sealed_at + 15)
    if is_sealed == 1 and own_tag ~= NONE and tag == own_tag then
      class = 'retried'
    elseif math.abs(now - rotated) >= reuse_leeway then
      -- A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
      class = 'used'
    else
      class = is_shared == 1 and tag ~= '' and 'shared' or 'already_used'
    end
  end
  if class == 'already_used' then
    return { class, from }
  end
end

local reply, released_tokens
if class ~= 'ended' and class ~= 'used' then
  local known_at = string.find(tokens, access_token, first, true)
  local is_known = known_at and known_at < last

  -- `count`: the limits, before anything is consumed. A repeat counts once. The minutes are those of `RefreshMinute::at`.
  local user_minute, user_refreshes
  if class == 'current' or class ~= 'repeated' and not is_known then
    local rest, user_rest, this_minute, so_far = 0, 0, minute, refreshes
    if now < minute - 10000000 or now >= minute + 60000000 then
      this_minute, so_far = now, 0
    end
    -- A new minute has as many retries again.
    if so_far == 0 then
      retries = 0
    end
    if class ~= 'current' and retries >= max_retries then
      return { 'rate_limited', 'retries', this_minute + 60000000 - now }
    end
    if per_session > 0 and so_far >= per_session then
      rest = this_minute + 60000000 - now
    end
    if per_user > 0 then
      local counted = redis.call('GET', user_minute_key)
      user_minute, user_refreshes = 0, 0
      if counted and #counted == 11 then
        user_minute, user_refreshes = struct.unpack('>I7I4', counted)
      elseif counted then
        user_minute, user_refreshes = string.match(counted, '^(%d+) (%d+)$')
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
      retries = retries + 1
    end
    if per_session > 0 or class ~= 'current' then
      minute, refreshes = this_minute, so_far + 1
    end
  end

  -- `remember`: the tokens are in the order of their expiry.
  local sealed = string.sub(tokens, last + 1)
  while first < last and struct.unpack('>I7', tokens, first) <= now - margin do
    first = first + TOKEN_SIZE
  end
  is_known = is_known and known_at > first and access_token ~= released
  local released_at = released ~= NONE and string.find(tokens, released, first, true)
  if released_at and released_at < last then
    tokens = string.sub(tokens, first, released_at - 8) .. string.sub(tokens, released_at + 16, last)
    first, last = 1, #tokens
  end
  if releases_oldest == 1 and denylists == 1 then
    -- Those that expire 10 s later than the token of this call were issued while a clock was ahead.
    local at = last + 1
    while at > first and struct.unpack('>I7', tokens, at - TOKEN_SIZE) > access_expires_at + 10000000 do
      at = at - TOKEN_SIZE
    end
    if at <= last then
      released_tokens = string.sub(tokens, at, last)
      tokens = string.sub(tokens, first, at - 1)
      first, last = 1, #tokens
    end
  end
  if not is_known and last - first + 1 >= TOKEN_SIZE * max_live_tokens then
    -- Equal times are ordered by id, as three numbers.
    local expiry, a, b, c = struct.unpack('>I7I6I6I4', tokens, first)
    local oldest_at = first
    for position = first + TOKEN_SIZE, last, TOKEN_SIZE do
      local other, d, e, f = struct.unpack('>I7I6I6I4', tokens, position)
      if other == expiry and (d < a or d == a and (e < b or e == b and f < c)) then
        oldest_at, a, b, c = position, d, e, f
      end
    end
    local oldest = string.sub(tokens, oldest_at, oldest_at + TOKEN_SIZE - 1)
    if denylists == 0 or releases_oldest == 0 then
      return { 'at_capacity', oldest }
    end
    released_tokens = oldest .. (released_tokens or '')
    tokens = string.sub(tokens, first, oldest_at - 1) .. string.sub(tokens, oldest_at + TOKEN_SIZE, last)
    first, last = 1, #tokens
  end

  if class == 'current' then
    -- `advance`. A right that is missing stops the script. So everything that needs one comes before the record, which alone decides
    -- that the presented token is consumed. If maxmemory is reached, Redis rejects a script whose first write takes memory. So the
    -- first one is this, which keeps the lifetime.
    if redis.call('PEXPIRE', presented_key, math.ceil((expires - now) / 1000)) == 0 then
      return { 'expired' }
    end
    if released_tokens then
      -- `revoke` needs it after the record is written.
      redis.call('PTTL', 'auth:jwt:revoked:')
    end
    -- `start_by`: a clock was ahead when the session was opened.
    if created > now + 10000000 then
      created, ends = now, ends - (created - now)
    end
    local lifetime = ARGV[3]
    if expires_at > ends then
      expires_at = ends
      lifetime = math.ceil((expires_at - now) / 1000)
    end
    redis.call('SET', successor_key, format == 1 and string.sub(session_key, -36) or '1', 'PX', lifetime)
    current, previous, generation, rotated, expires, retries = successor, presented, generation + 1, now, expires_at, 0
    from = has_from == 1 and rotated_from or ''
    sealed = is_sealed == 1 and string.sub(ARGV[1], sealed_at) or ''
  end
  if user_minute then
    -- The lifetime is only a cleanup: the time of the call decides whether the minute has passed.
    local counted
    if format == 1 then
      counted = string.format('%.0f %d', user_minute, user_refreshes + 1)
    else
      counted = struct.pack('>I7I4', user_minute, user_refreshes + 1)
    end
    if user_refreshes > 0 then
      redis.call('SET', user_minute_key, counted, 'KEEPTTL')
    else
      redis.call('SET', user_minute_key, counted, 'PX', '120000')
    end
  end
  local needed = math.max(expires, access_expires_at + margin)
  save_fields(session_key, now, nil, needed, not is_known and access_token, access_expires_at, sealed, format, tenant, current,
    previous, from, created, rotated, expires, ends, kept, minute, refreshes, generation, retries, tokens, first, last, ended,
    reason, pending, stored)
  if class == 'current' then
    -- It is unusable already, and its lifetime is a cleanup.
    redis.pcall('DEL', presented_key)
  end
  if class == 'retried' then
    reply = { class, sealed }
  elseif class == 'shared' then
    reply = { class, from, sealed }
  else
    reply = 'rotated'
  end
  if not released_tokens then
    return reply
  end
end
