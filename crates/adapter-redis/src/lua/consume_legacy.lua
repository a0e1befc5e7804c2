-- Consumes a refresh token of the legacy service. If the answer to the first call was lost, a repeat that finds no token
-- counts as this call: it has probably consumed the token, and a client without an answer would be logged out otherwise.
local token_key = unpack(KEYS)
if redis.call('GETDEL', token_key) or is_repeat then
  return { 'consumed' }
end
return { 'unknown' }
