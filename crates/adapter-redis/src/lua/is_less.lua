-- Compares two strings of the same length by their bytes. The operator compares them by the locale of the server.
local function is_less(left, right)
  for i = 1, #left do
    local a, b = string.byte(left, i), string.byte(right, i)
    if a ~= b then
      return a < b
    end
  end
  return false
end
