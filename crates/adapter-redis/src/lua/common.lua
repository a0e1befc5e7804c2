-- What every script begins with. The last argument is a deadline by the clock of this server, in microseconds: a
-- command that has waited in the socket of a frozen server must do nothing once its caller has been told so.
local time = redis.call('TIME')
local server_time = tonumber(time[1]) * 1000000 + tonumber(time[2])
if server_time >= tonumber(ARGV[#ARGV]) then
  return { 'late' }
end

-- The two arguments before the deadline are the earliest and the latest time of this server that the clock of the caller
-- agrees with: a caller whose clock is wrong must not store its times. They are empty where a call works at any clock.
local earliest = tonumber(ARGV[#ARGV - 2])
if earliest and (server_time < earliest or server_time > tonumber(ARGV[#ARGV - 1])) then
  return { 'clocks_apart', server_time }
end

-- Times are numbers: microseconds since 1970 are exact until the year 2255, in calls and replies as well.

-- Microseconds as whole milliseconds, rounded up, for lifetimes of keys.
local function lifetime(micros)
  return math.max(1, math.ceil(micros / 1000))
end
