-- Returns what is stored on an email, for the rules to read: the daily count, the number of known addresses, and after them
-- the known addresses and the attempts, each with its time.
-- KEYS: the window of the email; its daily count; its known addresses
local window_key, daily_key, known_key = unpack(KEYS)
local known = redis.call('ZRANGE', known_key, 0, -1, 'WITHSCORES')
local reply = { 'status', redis.call('GET', daily_key) or '', #known / 2 }
for _, stored in ipairs({ known, redis.call('ZRANGE', window_key, 0, -1, 'WITHSCORES') }) do
  for _, value in ipairs(stored) do
    reply[#reply + 1] = value
  end
end
return reply
