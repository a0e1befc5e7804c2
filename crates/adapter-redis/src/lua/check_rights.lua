-- Performs commands that change nothing, and returns for each one that Redis rejects its number and the error.
-- ARGV: for each command the number of its words, and these words
local reply, number, at, removes_fields = { 'performed' }, 0, 1, true
while at < #ARGV do
  local last = at + tonumber(ARGV[at])
  -- A field that HSET writes must be removed again.
  local name = ARGV[at + 1]
  local result = (name ~= 'HSET' or removes_fields) and redis.pcall(unpack(ARGV, at + 1, last))
  number, at = number + 1, last + 1
  if type(result) == 'table' and result.err then
    -- The connection must not be used again.
    if string.find(result.err, 'READONLY', 1, true) then
      return result
    end
    removes_fields = removes_fields and name ~= 'HDEL'
    reply[#reply + 1], reply[#reply + 2] = number, result.err
  end
end
return reply
