-- The end of sessions. It mirrors `session_rules` of the domain; the functions have the same names.
--
-- A session is a table with `id`, `key`, `sessions_key`, `token_prefix`, and `denylists`: whether the denylist is on this server.
-- If it is not, the session is pending until the caller has denylisted its access tokens. The reply names them in each case.

-- Adds to `reply` the access tokens of an ended session that some verifier may still accept, each as session id, token id and
-- expiry. Writes the record.
local function finish(session, record, now, margin, reply)
  for position = record.first, record.last, TOKEN_SIZE do
    local expiry, id = struct.unpack('>I7c16', record.tokens, position)
    local left = expiry + margin - now
    if left > 0 then
      reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = session.id, id, expiry
    end
    if left > 0 and session.denylists then
      revoke('auth:jwt:revoked:' .. uuid_text(id), to_milliseconds(left))
    end
    if left <= 0 or session.denylists then
      record.first = position + TOKEN_SIZE
    end
  end
  record.pending = record.first < record.last
  save_record(session.key, record, now)
  if not record.pending then
    redis.call('ZREM', session.sessions_key, session.id)
  end
end

-- Ends a session. Its record stays as a tombstone.
local function close(session, record, reason, now, margin, tombstone, reply)
  redis.call('DEL', session.token_prefix .. (record.format == 1 and record.current or hex(record.current)))
  record.from, record.tag, record.sealed, record.minute, record.retries = '', nil, nil, 0, 0
  record.ended, record.reason, record.lifetime = now, reason, to_milliseconds(tombstone)
  finish(session, record, now, margin, reply)
end

-- Does what is left to do for a session that has ended.
local function complete(session, record, now, margin, reply)
  if record.pending then
    finish(session, record, now, margin, reply)
  end
end
