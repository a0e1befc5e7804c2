-- Removes the failures of an email. Mirrors `attempt_window::clear`.
local window_key = unpack(KEYS)
local now, settlement_timeout = unpack(ARGV)
clear(window_key, tonumber(now), tonumber(settlement_timeout))
return { 'cleared' }
