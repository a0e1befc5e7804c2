-- Ends the sessions of a user, at most one batch, and rejects the legacy refresh tokens of the user. Mirrors
-- `session_rules::end_all`. The reply has the number of sessions that were alive, whether there may be more, the number of
-- records that this release cannot read, and the access tokens.
-- KEYS: the sessions of the user; the mark that rejects legacy tokens
-- ARGV: the fixed part; the common prefix of the records and that of the refresh tokens of the user; the reason
local sessions_key, legacy_rejected_key = unpack(KEYS)
local now, margin, tombstone, legacy_lifetime, batch, format, denylists = struct.unpack('>i8i8i8i8I4BB', ARGV[1])
local session_prefix, token_prefix, reason = unpack(ARGV, 2)

-- Before anything is written: a repeat does not count what this call has ended. Slots move in a cluster only, where the denylist is
-- on other servers.
local ids, moving = listed_sessions(sessions_key, session_prefix, denylists == 0)
if moving then
  return moving
end
redis.call('SET', legacy_rejected_key, '1', 'PX', legacy_lifetime)
local reply, alive, may_be_more, unreadable, looked_at = { 'ended', 0, 0, 0 }, 0, 0, 0, 0
for _, id in ipairs(ids) do
  if looked_at == batch then
    may_be_more = 1
    break
  end
  local session = { id = id, key = session_prefix .. id, sessions_key = sessions_key, token_prefix = token_prefix }
  session.denylists = denylists == 1
  local record, problem = load_record(session.key, format)
  if problem then
    unreadable = unreadable + 1
  else
    looked_at = looked_at + 1
    if not record or record.reason and not record.pending then
      redis.call('ZREM', sessions_key, id)
    elseif record.reason then
      complete(session, record, now, margin, reply)
    else
      if record.expires > now then
        alive = alive + 1
      end
      close(session, record, reason, now, margin, tombstone, reply)
    end
  end
end
reply[2], reply[3], reply[4] = alive, may_be_more, unreadable
return reply
