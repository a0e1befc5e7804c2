-- Returns bytes in lower-case hex, as key names have them. Their number is a multiple of four.
local function hex(bytes)
  local words = #bytes / 4
  return string.format(string.rep('%08x', words), struct.unpack('>' .. string.rep('I4', words), bytes))
end
