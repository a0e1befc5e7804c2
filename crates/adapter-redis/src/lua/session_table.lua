-- Records as tables, for the scripts that are called once in a session. The names are those of the fields.

local function load_record(key, expected)
  local problem, format, tenant, current, previous, from, created, rotated, expires, ends, kept, minute, refreshes, generation,
    retries, tokens, first, last, ended, reason, pending, stored = load_fields(key, expected)
  if not format then
    return nil, problem
  end
  return {
    format = format, tenant = tenant, current = current, previous = previous, from = from, created = created, rotated = rotated,
    expires = expires, ends = ends, kept = kept, minute = minute, refreshes = refreshes, generation = generation,
    retries = retries, tokens = tokens, first = first, last = last, ended = ended, reason = reason, pending = pending,
    stored = stored,
  }
end

-- Writes the record of an ended session, with a lifetime in milliseconds if that changes.
local function save_ended(key, record, now, lifetime)
  save_fields(key, now, lifetime, nil, nil, nil, '', record.format, record.tenant, record.current, record.previous, record.from,
    record.created, record.rotated, record.expires, record.ends, record.kept, record.minute, record.refreshes,
    record.generation, record.retries, record.tokens, record.first, record.last, record.ended, record.reason, record.pending,
    record.stored)
end
