-- Deletes a refresh token of the former service, if it is this user's, and revokes the access token that he logs out
-- with. One step: whoever gets no answer could not complete half of it.
-- KEYS: the token, the denylist entry
-- ARGV: user, the life of the entry in milliseconds
local stored = redis.call('GET', KEYS[1])
if not stored or string.lower(string.match(stored, '^[^|]*')) ~= ARGV[1] then
  return { 'unknown' }
end
redis.call('DEL', KEYS[1])
if tonumber(ARGV[2]) > 0 then
  revoke(KEYS[2], tonumber(ARGV[2]))
end
return { 'ended' }
