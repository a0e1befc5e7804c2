-- The common part of the scripts on sessions. It mirrors `session_rules` of the domain; the functions have the same
-- names.
--
-- The record of a session is a hash. It has one field for each live access token: the letter t and the 16 bytes of the id,
-- with the expiry. All values are short, so that the hash keeps its compact encoding.
local TOKEN_FIELD_LENGTH = 17

-- The format of the records, in the field v. Without the field it is 1.
local FORMAT = 1

local function is_newer(version)
  return version and tonumber(version) > FORMAT
end

local function assert_format(version)
  if is_newer(version) then
    error('the record of a session was written by a newer release; use that release')
  end
end

-- Returns the named fields of a record, and its live tokens as { field, expiry }.
local function load_record(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then
    return nil
  end
  local record, live_tokens = {}, {}
  for i = 1, #flat, 2 do
    if #flat[i] == TOKEN_FIELD_LENGTH then
      live_tokens[#live_tokens + 1] = { flat[i], tonumber(flat[i + 1]) }
    else
      record[flat[i]] = flat[i + 1]
    end
  end
  return record, live_tokens
end

-- Keeps a record until `needed`, and one day longer, so that most rotations need not write its lifetime.
local function keep(key, kept, needed, now)
  if not kept or tonumber(kept) < needed then
    kept = needed + 86400000000
    redis.call('HSET', key, 'kept', kept)
    redis.call('PEXPIRE', key, to_milliseconds(kept - now))
  end
end

-- Compares two strings of the same length by their bytes. The operator compares them by the locale of the server.
local function is_less(left, right)
  for i = 1, #left do
    local a, b = string.byte(left, i), string.byte(right, i)
    if a ~= b then
      return a < b
    end
  end
  return false
end

-- Returns whether some verifier may still accept a token.
local function is_live(token, now, margin)
  return token[2] > now - margin
end

-- Adds to `reply` the live tokens of a session that has ended, each as session id, token id and expiry. Returns whether
-- there are any.
local function name_tokens(reply, session_id, live_tokens, now, margin)
  local is_pending = false
  for _, token in ipairs(live_tokens) do
    if is_live(token, now, margin) then
      reply[#reply + 1] = session_id
      reply[#reply + 1] = string.sub(token[1], 2)
      reply[#reply + 1] = token[2]
      is_pending = true
    end
  end
  return is_pending
end

-- Ends a session and adds its live tokens to `reply`. The record stays as a tombstone. It is pending until the tokens are
-- in the denylist.
-- session: id, key, sessions_key, token_prefix
-- times: now, margin, tombstone
local function close(session, record, live_tokens, reason, times, reply)
  local now, margin = times.now, times.margin
  redis.call('DEL', session.token_prefix .. record.current)
  local dropped = { 'replay_tag', 'replay', 'replay_rest', 'from' }
  for _, token in ipairs(live_tokens) do
    if not is_live(token, now, margin) then
      dropped[#dropped + 1] = token[1]
    end
  end
  redis.call('HDEL', session.key, unpack(dropped))
  redis.call('HSET', session.key, 'ended', now, 'reason', reason)
  redis.call('PEXPIRE', session.key, to_milliseconds(times.tombstone))
  if name_tokens(reply, session.id, live_tokens, now, margin) then
    redis.call('HSET', session.key, 'pending', '1')
  else
    redis.call('ZREM', session.sessions_key, session.id)
  end
end

-- Adds to `reply` what is left to do for a session that has ended. Returns whether there is anything.
local function complete(session_id, record, live_tokens, times, reply)
  return record.pending and name_tokens(reply, session_id, live_tokens, times.now, times.margin)
end
