-- Ends sessions of a user, at most so many, and refuses every refresh token that the former service gave him. Tells how
-- many were alive and whether there may be more, and names their access tokens.
-- KEYS: the user's sessions, the mark that refuses
-- ARGV: now, reason, prefix of sessions, prefix of refresh tokens, margin, tombstone, batch, life of the mark
local now, batch = tonumber(ARGV[1]), tonumber(ARGV[7])
local moment = { now = now, margin = tonumber(ARGV[5]), tombstone = tonumber(ARGV[6]) }
redis.call('SET', KEYS[2], '1', 'PX', ARGV[8])
local answer, alive, looked_at = { 'ended', '0', '0' }, 0, 0
for _, sid in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if looked_at == batch then
    answer[3] = '1'
    break
  end
  looked_at = looked_at + 1
  local keys = { session = ARGV[3] .. sid, sessions = KEYS[1], token_prefix = ARGV[4] }
  local record, live = load(keys.session)
  if not record then
    redis.call('ZREM', KEYS[1], sid)
  elseif not record.ended then
    if tonumber(record.expires) > now then
      alive = alive + 1
    end
    close(keys, sid, record, live, ARGV[2], moment, answer)
  elseif not record.pending or not name_tokens(answer, sid, live, now, moment.margin) then
    redis.call('ZREM', KEYS[1], sid)
  end
end
answer[2] = alive
return answer
