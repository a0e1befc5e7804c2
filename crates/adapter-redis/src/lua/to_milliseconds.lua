-- Returns microseconds as milliseconds, rounded up, for the lifetime of a key.
local function to_milliseconds(microseconds)
  return math.max(1, math.ceil(microseconds / 1000))
end
