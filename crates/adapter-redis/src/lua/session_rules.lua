-- The end of sessions. It mirrors `session_rules` of the domain; the functions have the same names.
--
-- A session is a table with `id`, `key`, `sessions_key`, `token_prefix`, and `denylists`: whether the denylist is on this server.
-- If it is not, the session is pending until the caller has denylisted its access tokens. The reply names them in each case.

-- Adds to `reply` the access tokens of an ended session that some verifier may still accept: the session id, and the tokens as the
-- record has them. Writes the record, with a lifetime in milliseconds if that changes.
local function finish(session, record, now, margin, reply, lifetime)
  local tokens, first, last = record.tokens, record.first, record.last
  -- They are in the order of their expiry.
  while first < last and struct.unpack('>I7', tokens, first) <= now - margin do
    first = first + TOKEN_SIZE
  end
  if first < last then
    reply[#reply + 1], reply[#reply + 2] = session.id, string.sub(tokens, first, last)
  end
  if session.denylists then
    for position = first, last, TOKEN_SIZE do
      local left = struct.unpack('>I7', tokens, position) + margin - now
      revoke('auth:jwt:revoked:' .. uuid_text(tokens, position + 7), to_milliseconds(left))
    end
    first = last + 1
  end
  record.first, record.pending = first, first < last
  save_ended(session.key, record, now, lifetime)
  if not record.pending then
    -- The session has ended. A listing skips an id that is left over.
    redis.pcall('ZREM', session.sessions_key, session.id)
  end
end

-- Ends a session. Its record stays as a tombstone. The refresh token is deleted last: a script that stops in the middle, because a
-- right is missing, must not have consumed it.
local function close(session, record, reason, now, margin, tombstone, reply)
  local token_key = session.token_prefix .. (record.format == 1 and record.current or hex(record.current))
  -- It keeps the lifetime. If maxmemory is reached, Redis rejects a script whose first write takes memory.
  redis.call('PEXPIRE', token_key, to_milliseconds(record.expires - now))
  record.from, record.minute, record.retries, record.ended, record.reason = '', 0, 0, now, reason
  finish(session, record, now, margin, reply, to_milliseconds(tombstone))
  redis.pcall('DEL', token_key)
end

-- Does what is left to do for a session that has ended.
local function complete(session, record, now, margin, reply)
  if record.pending then
    finish(session, record, now, margin, reply)
  end
end
