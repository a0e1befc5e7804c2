-- Deletes a refresh token of the legacy service if it belongs to this user, and denylists an access token. In one script,
-- so that a caller without an answer has not completed only one of the two.
local token_key, entry_key = unpack(KEYS)
local user_id, lifetime = unpack(ARGV)
local stored = redis.call('GET', token_key)
if not stored or string.lower(string.match(stored, '^[^|]*')) ~= user_id then
  return { 'unknown' }
end
redis.call('DEL', token_key)
if tonumber(lifetime) > 0 then
  revoke(entry_key, tonumber(lifetime))
end
return { 'ended' }
