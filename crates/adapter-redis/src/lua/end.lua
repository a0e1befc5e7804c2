-- Ends a session. Mirrors `session_rules::end`. The reply names its access tokens.
-- KEYS: its record; the sessions of the user
-- ARGV: the fixed part; the common prefix of the refresh tokens of the user; the session id; the reason; with an access token to
-- revoke besides on this server: its denylist entry, and the lifetime of that
local session_key, sessions_key = unpack(KEYS)
local now, margin, tombstone, format, denylists = struct.unpack('>i8i8i8BB', ARGV[1])
local token_prefix, session_id, reason, also_revoke, also_lifetime = unpack(ARGV, 2, #ARGV - 1)

local record, problem = load_record(session_key, format)
if problem then
  error(problem)
elseif not record then
  return { 'unknown' }
end
local session = { id = session_id, key = session_key, sessions_key = sessions_key, token_prefix = token_prefix }
session.denylists = denylists == 1
local reply = { 'ended' }
if record.reason then
  complete(session, record, now, margin, reply)
else
  close(session, record, reason, now, margin, tombstone, reply)
end
if also_revoke then
  revoke(also_revoke, tonumber(also_lifetime))
end
return reply
