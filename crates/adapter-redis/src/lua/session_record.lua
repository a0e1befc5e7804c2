-- Reads and writes the records of sessions. Only `load_record`, `load_summary` and `save_record` know the formats.
--
-- Format 1 is a hash. It has one field for each live access token: the letter t and the 16 bytes of the id, with the expiry.
-- All values are short, so that the hash keeps its compact encoding. Tenant and digests are text.
-- Format 2 is a string: HEAD, then the live access tokens as TOKEN, then the tag and the sealed successor, or the reason of the
-- end.
--
-- In a loaded record, the live access tokens are the bytes from `first` to `last` of `tokens`, by their expiry. Tenant and
-- digests are as the format has them. `from` is empty and `minute` is 0 if there is none.
--
-- The server hashes each string that a script makes, byte by byte. So the scripts make few and short ones.
local NEWER = 'the record of a session was written by a newer release; use that release'
local CORRUPT = 'the record of a session is corrupt; delete its key, and its user logs in again'

-- Version; 1 if the session has ended, 2 if it is also pending; the number of access tokens; whether there is an address; tenant, current and previous
-- digest, address; created, rotated, expires, ends, kept; the start of the minute, or the time of the end; refreshes,
-- generation, retries.
local HEAD = '>BBBBc16c32c32c16I7I7I7I7I7I7I4I4B'
local HEAD_SIZE = 151
local TOKEN_SIZE = 23
-- The tag of the call, 16 bytes, and the sealed successor: nonce, token and authentication tag, 12 + 48 + 16 bytes.
local SEALED_SIZE = 92
local NONE = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
-- The tag of a successor that was sealed without an idempotency key: no call retries it. Format 1 stores it, because a
-- release that shares no successor drops the fields of a sealed successor only if there is a tag.
local NO_KEY = '-'

