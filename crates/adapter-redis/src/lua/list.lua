-- Lists the sessions of a user that have not ended: id, created, rotated, expires.
-- KEYS: the sessions of the user
-- ARGV: the common prefix of their records; the format
local session_prefix, format = unpack(ARGV)

local ids, moving = listed_sessions(KEYS[1], session_prefix)
if moving then
  return moving
end
local reply = { 'sessions' }
for _, id in ipairs(ids) do
  local summary, problem = load_summary(session_prefix .. id, tonumber(format))
  if problem then
    error(problem)
  elseif summary and not summary.ended then
    for _, value in ipairs({ id, summary.created, summary.rotated, summary.expires }) do
      reply[#reply + 1] = value
    end
  end
end
return reply
