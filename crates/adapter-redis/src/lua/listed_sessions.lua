-- Returns the ids of the sessions of a user. If this node imports their slot, a record that is missing may still be on the other node,
-- so that it must not count as expired: then this returns no ids, and the error after which the caller repeats the call.
local function listed_sessions(sessions_key, session_prefix)
  local ids = redis.call('ZRANGE', sessions_key, 0, -1)
  for i = 1, is_importing and #ids or 0 do
    if redis.call('EXISTS', session_prefix .. ids[i]) == 0 then
      return nil, redis.error_reply('TRYAGAIN the record of a session may not have moved to this node yet')
    end
  end
  return ids
end
