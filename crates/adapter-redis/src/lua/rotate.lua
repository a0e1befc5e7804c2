-- Replaces the presented refresh token by its successor. Mirrors `session_rules::rotate`; the functions have the same names.
local session_key, presented_key, successor_key, sessions_key = unpack(KEYS)
local now, session_id, tenant, presented, successor, expires_at, reuse_leeway, access_token, access_expires_at, released,
  retry_tag, sealed, sealed_rest, max_live_tokens, margin, tombstone, rotated_from = unpack(ARGV)
now, reuse_leeway, max_live_tokens = tonumber(now), tonumber(reuse_leeway), tonumber(max_live_tokens)
margin, tombstone = tonumber(margin), tonumber(tombstone)
local times = { now = now, margin = margin, tombstone = tombstone }
local token_field = 't' .. access_token

local function classify_predecessor(record)
  if record.replay_tag == retry_tag then
    return 'retried'
  end
  -- A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
  if math.abs(now - tonumber(record.rotated)) < reuse_leeway then
    return 'already_used'
  end
  return 'used'
end

local function classify(record)
  if record.tenant ~= tenant then
    return 'tenant_mismatch'
  end
  local is_current = record.current == presented
  local is_predecessor = not is_current and record.previous == presented
  if is_predecessor and record.current == successor then
    return 'repeated'
  elseif now >= tonumber(record.expires) then
    return 'expired'
  elseif is_current then
    return 'current'
  elseif is_predecessor then
    return classify_predecessor(record)
  end
  return 'used'
end

-- Returns the fields of tokens that are dropped for the new one, and the expiry of the last token. If the record is full,
-- returns nil and the token that expires first.
local function remember(live_tokens)
  local released_field = 't' .. released
  local dropped, count, is_known, oldest, last = {}, 0, false, nil, tonumber(access_expires_at)
  for _, token in ipairs(live_tokens) do
    if not is_live(token, now, margin) or token[1] == released_field then
      dropped[#dropped + 1] = token[1]
    else
      count = count + 1
      is_known = is_known or token[1] == token_field
      last = math.max(last, token[2])
      if not oldest or token[2] < oldest[2] or (token[2] == oldest[2] and is_less(token[1], oldest[1])) then
        oldest = token
      end
    end
  end
  if oldest and not is_known and count >= max_live_tokens then
    return nil, oldest
  end
  return dropped, last
end

-- Consumes the presented token. Returns the expiry of the successor, or nil if the presented token is gone.
local function advance(record, dropped)
  if not redis.call('GETDEL', presented_key) then
    return nil
  end
  if record.replay_tag then
    for _, field in ipairs({ 'replay_tag', 'replay', 'replay_rest' }) do
      dropped[#dropped + 1] = field
    end
  end
  if record.rotated_before then
    -- The release before this one could undo a rotation, and kept these fields for it.
    for _, field in ipairs({ 'before', 'rotated_before', 'expires_before', 'replayed' }) do
      dropped[#dropped + 1] = field
    end
  end
  local cut = tonumber(expires_at) < tonumber(record.ends) and expires_at or record.ends
  redis.call('SET', successor_key, session_id, 'PX', to_milliseconds(cut - now))
  if #dropped > 0 then
    redis.call('HDEL', session_key, unpack(dropped))
  end
  redis.call('HSET', session_key, 'current', successor, 'previous', presented, 'generation', record.generation + 1,
    'rotated', now, 'expires', cut, 'from', rotated_from, token_field, access_expires_at)
  if retry_tag ~= '' then
    redis.call('HSET', session_key, 'replay_tag', retry_tag, 'replay', sealed, 'replay_rest', sealed_rest)
  end
  return tonumber(cut)
end

local record, live_tokens = load_record(session_key)
if not record then
  return { 'unknown' }
end
assert_format(record.v)
if record.ended then
  local reply = { 'ended', record.reason }
  complete(session_id, record, live_tokens, times, reply)
  return reply
end

local class = classify(record)
if class == 'used' then
  local reply = { 'reuse_detected' }
  local session = { id = session_id, key = session_key, sessions_key = sessions_key }
  session.token_prefix = string.sub(presented_key, 1, -1 - #presented)
  close(session, record, live_tokens, 'reuse_detected', times, reply)
  return reply
elseif class == 'already_used' then
  return { class, record.from or '' }
elseif class == 'tenant_mismatch' or class == 'expired' then
  return { class }
end

local dropped, last = remember(live_tokens)
if not dropped then
  return { 'at_capacity', string.sub(last[1], 2), last[2] }
end
local record_expires_at = tonumber(record.expires)
if class == 'current' then
  record_expires_at = advance(record, dropped)
  if not record_expires_at then
    return { 'expired' }
  end
else
  if #dropped > 0 then
    redis.call('HDEL', session_key, unpack(dropped))
  end
  redis.call('HSET', session_key, token_field, access_expires_at)
end
keep(session_key, record.kept, math.max(record_expires_at, last + margin), now)
if class == 'retried' then
  return { 'retried', record.replay_tag, record.replay .. record.replay_rest }
end
return { 'rotated' }
