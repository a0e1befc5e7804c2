-- Forgets the known addresses of an email.
-- KEYS: its known addresses
local now, settlement_timeout, pair_prefix = unpack(ARGV)
forget_addresses(KEYS[1], pair_prefix, tonumber(now), tonumber(settlement_timeout))
return { 'forgotten' }
