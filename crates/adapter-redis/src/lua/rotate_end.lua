-- A used token, or a session that has ended.
local record = load_record(session_key, write_format)
local session = {
  id = string.sub(session_key, -36), key = session_key, token_prefix = string.sub(presented_key, 1, -65),
  denylists = denylists == 1, sessions_key = 'auth:sessions:' .. string.match(session_key, '{.*}'),
}
local reply
if not reason then
  reply = { 'reuse_detected', from }
  close(session, record, 'reuse_detected', now, margin, tombstone, reply)
else
  -- `ended`
  local is_reuse = is_repeat and reason == 'reuse_detected'
  reply = is_reuse and { 'reuse_detected', '' } or { 'ended', reason }
  complete(session, record, now, margin, reply)
end
return reply
