-- Consumes a refresh token of the former service, unless its holder's tokens are refused.
-- KEYS: the token, the mark that refuses
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('GETDEL', KEYS[1]) then
  return { 'consumed' }
end
return { 'unknown' }
