-- The common part of the scripts on sessions. It mirrors `session_rules` of the domain; the functions have the same
-- names.
--
-- The record of a session is a hash. It has one field for each live access token: the letter t and the 16 bytes of the id,
-- with the expiry. All values are short, so that the hash keeps its compact encoding.
local TOKEN_FIELD_LENGTH = 17

-- The format of the records, in the field v. Without the field it is 1.
local FORMAT = 1
local NEWER = 'the record of a session was written by a newer release; use that release'

local function is_newer(version)
  return version and tonumber(version) > FORMAT
end

-- Returns the named fields of a record, and its live tokens as { field, expiry }.
local function load_record(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then
    return nil
  end
  local record, live_tokens = {}, {}
  for i = 1, #flat, 2 do
    local field = flat[i]
    if #field == TOKEN_FIELD_LENGTH then
      live_tokens[#live_tokens + 1] = { field, tonumber(flat[i + 1]) }
    else
      record[field] = flat[i + 1]
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

-- Adds to `reply` the live tokens of a session that has ended, each as session id, token id and expiry: some verifier may
-- accept a token until its expiry plus the margin. Returns whether there are any.
local function name_tokens(reply, session_id, live_tokens, now, margin)
  local is_pending = false
  for _, token in ipairs(live_tokens) do
    if token[2] > now - margin then
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
local function close(session, record, live_tokens, reason, now, margin, tombstone, reply)
  redis.call('DEL', session.token_prefix .. record.current)
  local dropped = { 'from', 'replay_tag', 'replay', 'replay_rest', 'retries', 'minute', 'refreshes' }
  for _, token in ipairs(live_tokens) do
    if token[2] <= now - margin then
      dropped[#dropped + 1] = token[1]
    end
  end
  redis.call('HDEL', session.key, unpack(dropped))
  redis.call('HSET', session.key, 'ended', now, 'reason', reason)
  redis.call('PEXPIRE', session.key, to_milliseconds(tombstone))
  if name_tokens(reply, session.id, live_tokens, now, margin) then
    redis.call('HSET', session.key, 'pending', '1')
  else
    redis.call('ZREM', session.sessions_key, session.id)
  end
end

-- Adds to `reply` what is left to do for a session that has ended. Returns whether there is anything.
local function complete(session_id, record, live_tokens, now, margin, reply)
  return record.pending and name_tokens(reply, session_id, live_tokens, now, margin)
end
