-- Lists the sessions of a user that have not ended: id, created, rotated, expires.
local sessions_key = unpack(KEYS)
local session_prefix = unpack(ARGV)

local reply = { 'sessions' }
for _, id in ipairs(redis.call('ZRANGE', sessions_key, 0, -1)) do
  local created, rotated, expires, ended, version =
    unpack(redis.call('HMGET', session_prefix .. id, 'created', 'rotated', 'expires', 'ended', 'v'))
  if is_newer(version) then
    error(NEWER)
  end
  if expires and not ended then
    for _, value in ipairs({ id, created, rotated, expires }) do
      reply[#reply + 1] = value
    end
  end
end
return reply
