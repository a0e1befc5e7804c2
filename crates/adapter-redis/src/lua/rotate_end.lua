local session_id = string.sub(session_key, -36)
if oldest then
  -- The session was full, and this token had to make room.
  revoke('auth:jwt:revoked:' .. uuid_text(oldest, 8), to_milliseconds(struct.unpack('>I7', oldest) + margin - now))
  reply = type(reply) == 'table' and reply or { reply }
  reply[#reply + 1], reply[#reply + 2] = session_id, oldest
  return reply
end

-- A used token, or a session that has ended.
local record = load_record(session_key, write_format)
local session = {
  id = session_id, key = session_key, token_prefix = string.sub(presented_key, 1, -65),
  denylists = denylists == 1, sessions_key = 'auth:sessions:' .. string.match(session_key, '{.*}'),
}
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
