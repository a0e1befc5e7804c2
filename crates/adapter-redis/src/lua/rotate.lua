-- Replaces the presented refresh token by its successor.
-- KEYS: session, the presented token, its successor, the user's sessions
-- ARGV: now, session id, tenant, presented digest, successor digest, expires, leeway, access token, its expiry,
--       released access token or '', replay tag or '', sealed successor in two parts, capacity, margin, tombstone,
--       keyed hash of the client's address or ''
local now, presented, successor = tonumber(ARGV[1]), ARGV[4], ARGV[5]
local margin = tonumber(ARGV[15])
local record, live = load(KEYS[1])
if not record then
  return { 'unknown' }
end
if record.ended then
  local answer = { 'ended', record.reason }
  if record.pending then
    name_tokens(answer, ARGV[2], live, now, margin)
  end
  return answer
end
if record.tenant ~= ARGV[3] then
  return { 'tenant_mismatch' }
end

local expires = tonumber(record.expires)
local is_current, answer = presented == record.current, { 'rotated' }
if not is_current and not (presented == record.previous and successor == record.current) then
  if now >= expires then
    return { 'expired' }
  elseif presented == record.previous and record.replay_tag == ARGV[11] then
    answer = { 'retried', record.replay_tag, record.replay .. record.replay_rest }
  elseif presented == record.previous and math.abs(now - tonumber(record.rotated)) < tonumber(ARGV[7]) then
    -- A rotation in the future, by a clock that was ahead, must not prolong the leeway until then.
    return { 'already_used', record.from or '' }
  else
    answer = { 'reuse_detected' }
    local keys = { session = KEYS[1], sessions = KEYS[4] }
    keys.token_prefix = string.sub(KEYS[2], 1, -1 - #presented)
    local moment = { now = now, margin = margin, tombstone = tonumber(ARGV[16]) }
    close(keys, ARGV[2], record, live, 'reuse_detected', moment, answer)
    return answer
  end
end

-- The access token of this call needs a place, unless it has one already.
local field, released, last = 't' .. ARGV[8], 't' .. ARGV[10], tonumber(ARGV[9])
local count, known, oldest, forgotten = 0, false, nil, nil
for _, token in ipairs(live) do
  if token[2] + margin <= now or token[1] == released then
    forgotten = forgotten or {}
    forgotten[#forgotten + 1] = token[1]
  else
    count = count + 1
    known = known or token[1] == field
    last = math.max(last, token[2])
    if not oldest or token[2] < oldest[2] then
      oldest = token
    end
  end
end
if not known and count >= tonumber(ARGV[14]) then
  return { 'at_capacity', string.sub(oldest[1], 2), oldest[2] }
end

if is_current then
  if now >= expires or not redis.call('GETDEL', KEYS[2]) then
    return { 'expired' }
  end
  local cut = tonumber(ARGV[6]) < tonumber(record.ends) and ARGV[6] or record.ends
  expires = tonumber(cut)
  redis.call('SET', KEYS[3], ARGV[2], 'PX', lifetime(expires - now))
  if record.replay_tag then
    redis.call('HDEL', KEYS[1], 'replay_tag', 'replay', 'replay_rest')
  end
  if record.rotated_before then
    -- The release before this one could undo a rotation and kept these fields for it.
    redis.call('HDEL', KEYS[1], 'before', 'rotated_before', 'expires_before', 'replayed')
  end
  redis.call('HSET', KEYS[1], 'current', successor, 'previous', presented, 'generation', record.generation + 1,
    'rotated', ARGV[1], 'expires', cut, 'from', ARGV[17], field, ARGV[9])
  if ARGV[11] ~= '' then
    redis.call('HSET', KEYS[1], 'replay_tag', ARGV[11], 'replay', ARGV[12], 'replay_rest', ARGV[13])
  end
else
  redis.call('HSET', KEYS[1], field, ARGV[9])
end
if forgotten then
  redis.call('HDEL', KEYS[1], unpack(forgotten))
end
keep(KEYS[1], record.kept, math.max(expires, last + margin), now)
return answer
