-- Puts an access token into the denylist. An entry that lasts longer stays as it is.
-- KEYS: the entry
-- ARGV: its life in milliseconds
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return { 'revoked' }
