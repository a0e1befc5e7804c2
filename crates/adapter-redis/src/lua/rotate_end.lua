-- A used token, or a session that has ended.
local session = {
  id = session_id, key = session_key, token_prefix = string.sub(presented_key, 1, -65), denylists = denylists == 1,
  sessions_key = 'auth:sessions:' .. string.match(session_key, '{.*}'),
}
local reply
if not record.reason then
  reply = { 'reuse_detected', record.from }
  close(session, record, 'reuse_detected', now, margin, tombstone, reply)
else
  -- `ended`
  local is_reuse = is_repeat and record.reason == 'reuse_detected'
  reply = is_reuse and { 'reuse_detected', '' } or { 'ended', record.reason }
  complete(session, record, now, margin, reply)
end
return reply
