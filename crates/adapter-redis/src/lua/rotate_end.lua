local session_id = string.sub(session_key, -36)
if released_tokens then
  -- The session was full, and a token had to make room, or a clock was ahead when these were issued.
  for position = 1, #released_tokens, TOKEN_SIZE do
    local left = struct.unpack('>I7', released_tokens, position) + margin - now
    revoke('auth:jwt:revoked:' .. uuid_text(released_tokens, position + 7), to_milliseconds(left))
  end
  reply = type(reply) == 'table' and reply or { reply }
  reply[#reply + 1], reply[#reply + 2] = session_id, released_tokens
  return reply
end

-- A used token, or a session that has ended.
local record = load_record(session_key, write_format)
local session = {
  id = session_id, key = session_key, token_prefix = string.sub(presented_key, 1, -65),
  denylists = denylists == 1, sessions_key = 'auth:sessions:' .. string.match(session_key, '{.*}'),
}
-- A rotation that is known has used the predecessor: no lost one has issued it.
local is_predecessor = previous == presented and 1 or 0
if not reason then
  reply = { 'reuse_detected', from, rotated, is_predecessor }
  close(session, record, 'reuse_detected', now, margin, tombstone, reply)
else
  -- `ended`
  local is_reuse = is_repeat and reason == 'reuse_detected'
  reply = is_reuse and { 'reuse_detected', '', rotated, is_predecessor } or { 'ended', reason }
  complete(session, record, now, margin, reply)
end
return reply
