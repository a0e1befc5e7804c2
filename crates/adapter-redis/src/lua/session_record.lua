-- Reads and writes the records of sessions. Only `load_fields`, `load_summary` and `save_fields` know the formats.
--
-- Format 1 is a hash. It has one field for each live access token: the letter t and the 16 bytes of the id, with the expiry.
-- All values are short, so that the hash keeps its compact encoding. Tenant and digests are text.
-- Format 2 is a string: HEAD, then the live access tokens as TOKEN, then the tag and the sealed successor, or the reason of the
-- end.
--
-- The fields of a record are values and not a table, because a table of twenty fields costs a tenth of a rotation. They have one
-- order everywhere. Tenant and digests are as the format has them. `from` is empty and `minute` is 0 if there is none. The live
-- access tokens are the bytes from `first` to `last` of `tokens`, by their expiry. The tag and the sealed successor, if any, are
-- the rest of `tokens`. `stored` has the fields of a hash.
--
-- The server hashes each string that a script makes, byte by byte. So the scripts make few and short ones. A function is created
-- anew in each call, with each variable of the script that it uses. So constants of one function are inside it.

-- Version; 1 if the session has ended, 2 if it is also pending; the number of access tokens; whether there is an address; tenant, current and previous
-- digest, address; created, rotated, expires, ends, kept; the start of the minute, or the time of the end; refreshes,
-- generation, retries.
local HEAD = '>BBBBc16c32c32c16I7I7I7I7I7I7I4I4B'
local TOKEN_SIZE = 23
-- Format 1 stores it for the tag of a successor that was sealed without an idempotency key, because a release that shares no
-- successor drops the fields of a sealed successor only if there is a tag.
local NO_KEY = '-'
local NONE = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

