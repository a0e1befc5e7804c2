-- Ends a session, and names the access tokens that have to go into the denylist.
-- KEYS: session, the user's sessions
-- ARGV: now, session id, reason, prefix of refresh tokens, margin, tombstone
local now, sid, margin = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[5])
local record, live = load(KEYS[1])
if not record then
  return { 'unknown' }
end
local answer = { 'ended' }
if not record.ended then
  local keys = { session = KEYS[1], sessions = KEYS[2], token_prefix = ARGV[4] }
  close(keys, sid, record, live, ARGV[3], { now = now, margin = margin, tombstone = tonumber(ARGV[6]) }, answer)
elseif record.pending then
  name_tokens(answer, sid, live, now, margin)
end
return answer
