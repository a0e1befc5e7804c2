-- Consumes a refresh token of the legacy service, unless the legacy tokens of its user are rejected.
local token_key, rejected_key = unpack(KEYS)
if redis.call('EXISTS', rejected_key) == 0 and redis.call('GETDEL', token_key) then
  return { 'consumed' }
end
return { 'unknown' }