-- Returns a record in the format `target`, if that is given. If the record cannot be read, returns nil and the reason: `NEWER` or
-- `CORRUPT`. The format that is expected is tried first.
local function load_record(key, expected, target)
  local packed, fields
  if expected == 2 then
    packed = redis.pcall('GET', key)
    if type(packed) == 'table' then
      packed, fields = nil, redis.call('HGETALL', key)
    end
  else
    fields = redis.pcall('HGETALL', key)
    if fields.err then
      packed, fields = redis.call('GET', key), nil
    end
  end

  local record
  if packed then
    local version = string.byte(packed)
    if version and version > 2 then
      return nil, NEWER
    elseif version ~= 2 or #packed < HEAD_SIZE then
      return nil, CORRUPT
    end
    local _, state, count, has_from, tenant, current, previous, from, created, rotated, expires, ends, kept, minute, refreshes,
      generation, retries, first = struct.unpack(HEAD, packed)
    local last = first + TOKEN_SIZE * count
    local rest = #packed - last + 1
    if state == 0 and rest ~= 0 and rest ~= SEALED_SIZE or state > 0 and rest < 1 or state > 2 then
      return nil, CORRUPT
    end
    record = {
      format = 2, tenant = tenant, current = current, previous = previous, from = has_from == 1 and from or '',
      created = created, rotated = rotated, expires = expires, ends = ends, kept = kept, minute = minute,
      refreshes = refreshes, generation = generation, retries = retries, tokens = packed, first = first, last = last - 1,
    }
    if state > 0 then
      record.ended, record.minute, record.reason, record.pending = minute, 0, string.sub(packed, last), state == 2
    elseif rest > 0 then
      local tag = string.sub(packed, last, last + 15)
      record.tag, record.sealed = tag ~= NONE and tag or NO_KEY, string.sub(packed, last + 16)
    end
  elseif fields and fields[1] then
    local stored, list, count, is_corrupt = {}, {}, 0, false
    for i = 1, #fields, 2 do
      local field, value = fields[i], fields[i + 1]
      if #field == 17 then
        local at, expiry, id = count + 1, tonumber(value), string.sub(field, 2)
        if not expiry then
          is_corrupt, expiry = true, 0
        end
        while at > 1 and list[at - 2] > expiry do
          list[at], list[at + 1] = list[at - 2], list[at - 1]
          at = at - 2
        end
        list[at], list[at + 1], count = expiry, id, count + 2
      else
        stored[field] = value
      end
    end
    local version = tonumber(stored.v or 1)
    if version and version > 1 then
      return nil, NEWER
    elseif is_corrupt or version ~= 1 then
      return nil, CORRUPT
    end
    local tokens = struct.pack('>' .. string.rep('I7c16', count / 2), unpack(list))
    record = {
      format = 1, stored = stored, stored_tokens = tokens, tenant = stored.tenant, current = stored.current,
      previous = stored.previous, from = stored.from or '', created = tonumber(stored.created), rotated = tonumber(stored.rotated),
      expires = tonumber(stored.expires), ends = tonumber(stored.ends), kept = tonumber(stored.kept or 0),
      minute = tonumber(stored.minute or 0), refreshes = tonumber(stored.refreshes or 0), generation = tonumber(stored.generation),
      retries = tonumber(stored.retries or 0), tag = stored.replay_tag,
      sealed = stored.replay and stored.replay .. stored.replay_rest, ended = stored.ended, reason = stored.reason,
      pending = stored.pending, tokens = tokens, first = 1, last = #tokens,
    }
    if not (record.tenant and record.current and record.created and record.rotated and record.expires and record.ends and record.kept
      and record.minute and record.refreshes and record.generation and record.retries) then
      return nil, CORRUPT
    end
  else
    return nil
  end

  if target and record.format ~= target then
    local function to_bytes(text)
      return (string.gsub(string.gsub(text, '-', ''), '..', function(digits) return string.char(tonumber(digits, 16)) end))
    end
    local function to_text(bytes)
      return (string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
    end
    if target == 2 then
      record.tenant, record.current = to_bytes(record.tenant), to_bytes(record.current)
      record.previous = record.previous and to_bytes(record.previous) or NONE .. NONE
    else
      record.tenant = string.gsub(to_text(record.tenant), '^(........)(....)(....)(....)', '%1-%2-%3-%4-')
      record.current = to_text(record.current)
      record.previous = record.previous ~= NONE .. NONE and to_text(record.previous) or nil
    end
    record.format, record.stored = target, nil
  end
  return record
end

-- Writes a record, with a new access token if there is an id. `record.lifetime` is its new lifetime in milliseconds. Without it,
-- and if the record is needed until a time, it is kept one day longer, so that most rotations need not write its lifetime.
local function save_record(key, record, now, needed, id, expiry)
  local lifetime = record.lifetime
  if needed and record.kept < needed then
    record.kept = needed + 86400000000
    lifetime = math.max(1, math.ceil((record.kept - now) / 1000))
  end
  local tokens, first, last = record.tokens, record.first, record.last
  local at, token = last + 1, id and struct.pack('>I7c16', expiry, id) or ''
  while id and at > first and struct.unpack('>I7', tokens, at - TOKEN_SIZE) > expiry do
    at = at - TOKEN_SIZE
  end

  if record.format == 2 then
    local count = (last - first + 1 + #token) / TOKEN_SIZE
    local tag = record.tag and (record.tag ~= NO_KEY and record.tag or NONE) or ''
    local packed = struct.pack('>BBBBc16c32c32c16I7I7I7I7I7I7I4I4Bc0c0c0c0c0', 2, record.pending and 2 or record.ended and 1 or 0,
      count, record.from ~= '' and 1 or 0, record.tenant, record.current, record.previous, record.from ~= '' and record.from or NONE, record.created,
      record.rotated, record.expires, record.ends, record.kept, record.ended or record.minute, record.refreshes,
      record.generation, record.retries, string.sub(tokens, first, at - 1), token, string.sub(tokens, at, last), tag,
      record.reason or record.sealed or '')
    if lifetime then
      redis.call('SET', key, packed, 'PX', lifetime)
    else
      redis.call('SET', key, packed, 'KEEPTTL')
    end
    return
  end

  -- Only what has changed, or everything if the record was converted.
  local stored, changed, dropped = record.stored, {}, {}
  if id then
    changed[1], changed[2] = 't' .. id, expiry
  end
  if not stored then
    stored, lifetime = {}, lifetime or redis.call('PTTL', key)
    if lifetime < 0 then
      -- The key has no lifetime, and a negative one would delete the record.
      lifetime = math.max(1, math.ceil((record.kept - now) / 1000))
    end
    redis.call('DEL', key)
    for position = first, last, TOKEN_SIZE do
      local known_expiry, known = struct.unpack('>I7c16', tokens, position)
      changed[#changed + 1], changed[#changed + 2] = 't' .. known, known_expiry
    end
  else
    local before = record.stored_tokens
    for position = 8, (tokens == before and first or #before), TOKEN_SIZE do
      local known = string.sub(before, position, position + 15)
      local known_at = string.find(tokens, known, first, true)
      if not known_at or known_at > last then
        dropped[#dropped + 1] = 't' .. known
      end
    end
  end
  local minute, sealed = record.minute > 0 and record.minute, record.sealed
  local values = {
    'current', record.current, 'previous', record.previous or false, 'rotated', record.rotated, 'expires', record.expires,
    'kept', record.kept, 'generation', record.generation, 'from', (record.from ~= '' or stored.from and not record.ended) and record.from,
    'minute', minute,
    'refreshes', minute and record.refreshes, 'retries', record.retries > 0 and record.retries,
    'replay_tag', record.tag or false, 'replay', sealed and string.sub(sealed, 1, 64) or false,
    'replay_rest', sealed and string.sub(sealed, 65) or false,
    -- A rotation does not change what follows.
    'v', 1, 'tenant', record.tenant, 'created', record.created, 'ends', record.ends, 'ended', record.ended or false,
    'reason', record.reason or false, 'pending', record.pending and '1' or false,
  }
  for i = 1, (record.ended or not stored.v) and #values or 26, 2 do
    local name, value = values[i], values[i + 1]
    local before = stored[name]
    if value == false then
      if before then
        dropped[#dropped + 1] = name
      end
    elseif value ~= before and (not before or value ~= tonumber(before)) then
      changed[#changed + 1], changed[#changed + 2] = name, value
    end
  end
  -- An earlier release could undo a rotation with these fields, unless its successor is in use.
  if stored.rotated_before and record.current ~= stored.current then
    for _, name in ipairs({ 'before', 'rotated_before', 'expires_before', 'replayed' }) do
      dropped[#dropped + 1] = name
    end
  elseif stored.rotated_before then
    changed[#changed + 1], changed[#changed + 2] = 'replayed', '1'
  end
  if dropped[1] then
    redis.call('HDEL', key, unpack(dropped))
  end
  if changed[1] then
    redis.call('HSET', key, unpack(changed))
  end
  if lifetime then
    redis.call('PEXPIRE', key, lifetime)
  end
end
