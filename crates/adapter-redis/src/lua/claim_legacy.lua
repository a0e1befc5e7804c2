-- Claims a refresh token of the legacy service for a session, unless another call claims it, or the legacy tokens of the
-- user are rejected. The claim is stored as session id, server time, and the session of the claim that it replaced.
local claim_key, rejected_key = unpack(KEYS)
local session_id, dead_after, lifetime = unpack(ARGV)
if redis.call('EXISTS', rejected_key) == 1 then
  return { 'rejected' }
end
local claim, replaced = redis.call('GET', claim_key), ''
if claim then
  local claimed_for, claimed_at, replaced_before = string.match(claim, '^([^|]*)|(%d+)|(.*)$')
  if claimed_for == session_id then
    return { 'own', replaced_before }
  end
  -- The server clock may have been set back.
  if math.abs(server_time - tonumber(claimed_at)) < tonumber(dead_after) then
    return { 'other', claimed_for }
  end
  replaced = claimed_for
end
-- A number would be written with 14 digits.
redis.call('SET', claim_key, string.format('%s|%.0f|%s', session_id, server_time, replaced), 'PX', lifetime)
return { 'own', replaced }
