-- Removes the failures, the daily count and the known addresses of an email.
-- KEYS: the window of the email; its daily count; the index of the daily counts; its known addresses
local window_key, daily_key, daily_index, known_key = unpack(KEYS)
local now, settlement_timeout, pair_prefix, email = unpack(ARGV)
now, settlement_timeout = tonumber(now), tonumber(settlement_timeout)
clear(window_key, now, settlement_timeout)
redis.call('DEL', daily_key)
redis.call('ZREM', daily_index, email)
forget_addresses(known_key, pair_prefix, now, settlement_timeout)
return { 'cleared' }
