-- Returns what a listing needs of a record: times, whether it has ended, and whether it is pending. If a newer release wrote it,
-- returns nil and true.
local function load_summary(key, expected)
  if expected == 1 then
    local fields = redis.pcall('HMGET', key, 'created', 'rotated', 'expires', 'ended', 'pending', 'v')
    if not fields.err and not fields[3] then
      return nil, false
    elseif not fields.err and not (fields[6] and tonumber(fields[6]) > 1) then
      local created, rotated, expires, ended, pending = unpack(fields)
      return { created = created, rotated = tonumber(rotated), expires = tonumber(expires), ended = ended, pending = pending }
    end
  end
  return load_record(key, expected)
end
