-- Forgets the failures on an axis.
-- KEYS: the attempts
-- ARGV: now, patience
forget_failures(KEYS[1], tonumber(ARGV[1]) - tonumber(ARGV[2]))
return { 'cleared' }
