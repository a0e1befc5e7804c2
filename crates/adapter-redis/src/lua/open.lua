-- Opens a session. Mirrors `session_rules::open` and `surplus`: if the user has too many sessions, those idle longest end.
-- The reply names their access tokens, and those of sessions that are still pending: a repeat completes the sessions that
-- the first call ended.
-- KEYS: its record; its refresh token; the sessions of the user
-- ARGV: the fixed part, which ends with the tag and the sealed successor
local session_key, token_key, sessions_key = unpack(KEYS)
local now, expires_at, ends_at, margin, tombstone, access_expires_at, max_sessions, format, denylists, is_sealed, has_from, access_token,
  from, tenant, predecessor, digest, sealed_at = struct.unpack('>i8i8i8i8i8i8I4BBBBc16c16c16c32c32', ARGV[1])
local session_id, session_prefix = string.sub(session_key, -36), string.sub(session_key, 1, -37)
local reply = { 'opened' }

-- Returns whether the left one of two sessions was idle longer.
local function is_idle_longer(left, right)
  if left.rotated ~= right.rotated then
    return left.rotated < right.rotated
  end
  -- By their bytes: the operator compares them by the locale of the server.
  for i = 1, #left.id do
    local a, b = string.byte(left.id, i), string.byte(right.id, i)
    if a ~= b then
      return a < b
    end
  end
  return false
end

local function session_of(id)
  return {
    id = id, key = session_prefix .. id, sessions_key = sessions_key, token_prefix = string.sub(token_key, 1, -65),
    denylists = denylists == 1,
  }
end

-- Returns those of the sessions that are live, those idle longest first.
local function live_sessions(ids)
  local live = {}
  for _, id in ipairs(ids) do
    local summary, problem = load_summary(session_prefix .. id, format)
    if problem then
      -- A record that this release cannot read neither counts nor ends.
    elseif not summary then
      redis.call('ZREM', sessions_key, id)
    elseif not summary.ended and summary.expires > now then
      live[#live + 1] = { id = id, rotated = summary.rotated }
    elseif summary.pending then
      local record = load_record(session_prefix .. id, format)
      if record then
        complete(session_of(id), record, now, margin, reply)
      end
    end
  end
  table.sort(live, is_idle_longer)
  return live
end

local is_repeat = redis.call('EXISTS', session_key) == 1

-- The number of ids is no less than the number of live sessions, so most logins read no other record.
if redis.call('ZCARD', sessions_key) >= max_sessions then
  local ids, moving = listed_sessions(sessions_key, session_prefix)
  if moving then
    return moving
  end
  local live = live_sessions(ids)
  for i = 1, is_repeat and 0 or #live + 1 - max_sessions do
    -- If max_sessions is 0, the loop has one turn more than there are sessions.
    local record = live[i] and load_record(session_prefix .. live[i].id, format)
    if record then
      close(session_of(live[i].id), record, 'revoked', now, margin, tombstone, reply)
    end
  end
end

if is_repeat then
  return reply
end
local expires, tenant_id, current, previous = math.min(expires_at, ends_at), tenant, digest, predecessor
if format == 1 then
  tenant_id, current = uuid_text(tenant, 1), hex(digest)
  previous = predecessor ~= NONE .. NONE and hex(predecessor) or nil
end
-- The record outlives its last access token, so that this can still be revoked.
local needed = math.max(expires, access_expires_at + margin)
local sealed = is_sealed == 1 and string.sub(ARGV[1], sealed_at) or ''
local kept, minute, refreshes, generation, retries, tokens, first, last = 0, 0, 0, 0, 0, '', 1, 0
-- The first write of the script: Redis rejects it if maxmemory is reached, and does not check the writes after it.
redis.call('SET', token_key, session_id, 'PX', to_milliseconds(expires - now))
save_fields(session_key, now, nil, needed, access_token, access_expires_at, sealed, format, tenant_id, current, previous,
  has_from == 1 and from or '', now, now, expires, ends_at, kept, minute, refreshes, generation, retries, tokens, first, last)
redis.call('ZADD', sessions_key, ends_at, session_id)
local lifetime = to_milliseconds(ends_at - now + tombstone)
if redis.call('PTTL', sessions_key) < lifetime then
  redis.call('PEXPIRE', sessions_key, lifetime)
end
return reply
