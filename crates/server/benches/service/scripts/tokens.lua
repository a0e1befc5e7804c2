-- A ring of tokens for each thread, read from the file BENCH_TOKENS.<thread>.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init()
  ring, first, count, capacity = {}, 0, 0, 0
  for line in io.lines(os.getenv("BENCH_TOKENS") .. "." .. number) do
    ring[count] = line
    count = count + 1
  end
  capacity = count
end

-- The token that has waited longest. A request without a token is rejected, and the benchmark fails.
function take()
  if count == 0 then
    return "none none"
  end
  local token = ring[first]
  first = (first + 1) % capacity
  count = count - 1
  return token
end

function give(token)
  ring[(first + count) % capacity] = token
  count = count + 1
end

function post(path, token, headers)
  return "POST /api/v1/auth/" .. path .. " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" .. headers
    .. "Content-Length: " .. (#token + 19) .. '\r\n\r\n{"refreshToken":"' .. token .. '"}'
end
