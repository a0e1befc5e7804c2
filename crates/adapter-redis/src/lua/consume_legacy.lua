-- Consumes a refresh token of the former service.
-- KEYS: the token
if redis.call('GETDEL', KEYS[1]) then
  return { 'consumed' }
end
return { 'unknown' }
