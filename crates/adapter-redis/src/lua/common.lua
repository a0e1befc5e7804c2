-- What every script begins with. The last argument is a deadline by the clock of this server, in microseconds: a
-- command that has waited in the socket of a frozen server must do nothing once its caller has been told so.
local time = redis.call('TIME')
if tonumber(time[1]) * 1000000 + tonumber(time[2]) >= tonumber(ARGV[#ARGV]) then
  return { 'late' }
end

-- Lua would write large numbers with an exponent. Microseconds since 1970 stay exact until the year 2255.
local function text(number)
  return string.format('%.0f', number)
end

-- Microseconds as whole milliseconds, rounded up, for lifetimes of keys.
local function lifetime(micros)
  return text(math.max(1, math.ceil(micros / 1000)))
end
