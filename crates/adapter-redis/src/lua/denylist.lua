-- Writes an access token to the denylist, with a lifetime in milliseconds. An entry that lasts longer stays as it is.
local function revoke(entry_key, lifetime)
  local is_new = redis.call('SET', entry_key, '1', 'PX', lifetime, 'NX')
  if not is_new and redis.call('PTTL', entry_key) < lifetime then
    redis.call('SET', entry_key, '1', 'PX', lifetime)
  end
end
