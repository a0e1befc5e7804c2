-- Takes a rotation back whose successor nobody has received: the caller was told that the service is away. Does nothing
-- where the session has gone on, or where the successor was handed out after all.
-- KEYS: session, the presented token, its successor
-- ARGV: now, session id, presented digest, successor digest, access token
local now, sid, presented, successor = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local record = load(KEYS[1])
if not record or record.ended or record.replayed or record.current ~= successor or record.previous ~= presented then
  return { 'kept' }
end
local expires = tonumber(record.expires_before)
redis.call('DEL', KEYS[3])
redis.call('HDEL', KEYS[1], 't' .. ARGV[5], 'before', 'rotated_before', 'expires_before', 'previous', 'replay_tag', 'replay',
  'replay_rest')
redis.call('HDEL', KEYS[1], 'from')
-- Whoever presented the token has it: an older doubt must not take it back as well.
redis.call('HSET', KEYS[1], 'current', presented, 'rotated', record.rotated_before, 'expires', record.expires_before,
  'generation', record.generation - 1, 'replayed', '1')
if record.before ~= '' then
  redis.call('HSET', KEYS[1], 'previous', record.before)
end
redis.call('SET', KEYS[2], sid, 'PX', lifetime(expires - now))
return { 'disowned' }
