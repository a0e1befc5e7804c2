-- Ends a session. Mirrors `session_rules::end`. The reply names its access tokens.
-- KEYS: its record; the sessions of the user
-- ARGV: the fixed part, and after it the reason; with an access token to revoke besides on this server: its denylist entry, and the
-- lifetime of that
local session_key, sessions_key = unpack(KEYS)
local now, margin, tombstone, format, denylists, also_revoke, at = struct.unpack('>i8i8i8BBc16', ARGV[1])

local record, problem = load_record(session_key, format)
if problem then
  error(problem)
elseif not record then
  return { 'unknown' }
end
local session = {
  id = string.sub(session_key, -36), key = session_key, sessions_key = sessions_key, denylists = denylists == 1,
  token_prefix = 'auth:refresh:' .. string.match(session_key, '{.*}:'),
}
local reply = { 'ended' }
if record.reason then
  complete(session, record, now, margin, reply)
else
  close(session, record, string.sub(ARGV[1], at), now, margin, tombstone, reply)
end
-- Usually it is one of the session, which is in the denylist now.
if also_revoke ~= NONE and not (reply[3] and string.find(reply[3], also_revoke, 1, true)) then
  revoke(ARGV[2], tonumber(ARGV[3]))
end
return reply
