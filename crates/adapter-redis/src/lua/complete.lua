-- Completes the end of sessions whose denylist is on another server: their caller has written their access tokens to it, and
-- this removes the mark `pending`.
-- KEYS: the sessions of the user; the records
-- ARGV: the format
local sessions_key, format = KEYS[1], tonumber(ARGV[1])

for i = 2, #KEYS do
  local session_key = KEYS[i]
  local record, problem = load_record(session_key, format)
  if problem then
    error(problem)
  elseif record and record.pending then
    record.pending, record.first = false, record.last + 1
    save_ended(session_key, record)
  end
  redis.call('ZREM', sessions_key, string.sub(session_key, -36))
end
return { 'completed' }
