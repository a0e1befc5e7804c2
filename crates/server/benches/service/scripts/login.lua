-- Logins of many users with the right password. With BENCH_PACE, a connection waits so many milliseconds on
-- average before each login.
local threads = 0
local users = tonumber(os.getenv("BENCH_USERS"))
local password = os.getenv("BENCH_PASSWORD")
local pace = tonumber(os.getenv("BENCH_PACE") or "0")

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init()
  user = number * math.floor(users / 2)
end

function request()
  user = user % users + 1
  local body = '{"email":"user' .. user .. '@example.com","password":"' .. password .. '"}'
  return "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
    .. #body .. "\r\n\r\n" .. body
end

if pace > 0 then
  function delay()
    return math.random(0, 2 * pace)
  end
end
