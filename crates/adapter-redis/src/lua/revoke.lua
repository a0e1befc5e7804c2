-- Puts an access token into the denylist.
-- KEYS: the entry
-- ARGV: its life in milliseconds
revoke(KEYS[1], tonumber(ARGV[1]))
return { 'revoked' }
