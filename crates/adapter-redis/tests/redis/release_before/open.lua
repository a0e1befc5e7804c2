-- Opens a session. Mirrors `session_rules::open` and `surplus`: if the user has too many sessions, those idle longest end.
-- The reply names their access tokens, and those of sessions that are still pending: a repeat completes the sessions that
-- the first call ended.
local session_key, token_key, sessions_key = unpack(KEYS)
local now, session_id, tenant, digest, expires_at, ends_at, access_token, access_expires_at, max_sessions, margin, tombstone,
  predecessor, retry_tag, sealed, sealed_rest, presented_from = unpack(ARGV)
now, margin, tombstone = tonumber(now), tonumber(margin), tonumber(tombstone)
expires_at, ends_at, max_sessions = tonumber(expires_at), tonumber(ends_at), tonumber(max_sessions)
local reply = { 'opened' }

-- Returns the live sessions of the user as { id, rotated at }, those idle longest first.
local function live_sessions(prefix)
  local live = {}
  for _, id in ipairs(redis.call('ZRANGE', sessions_key, 0, -1)) do
    local expires, rotated, ended, pending, version =
      unpack(redis.call('HMGET', prefix .. id, 'expires', 'rotated', 'ended', 'pending', 'v'))
    if not expires then
      redis.call('ZREM', sessions_key, id)
    elseif is_newer(version) then
      -- A record that this release cannot read neither counts nor ends.
    elseif not ended and tonumber(expires) > now then
      live[#live + 1] = { id, tonumber(rotated) }
    elseif pending then
      local record, live_tokens = load_record(prefix .. id)
      complete(id, record, live_tokens, now, margin, reply)
    end
  end
  table.sort(live, function(a, b)
    return a[2] < b[2] or (a[2] == b[2] and is_less(a[1], b[1]))
  end)
  return live
end

local is_repeat = redis.call('EXISTS', session_key) == 1

-- The number of ids is no less than the number of live sessions, so most logins read no other record.
if redis.call('ZCARD', sessions_key) >= max_sessions then
  local prefix = string.sub(session_key, 1, -1 - #session_id)
  local live = live_sessions(prefix)
  for i = 1, is_repeat and 0 or #live + 1 - max_sessions do
    -- If max_sessions is 0, the loop has one turn more than there are sessions.
    if live[i] then
      local surplus = { id = live[i][1], key = prefix .. live[i][1], sessions_key = sessions_key }
      surplus.token_prefix = string.sub(token_key, 1, -1 - #digest)
      local record, live_tokens = load_record(surplus.key)
      close(surplus, record, live_tokens, 'revoked', now, margin, tombstone, reply)
    end
  end
end

if is_repeat then
  return reply
end
expires_at = math.min(expires_at, ends_at)
redis.call('HSET', session_key, 'v', FORMAT, 'tenant', tenant, 'created', now, 'expires', expires_at, 'ends', ends_at,
  'current', digest, 'generation', '0', 'rotated', now, 't' .. access_token, access_expires_at)
if predecessor ~= '' then
  redis.call('HSET', session_key, 'previous', predecessor, 'from', presented_from)
end
if retry_tag ~= '' then
  redis.call('HSET', session_key, 'replay_tag', retry_tag, 'replay', sealed, 'replay_rest', sealed_rest)
end
-- The record outlives its last access token, so that this can still be revoked.
keep(session_key, nil, math.max(expires_at, tonumber(access_expires_at) + margin), now)
redis.call('SET', token_key, session_id, 'PX', to_milliseconds(expires_at - now))
redis.call('ZADD', sessions_key, ends_at, session_id)
local lifetime = to_milliseconds(ends_at - now + tombstone)
if redis.call('PTTL', sessions_key) < lifetime then
  redis.call('PEXPIRE', sessions_key, lifetime)
end
return reply
