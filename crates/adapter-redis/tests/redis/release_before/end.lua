-- Ends a session. Mirrors `session_rules::end`. The reply names the access tokens to denylist.
local session_key, sessions_key = unpack(KEYS)
local now, session_id, reason, token_prefix, margin, tombstone = unpack(ARGV)
now, margin, tombstone = tonumber(now), tonumber(margin), tonumber(tombstone)

local record, live_tokens = load_record(session_key)
if not record then
  return { 'unknown' }
end
if is_newer(record.v) then
  error(NEWER)
end
local reply = { 'ended' }
if record.ended then
  complete(session_id, record, live_tokens, now, margin, reply)
else
  local session = { id = session_id, key = session_key, sessions_key = sessions_key, token_prefix = token_prefix }
  close(session, record, live_tokens, reason, now, margin, tombstone, reply)
end
return reply
