-- Opens a session. Where the user has as many as he may, those idle longest end; their access tokens are named,
-- and those of sessions whose end is still pending: a login that is repeated completes what it began.
-- KEYS: session, its first refresh token, the user's sessions
-- ARGV: now, session id, tenant, digest, expires, ends, access token, its expiry, limit, margin, tombstone
local now, sid, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[9])
local expires, ends = math.min(tonumber(ARGV[5]), tonumber(ARGV[6])), tonumber(ARGV[6])
local margin, tombstone = tonumber(ARGV[10]), tonumber(ARGV[11])
local moment = { now = now, margin = margin, tombstone = tombstone }
local answer = { 'opened' }

if redis.call('ZCARD', KEYS[3]) >= limit then
  -- Only now is it worth looking at each: some have expired unnoticed.
  local prefix = string.sub(KEYS[1], 1, -1 - #sid)
  local alive = {}
  for _, other in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
    local seen = redis.call('HMGET', prefix .. other, 'expires', 'rotated', 'ended', 'pending')
    if not seen[1] then
      redis.call('ZREM', KEYS[3], other)
    elseif not seen[3] and tonumber(seen[1]) > now then
      alive[#alive + 1] = { other, tonumber(seen[2]) }
    elseif seen[4] then
      local _, live = load(prefix .. other)
      name_tokens(answer, other, live, now, margin)
    end
  end
  table.sort(alive, function(a, b) return a[2] < b[2] end)
  for i = 1, #alive + 1 - limit do
    local keys = { session = prefix .. alive[i][1], sessions = KEYS[3] }
    keys.token_prefix = string.sub(KEYS[2], 1, -1 - #ARGV[4])
    local record, live = load(keys.session)
    close(keys, alive[i][1], record, live, 'revoked', moment, answer)
  end
end

redis.call('HSET', KEYS[1], 'tenant', ARGV[3], 'created', ARGV[1], 'expires', expires, 'ends', ARGV[6],
  'current', ARGV[4], 'generation', '0', 'rotated', ARGV[1], 't' .. ARGV[7], ARGV[8])
-- The record outlives its last access token, so that this can still be revoked.
keep(KEYS[1], nil, math.max(expires, tonumber(ARGV[8]) + margin), now)
redis.call('SET', KEYS[2], sid, 'PX', lifetime(expires - now))
redis.call('ZADD', KEYS[3], ARGV[6], sid)
-- As long as the user's longest session.
if redis.call('PTTL', KEYS[3]) < lifetime(ends - now + tombstone) then
  redis.call('PEXPIRE', KEYS[3], lifetime(ends - now + tombstone))
end
return answer
