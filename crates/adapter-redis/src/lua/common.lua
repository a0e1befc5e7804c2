-- Runs before every script. The last argument is the same for all scripts: the earliest and the latest time of this server
-- that the clock of the caller agrees with, the deadline on the clock of this server, and a byte: 1 if the call is a repeat, and 2
-- more if it follows ASKING, because this node imports the slot of the keys. Times are in microseconds since 1970, which numbers
-- represent exactly until the year 2255.
local earliest, latest, deadline, flags = struct.unpack('>i8i8i8B', ARGV[#ARGV])
local is_repeat, is_importing = flags % 2 == 1, flags >= 2

-- A command that waited in the socket of a frozen server does nothing after its deadline.
local time = redis.call('TIME')
local server_time = time[1] * 1000000 + time[2]
if server_time >= deadline then
  return { 'late' }
end

-- A caller with a wrong clock must not store its times.
if server_time < earliest or server_time > latest then
  return { 'clocks_apart', server_time }
end
