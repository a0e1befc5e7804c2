-- Removes the claim of a session on a refresh token of the legacy service.
local claim_key = unpack(KEYS)
local session_id = unpack(ARGV)
local claim = redis.call('GET', claim_key)
if claim and string.sub(claim, 1, #session_id + 1) == session_id .. '|' then
  redis.call('DEL', claim_key)
end
return { 'released' }
