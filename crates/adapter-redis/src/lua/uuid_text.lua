-- Returns the 16 bytes of an id as text.
local function uuid_text(id)
  return string.format('%08x-%04x-%04x-%04x-%012x', struct.unpack('>I4I2I2I2I6', id))
end
