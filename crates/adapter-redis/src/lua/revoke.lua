-- Writes an access token to the denylist.
local entry_key = unpack(KEYS)
local lifetime = unpack(ARGV)
revoke(entry_key, tonumber(lifetime))
return { 'revoked' }
