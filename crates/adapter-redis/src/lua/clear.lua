-- Removes the failures of windows. Mirrors `attempt_window::clear`.
-- KEYS: the windows
local now, settlement_timeout = unpack(ARGV)
for _, window_key in ipairs(KEYS) do
  clear(window_key, tonumber(now), tonumber(settlement_timeout))
end
return { 'cleared' }