-- Returns the reason if the record cannot be read. Otherwise returns nil and the fields, in the format `target` if that is given;
-- `format` is nil if there is no record. The format that is expected is tried first.
local function load_fields(key, expected, target)
  local NEWER = 'the record of a session was written by a newer release; use that release'
  local CORRUPT = 'the record of a session is corrupt; delete its key, and its user logs in again'
  local HEAD_SIZE = 151
  -- The tag of the call, 16 bytes, and the sealed successor: nonce, token and authentication tag, 12 + 48 + 16 bytes.
  local SEALED_SIZE = 92

  local packed, hash
  if expected == 2 then
    packed = redis.pcall('GET', key)
    if type(packed) == 'table' then
      packed, hash = nil, redis.call('HGETALL', key)
    end
  else
    hash = redis.pcall('HGETALL', key)
    if hash.err then
      packed, hash = redis.call('GET', key), nil
    end
  end

  local format, tenant, current, previous, from, created, rotated, expires, ends, kept, minute, refreshes, generation, retries,
    tokens, first, last, ended, reason, pending, stored
  if packed then
    local version = string.byte(packed)
    if version and version > 2 then
      return NEWER
    elseif version ~= 2 or #packed < HEAD_SIZE then
      return CORRUPT
    end
    local state, count, has_from
    format, state, count, has_from, tenant, current, previous, from, created, rotated, expires, ends, kept, minute, refreshes,
      generation, retries, first = struct.unpack(HEAD, packed)
    tokens, last = packed, first + TOKEN_SIZE * count - 1
    local rest = #packed - last
    if state == 0 and rest ~= 0 and rest ~= SEALED_SIZE or state > 0 and rest < 1 or state > 2 then
      return CORRUPT
    end
    if has_from ~= 1 then
      from = ''
    end
    if state > 0 then
      ended, minute, reason, pending = minute, 0, string.sub(packed, last + 1), state == 2
    end
  elseif hash and hash[1] then
    stored = {}
    local list, count, is_corrupt = {}, 0, false
    for i = 1, #hash, 2 do
      local field, value = hash[i], hash[i + 1]
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
      return NEWER
    elseif is_corrupt or version ~= 1 then
      return CORRUPT
    end
    format, tenant, current, previous, from = 1, stored.tenant, stored.current, stored.previous, stored.from or ''
    created, rotated, expires, ends = tonumber(stored.created), tonumber(stored.rotated), tonumber(stored.expires), tonumber(stored.ends)
    kept, minute, refreshes = tonumber(stored.kept or 0), tonumber(stored.minute or 0), tonumber(stored.refreshes or 0)
    generation, retries = tonumber(stored.generation), tonumber(stored.retries or 0)
    ended, reason, pending = stored.ended, stored.reason, stored.pending
    if not (tenant and current and created and rotated and expires and ends and kept and minute and refreshes and generation
      and retries) then
      return CORRUPT
    end
    tokens = struct.pack('>' .. string.rep('I7c16', count / 2), unpack(list))
    first, last = 1, #tokens
    if stored.replay_tag then
      tokens = tokens .. (stored.replay_tag ~= NO_KEY and stored.replay_tag or NONE) .. stored.replay .. stored.replay_rest
    end
    stored.tokens, stored.last = tokens, last
  else
    return nil
  end

  if target and format ~= target then
    local function to_bytes(text)
      return (string.gsub(string.gsub(text, '-', ''), '..', function(digits) return string.char(tonumber(digits, 16)) end))
    end
    local function to_text(bytes)
      return (string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
    end
    if target == 2 then
      tenant, current, previous = to_bytes(tenant), to_bytes(current), previous and to_bytes(previous) or NONE .. NONE
    else
      tenant = string.gsub(to_text(tenant), '^(........)(....)(....)(....)', '%1-%2-%3-%4-')
      current, previous = to_text(current), previous ~= NONE .. NONE and to_text(previous) or nil
    end
    format, stored = target, nil
  end
  return nil, format, tenant, current, previous, from, created, rotated, expires, ends, kept, minute, refreshes, generation, retries,
    tokens, first, last, ended, reason, pending, stored
end

-- Writes a record, with a new access token if there is an id. Without a lifetime in milliseconds, and if the record is needed
-- until a time, it is kept one day longer, so that most rotations need not write its lifetime. `sealed` is the tag and the sealed
-- successor, or empty.
local function save_fields(key, now, lifetime, needed, id, expiry, sealed, format, tenant, current, previous, from, created, rotated,
  expires, ends, kept, minute, refreshes, generation, retries, tokens, first, last, ended, reason, pending, stored)
  if needed and kept < needed then
    kept = needed + 86400000000
    lifetime = math.max(1, math.ceil((kept - now) / 1000))
  end
  local at, token = last + 1, id and struct.pack('>I7c16', expiry, id) or ''
  while id and at > first and struct.unpack('>I7', tokens, at - TOKEN_SIZE) > expiry do
    at = at - TOKEN_SIZE
  end

  if format == 2 then
    local count, has_from = (last - first + 1 + #token) / TOKEN_SIZE, from ~= ''
    local packed = struct.pack(HEAD, 2, pending and 2 or ended and 1 or 0, count, has_from and 1 or 0, tenant, current, previous,
      has_from and from or NONE, created, rotated, expires, ends, kept, ended or minute, refreshes, generation, retries)
    packed = packed .. string.sub(tokens, first, at - 1) .. token .. string.sub(tokens, at, last) .. (reason or sealed)
    if lifetime then
      redis.call('SET', key, packed, 'PX', lifetime)
    else
      redis.call('SET', key, packed, 'KEEPTTL')
    end
    return
  end

  -- Only what has changed, or everything if the record was converted.
  local changed, dropped = {}, {}
  if id then
    changed[1], changed[2] = 't' .. id, expiry
  end
  if not stored then
    stored, lifetime = {}, lifetime or redis.call('PTTL', key)
    if lifetime < 0 then
      -- The key has no lifetime, and a negative one would delete the record.
      lifetime = math.max(1, math.ceil((kept - now) / 1000))
    end
    -- A record of format 2 is no hash, and is deleted only if the user may write one.
    local created_hash = redis.pcall('HSET', key, 'v', '1')
    if type(created_hash) == 'table' then
      if not string.find(created_hash.err, 'WRONGTYPE', 1, true) then
        redis.call('HSET', key, 'v', '1')
      end
      redis.call('DEL', key)
    end
    for position = first, last, TOKEN_SIZE do
      local known_expiry, known = struct.unpack('>I7c16', tokens, position)
      changed[#changed + 1], changed[#changed + 2] = 't' .. known, known_expiry
    end
  else
    local before = stored.tokens
    for position = 8, (tokens == before and first or stored.last), TOKEN_SIZE do
      local known = string.sub(before, position, position + 15)
      local known_at = string.find(tokens, known, first, true)
      if not known_at or known_at > last then
        dropped[#dropped + 1] = 't' .. known
      end
    end
  end
  local has_minute, is_sealed, tag = minute > 0, sealed ~= '', string.sub(sealed, 1, 16)
  local values = {
    'current', current, 'previous', previous or false, 'rotated', rotated, 'expires', expires, 'kept', kept,
    'generation', generation, 'from', (from ~= '' or stored.from and not ended) and from, 'minute', has_minute and minute,
    'refreshes', has_minute and refreshes, 'retries', retries > 0 and retries,
    'replay_tag', is_sealed and (tag ~= NONE and tag or NO_KEY), 'replay', is_sealed and string.sub(sealed, 17, 80),
    'replay_rest', is_sealed and string.sub(sealed, 81),
    'created', created, 'ends', ends,
    -- A rotation does not change what follows.
    'v', 1, 'tenant', tenant, 'ended', ended or false, 'reason', reason or false,
    'pending', pending and '1' or false,
  }
  for i = 1, (ended or not stored.v) and #values or 30, 2 do
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
  if stored.rotated_before and current ~= stored.current then
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
