-- What the scripts on sessions have in common. A session is a hash. Beside its named fields it has one field for each
-- live access token, so that all values stay short and the hash stays in its compact encoding: the letter t and the
-- sixteen bytes of the id, with the expiry in microseconds.
local TOKEN_FIELD = 17

-- Reads a session: its named fields, and its access tokens as {field, expiry}.
local function load(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then
    return nil
  end
  local record, live = {}, {}
  for i = 1, #flat, 2 do
    if #flat[i] == TOKEN_FIELD then
      live[#live + 1] = { flat[i], tonumber(flat[i + 1]) }
    else
      record[flat[i]] = flat[i + 1]
    end
  end
  return record, live
end

-- Keeps a record until `needed`, and a day longer, so that the next rotations need not say so again.
local function keep(key, kept, needed, now)
  if not kept or tonumber(kept) < needed then
    local until_then = needed + 86400000000
    redis.call('HSET', key, 'kept', until_then)
    redis.call('PEXPIRE', key, lifetime(until_then - now))
  end
end

-- Adds to `answer`, for each access token that some verifier may still accept: session, id, expiry.
local function name_tokens(answer, sid, live, now, margin)
  local named = false
  for _, token in ipairs(live) do
    if token[2] + margin > now then
      answer[#answer + 1] = sid
      answer[#answer + 1] = string.sub(token[1], 2)
      answer[#answer + 1] = token[2]
      named = true
    end
  end
  return named
end

-- Ends a session and adds its access tokens to `answer`. The record stays as a tombstone; while it is pending, its
-- access tokens may not all be in the denylist yet, and whoever meets it completes that.
local function close(keys, sid, record, live, reason, moment, answer)
  redis.call('DEL', keys.token_prefix .. record.current)
  redis.call('HDEL', keys.session, 'replay_tag', 'replay', 'replay_rest')
  redis.call('HSET', keys.session, 'ended', moment.now, 'reason', reason)
  redis.call('PEXPIRE', keys.session, lifetime(moment.tombstone))
  if name_tokens(answer, sid, live, moment.now, moment.margin) then
    redis.call('HSET', keys.session, 'pending', '1')
  else
    redis.call('ZREM', keys.sessions, sid)
  end
end
