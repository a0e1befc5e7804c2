-- Puts an access token into the denylist for so many milliseconds. An entry that lasts longer stays as it is.
local function revoke(entry, life)
  if redis.call('PTTL', entry) < life then
    redis.call('SET', entry, '1', 'PX', life)
  end
end
