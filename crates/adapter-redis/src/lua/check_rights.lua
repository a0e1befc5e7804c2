-- Performs commands that change nothing, and returns for each one that Redis rejects its number and the error.
-- ARGV: for each command the number of its words, and these words
local reply, number, at = { 'performed' }, 0, 1
while at < #ARGV do
  local last = at + tonumber(ARGV[at])
  local result = redis.pcall(unpack(ARGV, at + 1, last))
  number, at = number + 1, last + 1
  if type(result) == 'table' and result.err then
    -- The connection must not be used again.
    if string.find(result.err, 'READONLY', 1, true) then
      return result
    end
    reply[#reply + 1], reply[#reply + 2] = number, result.err
  end
end
return reply
