-- Returns the ids of the sessions of a user. If this node imports their slot, a record that is missing may still be on the other node,
-- so that it must not count as expired: then this returns no ids, and the error after which the caller repeats the call. If the
-- slot moves away and `looks_at_all` is set, a record that has moved stops the script here and not between two sessions.
local function listed_sessions(sessions_key, session_prefix, looks_at_all)
  local ids = redis.call('ZRANGE', sessions_key, 0, -1)
  for i = 1, (is_importing or looks_at_all) and #ids or 0 do
    if redis.call('EXISTS', session_prefix .. ids[i]) == 0 and is_importing then
      return nil, redis.error_reply('TRYAGAIN the record of a session may not have moved to this node yet')
    end
  end
  return ids
end
