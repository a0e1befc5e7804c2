-- Returns what a listing needs of a record: times, whether it has ended, and whether it is pending. If it cannot be read, returns
-- nil and the reason.
local function load_summary(key, expected)
  if expected == 1 then
    local fields = redis.pcall('HMGET', key, 'created', 'rotated', 'expires', 'ended', 'pending', 'v')
    local created, rotated, expires, ended, pending, version = unpack(fields)
    created, rotated, expires = tonumber(created), tonumber(rotated), tonumber(expires)
    if created and rotated and expires and tonumber(version or 1) == 1 then
      return { created = created, rotated = rotated, expires = expires, ended = ended, pending = pending }
    end
  end
  return load_record(key, expected)
end
