-- Returns the 16 bytes of an id, from a position on, as text.
local function uuid_text(bytes, position)
  return string.format('%08x-%04x-%04x-%04x-%012x', struct.unpack('>I4I2I2I2I6', bytes, position))
end
