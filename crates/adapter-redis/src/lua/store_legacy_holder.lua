-- Stores the holder of a refresh token of the legacy service that is consumed next.
local holder_key = unpack(KEYS)
local holder, lifetime = unpack(ARGV)
redis.call('SET', holder_key, holder, 'PX', lifetime)
return { 'stored' }
