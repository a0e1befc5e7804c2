-- Runs before every script. The last three arguments are the same for all scripts: the earliest and the latest time of
-- this server that the clock of the caller agrees with, and the deadline on the clock of this server. Times are in
-- microseconds since 1970, which numbers represent exactly until the year 2255.
local earliest, latest, deadline = unpack(ARGV, #ARGV - 2)

-- A command that waited in the socket of a frozen server does nothing after its deadline.
local time = redis.call('TIME')
local server_time = tonumber(time[1]) * 1000000 + tonumber(time[2])
if server_time >= tonumber(deadline) then
  return { 'late' }
end

-- A caller with a wrong clock must not store its times. The two times are empty if the script runs at any clock.
if earliest ~= '' and (server_time < tonumber(earliest) or server_time > tonumber(latest)) then
  return { 'clocks_apart', server_time }
end

-- Returns microseconds as milliseconds, rounded up, for the lifetime of a key.
local function to_milliseconds(microseconds)
  return math.max(1, math.ceil(microseconds / 1000))
end
