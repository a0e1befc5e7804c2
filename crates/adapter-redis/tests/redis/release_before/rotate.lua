-- Replaces the presented refresh token by its successor. Mirrors `session_rules::rotate`; the functions have the same names.
-- They take what they need as parameters, because each captured variable costs time in every call.
-- `retry_tag` is empty if there is no sealed successor. Numbers that are stored stay text, which Lua would round.
local session_key, presented_key, successor_key, sessions_key, user_minute_key = unpack(KEYS)
local now, session_id, tenant, presented, successor, expires_at, reuse_leeway, access_token, access_expires_at, released,
  retry_tag, sealed, sealed_rest, max_live_tokens, margin, tombstone, rotated_from, is_shared, per_session, per_user,
  max_retries, is_repeat = unpack(ARGV)
local rotated_at = now
now, reuse_leeway, max_live_tokens = tonumber(now), tonumber(reuse_leeway), tonumber(max_live_tokens)
margin, tombstone = tonumber(margin), tonumber(tombstone)
per_session, per_user, max_retries = tonumber(per_session), tonumber(per_user), tonumber(max_retries)
is_shared, is_repeat = is_shared == '1', is_repeat == '1'
local token_field = 't' .. access_token

-- The tag of a successor that was sealed without an idempotency key: no call retries it. It is stored, because a release
-- that shares no successor drops the fields of a sealed successor only if there is a tag.
local NO_KEY = '-'

local function classify_predecessor(record, tag, shares, leeway, at)
  if record.replay_tag == tag and tag ~= NO_KEY then
    return 'retried'
  end
  -- A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
  if math.abs(at - tonumber(record.rotated)) >= leeway then
    return 'used'
  elseif shares and record.replay_tag then
    return 'shared'
  end
  return 'already_used'
end

local function classify(record, of_tenant, token, new_token, tag, shares, repeats, leeway, at)
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
    return classify_predecessor(record, tag, shares, leeway, at)
  end
  -- `classify_older`
  return repeats and 'already_used' or 'used'
end

-- `RefreshMinute::at`. Returns the start, the number of refreshes, and the time until the minute has passed.
local function minute_at(started, refreshes, at, at_text)
  local passed = started and at - tonumber(started)
  if passed and passed >= -10000000 and passed < 60000000 then
    return started, tonumber(refreshes), 60000000 - passed
  end
  return at_text, 0, 60000000
end

local function append(list, ...)
  local count = #list
  for i = 1, select('#', ...) do
    list[count + i] = (select(i, ...))
  end
end

local function has_token(live_tokens, wanted)
  for i = 1, #live_tokens do
    if live_tokens[i][1] == wanted then
      return true
    end
  end
  return false
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
  -- `ended`
  local is_reuse = is_repeat and record.reason == 'reuse_detected'
  local reply = is_reuse and { 'reuse_detected', '' } or { 'ended', record.reason }
  if record.pending then
    name_tokens(reply, session_id, live_tokens, now, margin)
  end
  return reply
end

local class = classify(record, tenant, presented, successor, retry_tag, is_shared, is_repeat, reuse_leeway, now)
if class == 'used' then
  local reply = { 'reuse_detected', record.from or '' }
  local session = { id = session_id, key = session_key, sessions_key = sessions_key }
  session.token_prefix = string.sub(presented_key, 1, -1 - #presented)
  close(session, record, live_tokens, 'reuse_detected', now, margin, tombstone, reply)
  return reply
elseif class == 'already_used' then
  return { class, record.from or '' }
elseif class == 'tenant_mismatch' or class == 'expired' then
  return { class }
end

-- `count`: the limits, before anything is consumed. A repeat counts once.
local minute, refreshes, retries, user_minute, user_refreshes
if class == 'current' or (class ~= 'repeated' and not has_token(live_tokens, token_field)) then
  local rest, user_rest
  minute, refreshes, rest = minute_at(record.minute, record.refreshes, now, rotated_at)
  -- A new minute has as many retries again.
  retries = refreshes > 0 and tonumber(record.retries or 0) or 0
  if class ~= 'current' and retries >= max_retries then
    return { 'rate_limited', 'retries', rest }
  end
  if per_session == 0 or refreshes < per_session then
    rest = 0
  end
  user_rest = 0
  if per_user > 0 then
    local started, count = string.match(redis.call('GET', user_minute_key) or '', '^(%d+) (%d+)$')
    user_minute, user_refreshes, user_rest = minute_at(started, count, now, rotated_at)
    if user_refreshes < per_user then
      user_rest = 0
    end
  end
  if rest > 0 or user_rest > 0 then
    return { 'rate_limited', rest >= user_rest and 'session' or 'user', math.max(rest, user_rest) }
  end
end

local dropped, last = remember(live_tokens, token_field, tonumber(access_expires_at), 't' .. released, max_live_tokens,
  now - margin)
if not dropped then
  return { 'at_capacity', string.sub(last[1], 2), last[2] }
end
local record_expires_at = record.expires
local fields
if class == 'current' then
  -- `advance`: the presented token is consumed here, and nowhere else.
  if not redis.call('GETDEL', presented_key) then
    return { 'expired' }
  end
  record_expires_at = tonumber(expires_at) < tonumber(record.ends) and expires_at or record.ends
  redis.call('SET', successor_key, session_id, 'PX', to_milliseconds(record_expires_at - now))
  fields = { 'current', successor, 'previous', presented, 'generation', record.generation + 1, 'rotated', rotated_at,
    'expires', record_expires_at, 'from', rotated_from, token_field, access_expires_at }
  if retry_tag ~= '' then
    append(fields, 'replay_tag', retry_tag, 'replay', sealed, 'replay_rest', sealed_rest)
  elseif record.replay_tag then
    append(dropped, 'replay_tag', 'replay', 'replay_rest')
  end
  if record.retries then
    append(dropped, 'retries')
  end
  if record.rotated_before then
    -- An earlier release could undo a rotation, and kept these fields for it.
    append(dropped, 'before', 'rotated_before', 'expires_before', 'replayed')
  end
else
  fields = { token_field, access_expires_at }
  if minute then
    -- `retry`
    append(fields, 'retries', retries + 1)
  end
  if class ~= 'repeated' and record.rotated_before then
    -- An instance of that earlier release does not undo a rotation with this mark: its successor is in use.
    append(fields, 'replayed', '1')
  end
end
if minute and (per_session > 0 or class ~= 'current') then
  append(fields, 'minute', minute, 'refreshes', refreshes + 1)
end
if dropped[1] then
  redis.call('HDEL', session_key, unpack(dropped))
end
redis.call('HSET', session_key, unpack(fields))
if user_minute then
  -- The lifetime is only a cleanup: the time of the call decides whether the minute has passed.
  redis.call('SET', user_minute_key, user_minute .. ' ' .. user_refreshes + 1, 'PX', 120000)
end
keep(session_key, record.kept, math.max(record_expires_at, last + margin), now)
if class == 'retried' then
  return { class, record.replay_tag, record.replay .. record.replay_rest }
elseif class == 'shared' then
  return { class, record.from or '', record.replay_tag, record.replay .. record.replay_rest }
end
return { 'rotated' }
