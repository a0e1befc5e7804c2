-- What every script begins with. The last argument is a deadline by the clock of this server, in microseconds: a
-- command that has waited in the socket of a frozen server must do nothing once its caller has been told so.
local time = redis.call('TIME')
if tonumber(time[1]) * 1000000 + tonumber(time[2]) >= tonumber(ARGV[#ARGV]) then
  return { 'late' }
end

-- Times are numbers: microseconds since 1970 are exact until the year 2255, in calls and replies as well.

-- Microseconds as whole milliseconds, rounded up, for lifetimes of keys.
local function lifetime(micros)
  return math.max(1, math.ceil(micros / 1000))
end
