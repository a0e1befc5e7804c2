-- Replaces the presented refresh token by its successor. Mirrors `session_rules::rotate`; the functions have the same names.
-- They take what they need as parameters, because each captured variable costs time in every call.
local session_key, presented_key, successor_key, sessions_key = unpack(KEYS)
local now, session_id, tenant, presented, successor, expires_at, reuse_leeway, access_token, access_expires_at, released,
  retry_tag, sealed, sealed_rest, max_live_tokens, margin, tombstone, rotated_from = unpack(ARGV)
local rotated_at = now
now, reuse_leeway, max_live_tokens = tonumber(now), tonumber(reuse_leeway), tonumber(max_live_tokens)
margin, tombstone = tonumber(margin), tonumber(tombstone)
local token_field = 't' .. access_token

local function classify_predecessor(record, tag, leeway, at)
  if record.replay_tag == tag then
    return 'retried'
  end
  -- A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
  if math.abs(at - tonumber(record.rotated)) < leeway then
    return 'already_used'
  end
  return 'used'
end

local function classify(record, of_tenant, token, new_token, tag, leeway, at)
  if record.tenant ~= of_tenant then
    return 'tenant_mismatch'
  end
  local is_current = record.current == token
  local is_predecessor = not is_current and record.previous == token
  if is_predecessor and record.current == new_token then
    return 'repeated'
  elseif at >= tonumber(record.expires) then
    return 'expired'
  elseif is_current then
    return 'current'
  elseif is_predecessor then
    return classify_predecessor(record, tag, leeway, at)
  end
  return 'used'
end

-- Returns the fields of tokens that are dropped for the new one, and the expiry of the last token. If the record is full,
-- returns nil and the token that expires first.
local function remember(live_tokens, new_field, new_expiry, released_field, max_count, oldest_live)
  local dropped, count, is_known, oldest, last = {}, 0, false, nil, new_expiry
  for i = 1, #live_tokens do
    local token = live_tokens[i]
    local field, expiry = token[1], token[2]
    if expiry <= oldest_live or field == released_field then
      dropped[#dropped + 1] = field
    else
      count = count + 1
      is_known = is_known or field == new_field
      if expiry > last then
        last = expiry
      end
      if not oldest or expiry < oldest[2] or (expiry == oldest[2] and is_less(field, oldest[1])) then
        oldest = token
      end
    end
  end
  if oldest and not is_known and count >= max_count then
    return nil, oldest
  end
  return dropped, last
end

local record, live_tokens = load_record(session_key)
if not record then
  return { 'unknown' }
end
if is_newer(record.v) then
  error(NEWER)
end
if record.ended then
  local reply = { 'ended', record.reason }
  if record.pending then
    name_tokens(reply, session_id, live_tokens, now, margin)
  end
  return reply
end

local class = classify(record, tenant, presented, successor, retry_tag, reuse_leeway, now)
if class == 'used' then
  local reply = { 'reuse_detected' }
  local session = { id = session_id, key = session_key, sessions_key = sessions_key }
  session.token_prefix = string.sub(presented_key, 1, -1 - #presented)
  close(session, record, live_tokens, 'reuse_detected', now, margin, tombstone, reply)
  return reply
elseif class == 'already_used' then
  return { class, record.from or '' }
elseif class == 'tenant_mismatch' or class == 'expired' then
  return { class }
end

local dropped, last = remember(live_tokens, token_field, tonumber(access_expires_at), 't' .. released, max_live_tokens,
  now - margin)
if not dropped then
  return { 'at_capacity', string.sub(last[1], 2), last[2] }
end
local record_expires_at = record.expires
if class == 'current' then
  -- `advance`: the presented token is consumed here, and nowhere else.
  if not redis.call('GETDEL', presented_key) then
    return { 'expired' }
  end
  record_expires_at = tonumber(expires_at) < tonumber(record.ends) and expires_at or record.ends
  redis.call('SET', successor_key, session_id, 'PX', to_milliseconds(record_expires_at - now))
  if record.replay_tag then
    redis.call('HDEL', session_key, 'replay_tag', 'replay', 'replay_rest')
  end
  if record.rotated_before then
    -- The release before this one could undo a rotation, and kept these fields for it.
    redis.call('HDEL', session_key, 'before', 'rotated_before', 'expires_before', 'replayed')
  end
  if dropped[1] then
    redis.call('HDEL', session_key, unpack(dropped))
  end
  redis.call('HSET', session_key, 'current', successor, 'previous', presented, 'generation', record.generation + 1,
    'rotated', rotated_at, 'expires', record_expires_at, 'from', rotated_from, token_field, access_expires_at)
  if retry_tag ~= '' then
    redis.call('HSET', session_key, 'replay_tag', retry_tag, 'replay', sealed, 'replay_rest', sealed_rest)
  end
else
  if dropped[1] then
    redis.call('HDEL', session_key, unpack(dropped))
  end
  redis.call('HSET', session_key, token_field, access_expires_at)
  if class == 'retried' and record.rotated_before then
    -- An instance of the release before this one does not undo a rotation with this mark: its successor is in use.
    redis.call('HSET', session_key, 'replayed', '1')
  end
end
keep(session_key, record.kept, math.max(record_expires_at, last + margin), now)
if class == 'retried' then
  return { 'retried', record.replay_tag, record.replay .. record.replay_rest }
end
return { 'rotated' }
