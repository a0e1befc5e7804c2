-- Ends the sessions of a user, at most one batch, and rejects the legacy refresh tokens of the user. Mirrors
-- `session_rules::end_all`. The reply has the number of sessions that were alive, whether there may be more, the number of
-- records that this release cannot read, and the access tokens to denylist.
local sessions_key, legacy_rejected_key = unpack(KEYS)
local now, reason, session_prefix, token_prefix, margin, tombstone, batch, legacy_lifetime = unpack(ARGV)
now, margin, tombstone = tonumber(now), tonumber(margin), tonumber(tombstone)

redis.call('SET', legacy_rejected_key, '1', 'PX', legacy_lifetime)
local reply, alive, may_be_more, newer, looked_at = { 'ended', 0, 0, 0 }, 0, 0, 0, 0
for _, id in ipairs(redis.call('ZRANGE', sessions_key, 0, -1)) do
  if looked_at == tonumber(batch) then
    may_be_more = 1
    break
  end
  local session = { id = id, key = session_prefix .. id, sessions_key = sessions_key, token_prefix = token_prefix }
  local record, live_tokens = load_record(session.key)
  if record and is_newer(record.v) then
    newer = newer + 1
  else
    looked_at = looked_at + 1
    if record and not record.ended then
      if tonumber(record.expires) > now then
        alive = alive + 1
      end
      close(session, record, live_tokens, reason, now, margin, tombstone, reply)
    elseif not record or not complete(id, record, live_tokens, now, margin, reply) then
      redis.call('ZREM', sessions_key, id)
    end
  end
end
reply[2], reply[3], reply[4] = alive, may_be_more, newer
return reply
